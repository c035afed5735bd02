//! The file of `--api-auth-password-file`.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{MAX_BYTES, Secret, Unfit};

/// The most that is read: a password and generous white space around it, in bytes.
const MAX_FILE: usize = 64 * 1024;

/// Permission bits that let others than the owner read.
const READABLE_BY_OTHERS: u32 = 0o044;

/// A password that a file had, found good.
#[derive(Clone, Debug)]
pub(crate) struct PasswordFile {
    password: Secret,
    exposed: Option<Exposed>,
}

/// Others can read the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exposed {
    path: PathBuf,
    mode: u32,
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, mode) = (self.path.display(), self.mode);
        write!(
            f,
            "API auth password file \"{path}\" can be read by other users (mode {mode:04o}); run: chmod 600 {path}"
        )
    }
}

/// Why the daemon does not start with this password file. The first words are AvalancheGo's where
/// it has the case.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// None was given.
    #[error(
        "--api-auth-required needs a password: write one to a file and name it with --api-auth-password-file"
    )]
    NotGiven,
    /// It is not there, or may not be read.
    #[error("API auth password file \"{path}\" failed to be read: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It holds something else than UTF-8, which no client could send.
    #[error("API auth password file \"{path}\" is not text in UTF-8; write the password alone into it", path = .0.display())]
    NotText(PathBuf),
    /// There is nothing but white space in it.
    #[error("API auth password file \"{path}\" is empty; write the password into it", path = .0.display())]
    Empty(PathBuf),
    /// Longer than a password may be.
    #[error("API auth password in \"{path}\" is longer than {MAX_BYTES} bytes; choose a shorter one", path = .0.display())]
    TooLong(PathBuf),
    /// Too easy to guess.
    #[error("API auth password is not strong enough; choose a longer or less common one than that in \"{path}\"", path = .0.display())]
    Weak(PathBuf),
}

impl PasswordFile {
    /// Reads the file; white space before and after the password does not count.
    ///
    /// # Errors
    /// [`FileError`] says what is wrong with the file, and never what is in it.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        if path.as_os_str().is_empty() {
            return Err(FileError::NotGiven);
        }
        let place = || path.to_owned();
        let (bytes, mode) = read(path).map_err(|source| FileError::Unreadable {
            path: place(),
            source,
        })?;
        if bytes.len() > MAX_FILE {
            return Err(FileError::TooLong(place()));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| FileError::NotText(place()))?;
        let password = Secret::new(text.trim());
        password.judge().map_err(|unfit| match unfit {
            Unfit::Empty => FileError::Empty(place()),
            Unfit::TooLong => FileError::TooLong(place()),
            Unfit::Weak => FileError::Weak(place()),
        })?;
        let exposed = (mode & READABLE_BY_OTHERS != 0).then(|| Exposed {
            path: place(),
            mode,
        });
        Ok(Self { password, exposed })
    }

    pub(super) fn password(&self) -> &Secret {
        &self.password
    }

    /// What the operator should be warned of.
    pub(crate) fn warning(&self) -> Option<&Exposed> {
        self.exposed.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn of(password: &str) -> Self {
        Self {
            password: Secret::new(password),
            exposed: None,
        }
    }
}

/// The content, up to a byte more than [`MAX_FILE`], and the permission bits.
fn read(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, u32)> {
    let file = File::open(path)?;
    let mode = file.metadata()?.mode() & 0o7777;
    // With its final capacity: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes, mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    const GOOD: &str = "correcthorsebatterystaple";

    fn written(content: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    fn refusal(content: &[u8]) -> String {
        let (dir, path) = written(content, 0o600);
        let refusal = PasswordFile::read(&path).unwrap_err().to_string();
        refusal.replace(&*dir.path().to_string_lossy(), "DIR")
    }

    #[test]
    fn white_space_around_the_password_does_not_count() {
        let (_dir, path) = written(format!("\n  {GOOD}\r\n").as_bytes(), 0o600);
        let file = PasswordFile::read(&path).unwrap();
        assert_eq!(*file.password(), Secret::new(GOOD));
        assert_eq!(file.warning(), None);
    }

    #[test]
    fn others_who_can_read_it_are_worth_a_warning() {
        for mode in [0o640, 0o604] {
            let (_dir, path) = written(GOOD.as_bytes(), mode);
            let file = PasswordFile::read(&path).unwrap();
            let warning = file.warning().unwrap().to_string();
            assert!(warning.contains(&format!("(mode {mode:04o})")), "{warning}");
            assert!(warning.contains("chmod 600"), "{warning}");
        }
    }

    #[test]
    fn each_refusal_says_why_and_never_what_is_in_the_file() {
        let long = format!("{GOOD}{}", "x".repeat(1000));
        let huge = "x".repeat(MAX_FILE + 1);
        assert_eq!(
            refusal(b" \n\t"),
            "API auth password file \"DIR/password\" is empty; write the password into it"
        );
        assert!(refusal(b"password1").starts_with("API auth password is not strong enough"));
        assert!(!refusal(b"password1").contains("password1"));
        assert!(refusal(long.as_bytes()).contains("longer than 1024 bytes"));
        assert!(refusal(huge.as_bytes()).contains("longer than 1024 bytes"));
        assert!(refusal(b"\xff\xfe").contains("UTF-8"));
        let gone = PasswordFile::read(Path::new("/nonexistent/pw"))
            .unwrap_err()
            .to_string();
        let text = "API auth password file \"/nonexistent/pw\" failed to be read: No such file";
        assert!(gone.starts_with(text), "{gone}");
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            PasswordFile::read(dir.path()),
            Err(FileError::Unreadable { .. })
        ));
        assert!(matches!(
            PasswordFile::read(Path::new("")),
            Err(FileError::NotGiven)
        ));
    }
}
