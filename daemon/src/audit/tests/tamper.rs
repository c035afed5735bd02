//! Whatever is done to a log is found.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// The files of a closed log of 11 records in four files, and its head.
static FILES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let dir = Dir::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(fill(&dir.open_with(THREE_RECORDS), 1..=11));
    let read = |name: String| (name.clone(), fs::read(dir.path().join(name)).unwrap());
    dir.names().into_iter().map(read).collect()
});

/// The log with these files, verified.
fn verified(files: &[(String, Vec<u8>)]) -> Result<Summary, ReadError> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    verify(dir.path(), &key())
}

/// The log's records, as file and place of the line in it.
fn lines() -> Vec<(usize, usize)> {
    let files = FILES
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| name != "head");
    files
        .flat_map(|(file, (_, content))| {
            let lines = content.iter().filter(|byte| **byte == b'\n').count();
            (0..lines).map(move |line| (file, line))
        })
        .collect()
}

fn split(content: &[u8]) -> Vec<Vec<u8>> {
    content
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// What was found in which line of which file.
fn found(result: Result<Summary, ReadError>) -> (String, Option<u64>, Tampering) {
    match result {
        Err(ReadError::Tampered { file, line, what }) => {
            let file = file.file_name().unwrap().to_str().unwrap().to_owned();
            (file, line, what)
        }
        other => panic!("nothing was found: {other:?}"),
    }
}

#[test]
fn an_untouched_copy_is_in_order() {
    assert_eq!(FILES.len(), 5);
    assert_eq!(lines().len(), 11);
    assert_eq!(verified(&FILES).unwrap().records, 11);
}

proptest! {
    #[test]
    fn a_changed_byte_is_found_where_it_is(
        (file, at) in (0..FILES.len()).prop_flat_map(|f| (Just(f), 0..FILES[f].1.len())),
        change in 1..=255u8,
    ) {
        let mut files = FILES.clone();
        let line = split(&files[file].1[..=at]).len() as u64;
        files[file].1[at] ^= change;
        let (name, found, what) = found(verified(&files));
        prop_assert_eq!(&name, &files[file].0);
        match &*name {
            "head" => prop_assert_eq!(what, Tampering::HeadForged),
            _ => prop_assert_eq!(found, Some(line), "{}", what),
        }
    }

    #[test]
    fn two_swapped_lines_are_found((a, b) in (0..11usize, 0..11usize)) {
        prop_assume!(a != b);
        let (a, b) = (lines()[a], lines()[b]);
        let mut contents: Vec<_> = FILES.iter().map(|(_, content)| split(content)).collect();
        let first = contents[a.0][a.1].clone();
        contents[a.0][a.1] = contents[b.0][b.1].clone();
        contents[b.0][b.1] = first;
        let mut files = FILES.clone();
        for (file, content) in files.iter_mut().zip(contents) {
            file.1 = content.concat();
        }
        let (name, line, what) = found(verified(&files));
        let (file, index) = a.min(b);
        prop_assert_eq!((&name, line), (&files[file].0, Some(index as u64 + 1)));
        prop_assert!(matches!(what, Tampering::OutOfOrder { .. }), "{}", what);
    }

    #[test]
    fn a_repeated_line_is_found(from in 0..11usize, to in 0..11usize) {
        let (from, to) = (lines()[from], lines()[to]);
        let mut files = FILES.clone();
        let copy = split(&files[from.0].1)[from.1].clone();
        let mut lines = split(&files[to.0].1);
        lines.insert(to.1, copy);
        files[to.0].1 = lines.concat();
        found(verified(&files));
    }
}

#[test]
fn a_removed_line_is_found() {
    for (n, (file, index)) in lines().into_iter().enumerate() {
        let mut files = FILES.clone();
        let mut content = split(&files[file].1);
        content.remove(index);
        files[file].1 = content.concat();
        let (name, line, what) = found(verified(&files));
        if n == 10 {
            assert_eq!(name, "audit.jsonl");
            assert_eq!(what, Tampering::MissingTail { last: 10, head: 11 });
        } else {
            let (expected, found) = (n as u64 + 1, n as u64 + 2);
            assert_eq!(what, Tampering::OutOfOrder { expected, found });
            let next = lines()[n + 1];
            let index = if next.0 == file { index } else { 0 };
            assert_eq!(
                (name, line),
                (files[next.0].0.clone(), Some(index as u64 + 1))
            );
        }
    }
}

#[test]
fn a_truncation_at_any_byte_is_found_in_the_log_and_by_the_next_start() {
    let last = FILES
        .iter()
        .position(|(name, _)| name == "audit.jsonl")
        .unwrap();
    for length in 0..FILES[last].1.len() {
        let mut files = FILES.clone();
        files[last].1.truncate(length);
        found(verified(&files));
        if length % 37 == 0 {
            let dir = Dir::new();
            for (name, content) in &files {
                fs::write(dir.path().join(name), content).unwrap();
            }
            let error = dir.open_error();
            assert!(error.contains("its tail is missing"), "{error}");
            assert_eq!(fs::read(dir.current()).unwrap().len(), length, "left alone");
        }
    }
}

#[test]
fn a_missing_file_is_found_and_named() {
    for (missing, (name, _)) in FILES.iter().enumerate() {
        let mut files = FILES.clone();
        files.remove(missing);
        let (file, line, what) = found(verified(&files));
        assert_eq!((&file, line), (name, None));
        match &**name {
            "head" => assert_eq!(what, Tampering::HeadMissing),
            _ => assert_eq!(what, Tampering::MissingFile),
        }
    }
    // The newest files, and the whole tail.
    let files = [FILES[0].clone(), FILES[4].clone()];
    assert_eq!(found(verified(&files)).2, Tampering::MissingFile);
}

#[test]
fn another_key_s_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in FILES.iter() {
        fs::write(dir.path().join(name), content).unwrap();
    }
    let other = Key::from_bytes(&[43; 32]);
    assert_eq!(found(verify(dir.path(), &other)).2, Tampering::HeadForged);
}

#[test]
fn the_message_says_file_line_and_what() {
    let mut files = FILES.clone();
    files[1].1[400] ^= 1;
    let message = verified(&files).unwrap_err().to_string();
    let expected = "audit.000002.jsonl:2: record 5 was expected; this line was changed or inserted";
    assert!(message.ends_with(expected), "{message}");
}
