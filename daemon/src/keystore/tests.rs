//! Tests of the keystore: bytes and modes on disk, errors, and what survives.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::thread;

use lotus_core::types::{KeyInfo, KeyType};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

fn repo() -> (TempDir, Keystore) {
    let repo = tempfile::tempdir().unwrap();
    let keystore = reopen(&repo);
    (repo, keystore)
}

fn reopen(repo: &TempDir) -> Keystore {
    Keystore::open(repo.path().join("keystore"), repo.path().to_owned()).unwrap()
}

fn secret(byte: u8) -> KeyInfo {
    KeyInfo::new(KeyType::JwtHmacSecret, vec![byte; 32])
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Every file below the repo, relative to it.
fn files(repo: &TempDir) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for dir in [repo.path().to_owned(), repo.path().join("keystore")] {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                found.push(path.strip_prefix(repo.path()).unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn files_are_lotus_s_byte_for_byte() {
    let (repo, keystore) = repo();
    keystore.put("auth-jwt-private", &secret(0)).unwrap();

    let path = repo.path().join("keystore/MF2XI2BNNJ3XILLQOJUXMYLUMU");
    let json =
        r#"{"Type":"jwt-hmac-secret","PrivateKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#;
    assert_eq!(fs::read_to_string(&path).unwrap(), json);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&repo.path().join("keystore")), 0o700);
    assert_eq!(files(&repo).len(), 1, "nothing else is left behind");

    for (name, file) in [
        ("libp2p-host", "NRUWE4BSOAWWQ33TOQ"),
        ("default", "MRSWMYLVNR2A"),
    ] {
        keystore.put(name, &secret(1)).unwrap();
        assert!(repo.path().join("keystore").join(file).is_file());
    }
}

#[test]
fn opens_what_lotus_wrote() {
    let (repo, keystore) = repo();
    let path = repo.path().join("keystore/MRSWMYLVNR2A");
    fs::write(&path, r#"{"Type":1,"PrivateKey":"AQID"}"#).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    let key = keystore.get("default").unwrap();
    assert_eq!(
        (key.key_type(), key.private_key()),
        (&KeyType::Secp256k1, &[1, 2, 3][..])
    );
}

#[test]
fn put_get_list_replace_delete() {
    let (repo, keystore) = repo();
    assert_eq!(keystore.list().unwrap(), [""; 0]);
    keystore.put("b", &secret(1)).unwrap();
    keystore.put("a", &secret(2)).unwrap();
    assert_eq!(keystore.list().unwrap(), ["a", "b"]);

    let error = keystore.put("b", &secret(3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "checking key before put 'b': key already exists"
    );
    assert_eq!(keystore.get("b").unwrap(), secret(1));

    keystore.replace("b", &secret(3)).unwrap();
    keystore.replace("c", &secret(4)).unwrap();
    assert_eq!(reopen(&repo).get("b").unwrap(), secret(3));
    assert_eq!(mode(&repo.path().join("keystore/MI")), 0o600);

    assert!(keystore.contains("c").unwrap());
    keystore.delete("c").unwrap();
    assert!(!keystore.contains("c").unwrap());
    assert_eq!(keystore.list().unwrap(), ["a", "b"]);
    assert_eq!(
        files(&repo).len(),
        2,
        "failed and finished writes leave nothing behind"
    );
}

#[test]
fn several_are_put_at_once() {
    let (repo, keystore) = repo();
    keystore.put_all(&[]).unwrap();
    let (one, two) = (secret(1), secret(2));
    keystore.put_all(&[("b", &one), ("a", &two)]).unwrap();
    assert_eq!(reopen(&repo).list().unwrap(), ["a", "b"]);
    assert_eq!(keystore.get("a").unwrap(), two);
    assert_eq!(mode(&repo.path().join("keystore/ME")), 0o600);

    let error = keystore.put_all(&[("c", &one), ("b", &two), ("d", &one)]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "checking key before put 'b': key already exists"
    );
    assert_eq!(keystore.get("b").unwrap(), one, "it is left as it was");
    assert_eq!(keystore.list().unwrap(), ["a", "b", "c"]);
    assert_eq!(files(&repo).len(), 3, "nothing unfinished is left behind");

    let unusable = keystore.put_all(&[("e", &one), ("", &one)]);
    assert!(matches!(unusable, Err(KeystoreError::NameLength(0))));
    assert_eq!(
        files(&repo).len(),
        3,
        "no name is wrong before any is there"
    );
}

#[test]
fn what_is_missing_is_said_in_lotus_s_words() {
    let (_repo, keystore) = repo();
    let error = keystore.get("default").unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error.to_string(),
        "opening key 'default': key info not found"
    );
    let error = keystore.delete("default").unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error.to_string(),
        "checking key before delete 'default': key info not found"
    );
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let (repo, keystore) = repo();
    keystore.put("default", &secret(1)).unwrap();
    let path = repo.path().join("keystore/MRSWMYLVNR2A");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();

    let error = keystore.get("default").unwrap_err();
    let text = "permissions of key: 'default' are too relaxed, required: 0600, got: 0644";
    assert_eq!(error.to_string(), text);
    let error = keystore.list().unwrap_err();
    assert_eq!(error.to_string(), text.replace("default", "MRSWMYLVNR2A"));
    assert!(!error.is_not_found());
}

#[test]
fn damaged_files_are_named_and_kept() {
    let (repo, keystore) = repo();
    let path = repo.path().join("keystore/MRSWMYLVNR2A");
    let cases = [
        ("", "ends early"),
        (r#"{"Type":"bls","PrivateKey":"c2VjcmV0"#, "ends early"),
        (
            r#"{"Type":"bls","PrivateKey":c2VjcmV0"#,
            "no JSON at line 1 column",
        ),
        (
            r#"{"Type":"bls","PrivateKey":"!c2VjcmV0"}"#,
            "no {Type, PrivateKey} object",
        ),
        (
            r#"{"PrivateKey":"c2VjcmV0"}"#,
            "no {Type, PrivateKey} object",
        ),
        (r#""c2VjcmV0""#, "no {Type, PrivateKey} object"),
        (
            r#"{"Type":"bls","PrivateKey":"c2VjcmV0"} c2VjcmV0"#,
            "no JSON",
        ),
    ];
    for (content, complaint) in cases {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let error = keystore.get("default").unwrap_err().to_string();
        assert!(error.starts_with("decoding key 'default': "), "{error}");
        assert!(error.contains(complaint), "{content}: {error}");
        assert!(error.contains("MRSWMYLVNR2A"), "names the file: {error}");
        assert!(!error.contains("c2VjcmV0"), "shows the secret: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }

    fs::write(&path, vec![b' '; 1 << 20]).unwrap();
    assert!(
        keystore
            .get("default")
            .unwrap_err()
            .to_string()
            .contains("1048576 bytes are no key")
    );
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(
        keystore
            .get("default")
            .unwrap_err()
            .to_string()
            .contains("not a regular file")
    );
}

#[test]
fn a_stray_file_is_named() {
    let (repo, keystore) = repo();
    for name in ["notes.txt", "mrswmylvnr2a", "74"] {
        let path = repo.path().join("keystore").join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let error = keystore.list().unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("decoding key: '{name}': ")),
            "{error}"
        );
        fs::remove_file(&path).unwrap();
    }
    keystore.list().unwrap();
}

#[test]
fn unusable_names_are_refused() {
    let (_repo, keystore) = repo();
    for name in ["", &"x".repeat(160)] {
        assert!(matches!(
            keystore.get(name),
            Err(KeystoreError::NameLength(_))
        ));
        assert!(matches!(
            keystore.put(name, &secret(1)),
            Err(KeystoreError::NameLength(_))
        ));
    }
    keystore.put(&"x".repeat(159), &secret(1)).unwrap();
    keystore.put("../../etc/passwd", &secret(1)).unwrap();
    assert_eq!(keystore.list().unwrap()[0], "../../etc/passwd");
}

#[test]
fn what_a_killed_process_left_unfinished_is_removed() {
    let (repo, keystore) = repo();
    keystore.put("default", &secret(1)).unwrap();
    // Killed before it was complete, and killed between the link and the removal.
    fs::write(repo.path().join(".keystore-1-0"), r#"{"Type":"bls","Priv"#).unwrap();
    fs::hard_link(
        repo.path().join("keystore/MRSWMYLVNR2A"),
        repo.path().join(".keystore-1-1"),
    )
    .unwrap();
    fs::write(repo.path().join("token"), "not ours").unwrap();

    let keystore = reopen(&repo);
    assert_eq!(keystore.get("default").unwrap(), secret(1));
    let mut left = files(&repo);
    left.sort();
    assert_eq!(
        left,
        [
            PathBuf::from("keystore/MRSWMYLVNR2A"),
            PathBuf::from("token")
        ]
    );
}

#[test]
fn a_reader_never_sees_half_an_entry() {
    let (_repo, keystore) = repo();
    let keystore = Arc::new(keystore);
    keystore.put("default", &secret(0)).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for byte in 0..100 {
                keystore.replace("default", &secret(byte)).unwrap();
            }
        });
        while !writer.is_finished() {
            let key = keystore.get("default").unwrap();
            assert_eq!(key, secret(key.private_key()[0]));
            assert_eq!(keystore.list().unwrap(), ["default"]);
        }
    });
}

