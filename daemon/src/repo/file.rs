//! Whole files: writes that are either done or not begun, and reads that do not wait.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

/// What a temporary file is called, before [`TEMP_RANDOM`] letters and digits.
const TEMP_PREFIX: &str = ".lotus-";

/// How many characters of its name are random.
const TEMP_RANDOM: usize = 6;

/// Replaces the file at `path` by `content` with the permission bits `mode`.
///
/// The content is written to a temporary file beside it, which is never readable by more than
/// `mode` allows, made durable, and renamed over `path`: a reader sees the old content or the new,
/// and a crash leaves one of them. Do not use it inside `keystore/`, where Lotus refuses to list
/// keys while a foreign file is there.
pub(crate) fn write_atomic(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let mut file = temporary(dir)?;
    file.write_all(content)?;
    // Not subject to the umask, unlike the mode that a file is created with.
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    std::fs::File::open(dir)?.sync_all()
}

fn temporary(dir: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(TEMP_PREFIX)
        .rand_bytes(TEMP_RANDOM)
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(dir)
}

/// Removes the temporary files of writes to `dir` that a crash has cut short. Nobody may be writing
/// there.
pub(super) fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let random = name
            .to_str()
            .and_then(|name| name.strip_prefix(TEMP_PREFIX));
        let ours = random.is_some_and(|random| {
            random.len() == TEMP_RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if ours && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Reads the file at `path`, which must be a regular one.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    // Before it is opened: opening a named pipe would wait for its writer.
    let metadata = fs::metadata(path)?;
    if metadata.is_file() || metadata.is_dir() {
        // Of a directory the system says itself what is wrong.
        return fs::read(path);
    }
    let why = "it is a pipe, a socket or a device, and must be a regular file; move it away";
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_content_and_mode_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "an older and longer text").unwrap();
        write_atomic(&path, b"new", 0o600).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("api");
        std::fs::create_dir(&path).unwrap();
        write_atomic(&path, b"new", 0o644).unwrap_err();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_what_a_crash_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let kept = [
            ".lotus-",
            ".lotus-abc",
            ".lotus-abc.ef",
            ".lotusrc",
            "x.lotus-abcdef",
        ];
        for name in kept.iter().chain(&[".lotus-aB3dE9"]) {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::create_dir(dir.path().join(".lotus-folder")).unwrap();
        remove_unfinished(dir.path()).unwrap();
        for name in kept.iter().chain(&[".lotus-folder"]) {
            assert!(dir.path().join(name).exists(), "{name}");
        }
        assert!(!dir.path().join(".lotus-aB3dE9").exists());
        let (_, left) = temporary(dir.path()).unwrap().keep().unwrap();
        remove_unfinished(dir.path()).unwrap();
        assert!(!left.exists());
    }
}
