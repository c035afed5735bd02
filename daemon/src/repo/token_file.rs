//! `<repo>/token`: the admin token of local clients.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::{Error, read_regular, write_atomic};

/// The file; it may not be there.
#[derive(Clone, Debug)]
pub struct TokenFile(PathBuf);

impl TokenFile {
    /// The file at this path.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The token without surrounding white space, or `None` if there is none. It may be damaged or
    /// no longer valid; the caller verifies it and writes a new one if so.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file exists and cannot be read.
    pub fn read(&self) -> Result<Option<String>, Error> {
        match read_regular(&self.0) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &self.0)(error)),
        }
    }

    /// Replaces the token. Nobody but the owner can read it at any moment.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written; the old one is then still there.
    pub fn write(&self, token: &str) -> Result<(), Error> {
        write_atomic(&self.0, token.as_bytes(), 0o600).map_err(Error::io("write", &self.0))
    }
}