#[test]
fn of_two_that_put_at_once_one_wins() {
    let (_repo, keystore) = repo();
    for round in 0..20 {
        let name = format!("key-{round}");
        let put = |byte| keystore.put(&name, &secret(byte));
        let won = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|byte| scope.spawn(move || put(byte))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap().is_ok())
                .collect::<Vec<_>>()
        });
        let winner = won.iter().position(|won| *won).unwrap();
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
        assert_eq!(keystore.get(&name).unwrap(), secret(winner as u8));
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let repo = tempfile::tempdir().unwrap();
    fs::write(repo.path().join("keystore"), "a file").unwrap();
    let error = Keystore::open(repo.path().join("keystore"), repo.path().to_owned()).unwrap_err();
    assert!(
        error.to_string().contains("keystore: Not a directory"),
        "{error}"
    );
    let missing = repo.path().join("missing");
    let error = Keystore::open(missing.join("keystore"), missing).unwrap_err();
    assert!(
        error.to_string().starts_with("creating keystore"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_name_and_key_read_back(name in "\\PC{1,39}", kind in "[a-z0-9-]{1,20}", key in any::<Vec<u8>>()) {
        let (_repo, keystore) = repo();
        let key = KeyInfo::new(kind.as_str().into(), key);
        keystore.put(&name, &key).unwrap();
        prop_assert_eq!(keystore.get(&name).unwrap(), key);
        prop_assert_eq!(keystore.list().unwrap(), [name]);
    }

    #[test]
    fn no_file_panics(content in any::<Vec<u8>>()) {
        let (repo, keystore) = repo();
        let path = repo.path().join("keystore/MRSWMYLVNR2A");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let _ = keystore.get("default");
    }
}
