//! Lotus's keystore: one file per secret under `<repo>/keystore`.
//!
//! A file's name is the base32 of the entry's name, its content the JSON of a [`KeyInfo`], its mode
//! 0600; a directory that Lotus wrote is read as it is, and the other way round. Two things are
//! stricter than Lotus (`node/repo/fsrepo.go`):
//!
//! * An entry is written beside the keystore, synced, and only then moved in. Whenever the process
//!   is killed, an entry is there completely or not at all, and the old one is there until then.
//! * Errors about a damaged file name it and the position, and never repeat its content.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE32_NOPAD;
use lotus_core::types::KeyInfo;
use zeroize::Zeroizing;

/// The largest file that is read, in bytes. Real entries have about a hundred.
const MAX_FILE_SIZE: u64 = 64 * 1024;

/// The longest entry name, in bytes: its base32 must fit the 255 bytes of a file name.
const MAX_NAME_LEN: usize = 159;

/// What unfinished writes are called, in the scratch directory.
const TEMP_PREFIX: &str = ".keystore-";

/// The secrets of one repo. Each operation is atomic, and safe to call from any thread.
#[derive(Debug)]
pub struct Keystore {
    dir: PathBuf,
    scratch: PathBuf,
}

/// Why a secret could not be read or written. The first words are Lotus's.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// There is no such entry.
    #[error("{action} '{name}': key info not found")]
    NotFound {
        /// What was being done.
        action: &'static str,
        /// The entry's name.
        name: String,
    },
    /// There is such an entry already.
    #[error("checking key before put '{0}': key already exists")]
    AlreadyExists(String),
    /// Somebody else than the owner may use the file.
    #[error("permissions of key: '{name}' are too relaxed, required: 0600, got: 0{mode:o}")]
    TooRelaxed {
        /// The entry's name; its file's, when all entries are listed.
        name: String,
        /// The file's permission bits.
        mode: u32,
    },
    /// The file does not hold a key.
    #[error("decoding key '{name}': {reason} (file {path})", path = path.display())]
    Corrupt {
        /// The entry's name.
        name: String,
        /// What is wrong, and where in the file.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// A file that is no entry lies in the keystore.
    #[error("decoding key: '{file}': {reason}; move the file out of {dir}", dir = dir.display())]
    Stray {
        /// The file's name.
        file: String,
        /// Why it cannot be an entry's.
        reason: String,
        /// The keystore.
        dir: PathBuf,
    },
    /// No file name can be made of the entry's name.
    #[error("a key's name has between 1 and {MAX_NAME_LEN} bytes, this one {0}")]
    NameLength(usize),
    /// The operating system refused.
    #[error("{action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl KeystoreError {
    /// Whether the entry simply is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, KeystoreError::NotFound { .. })
    }
}

fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> KeystoreError + 'a {
    move |source| KeystoreError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

impl Keystore {
    /// Opens the keystore in `dir`, and makes it (mode 0700) if it is missing.
    ///
    /// `scratch` is where entries are written before they are moved in: the repo, on the same file
    /// system. Only the holder of the repo's lock may open its keystore, since what an earlier
    /// process left unfinished there is removed.
    ///
    /// # Errors
    /// A directory cannot be made or read.
    pub fn open(dir: PathBuf, scratch: PathBuf) -> Result<Keystore, KeystoreError> {
        match DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(io_error("creating keystore", &dir)(error));
            }
            _ => {}
        }
        fs::read_dir(&dir).map_err(io_error("opening keystore", &dir))?;

        let reading = || io_error("reading", &scratch);
        for entry in fs::read_dir(&scratch).map_err(reading())? {
            let entry = entry.map_err(reading())?;
            if entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
                let path = entry.path();
                fs::remove_file(&path).map_err(io_error("removing the unfinished", &path))?;
            }
        }
        Ok(Keystore { dir, scratch })
    }

    /// The names of all entries, sorted.
    ///
    /// # Errors
    /// As in Lotus one bad file fails the whole list: its mode is too relaxed, or its name is not
    /// the base32 of a text.
    pub fn list(&self) -> Result<Vec<String>, KeystoreError> {
        let reading = || io_error("reading keystore", &self.dir);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(reading())? {
            let entry = entry.map_err(reading())?;
            let file = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            match fs::metadata(&path) {
                // Deleted since the directory was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => {
                    let metadata = metadata.map_err(io_error("reading", &path))?;
                    check_mode(&file, &metadata)?;
                }
            }
            let stray = |reason: String| KeystoreError::Stray {
                file: file.clone(),
                reason,
                dir: self.dir.clone(),
            };
            let name = BASE32_NOPAD
                .decode(file.as_bytes())
                .map_err(|e| stray(e.to_string()))?;
            names.push(String::from_utf8(name).map_err(|e| stray(e.to_string()))?);
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether there is an entry of this name, readable or not.
    ///
    /// # Errors
    /// The name is unusable, or the directory cannot be searched.
    pub fn contains(&self, name: &str) -> Result<bool, KeystoreError> {
        let path = self.path(name)?;
        fs::exists(&path).map_err(io_error("looking for", &path))
    }

    /// The entry of this name.
    ///
    /// # Errors
    /// It is missing ([`KeystoreError::is_not_found`]), others may read it, or it is damaged.
    pub fn get(&self, name: &str) -> Result<KeyInfo, KeystoreError> {
        let path = self.path(name)?;
        let opening = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => KeystoreError::NotFound {
                action: "opening key",
                name: name.to_owned(),
            },
            _ => io_error("opening", &path)(error),
        };
        let corrupt = |reason: String| KeystoreError::Corrupt {
            name: name.to_owned(),
            reason,
            path: path.clone(),
        };

        // Before it is opened: opening a named pipe would wait for its writer.
        if !fs::metadata(&path).map_err(opening)?.is_file() {
            return Err(corrupt("it is not a regular file".to_owned()));
        }
        let file = File::open(&path).map_err(opening)?;
        let metadata = file.metadata().map_err(io_error("reading", &path))?;
        check_mode(name, &metadata)?;
        if metadata.len() > MAX_FILE_SIZE {
            return Err(corrupt(format!("{} bytes are no key", metadata.len())));
        }

        // Room for all of it and one more, so that it never moves and leaves a copy behind.
        let mut json = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
        file.take(MAX_FILE_SIZE)
            .read_to_end(&mut json)
            .map_err(io_error("reading", &path))?;
        serde_json::from_slice(&json).map_err(|error| corrupt(describe(&error)))
    }

    /// Adds an entry. It is durable when this returns.
    ///
    /// # Errors
    /// There is one of this name ([`KeystoreError::AlreadyExists`]; it is left as it is), or it
    /// cannot be written.
    pub fn put(&self, name: &str, key: &KeyInfo) -> Result<(), KeystoreError> {
        self.put_all(&[(name, key)])
    }

    /// Adds entries of different names, in this order, and waits for the directory only once. They
    /// are durable when this returns; until then a crash leaves each completely or not at all.
    ///
    /// # Errors
    /// As [`Keystore::put`], and then those before it may be there.
    pub fn put_all(&self, entries: &[(&str, &KeyInfo)]) -> Result<(), KeystoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut written = Vec::with_capacity(entries.len());
        for (name, key) in entries {
            written.push((name, self.path(name)?, self.write_temp(key)?));
        }
        for (name, path, temp) in written {
            // Unlike a rename, a link never overwrites.
            fs::hard_link(&temp.0, &path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => KeystoreError::AlreadyExists((*name).to_owned()),
                _ => io_error("writing key", &path)(error),
            })?;
        }
        self.sync()
    }

    /// Adds an entry, in place of the one of this name if there is one. It is durable when this
    /// returns, and there is no moment without an entry.
    ///
    /// # Errors
    /// It cannot be written; then the old entry is still there.
    pub fn replace(&self, name: &str, key: &KeyInfo) -> Result<(), KeystoreError> {
        let path = self.path(name)?;
        let temp = self.write_temp(key)?;
        fs::rename(&temp.0, &path).map_err(io_error("writing key", &path))?;
        self.sync()
    }

    /// Removes an entry, for good.
    ///
    /// # Errors
    /// It is missing ([`KeystoreError::is_not_found`]) or cannot be removed.
    pub fn delete(&self, name: &str) -> Result<(), KeystoreError> {
        let path = self.path(name)?;
        fs::remove_file(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeystoreError::NotFound {
                action: "checking key before delete",
                name: name.to_owned(),
            },
            _ => io_error("deleting key", &path)(error),
        })?;
        self.sync()
    }

    fn path(&self, name: &str) -> Result<PathBuf, KeystoreError> {
        if name.is_empty() || name.len() > MAX_NAME_LEN {
            return Err(KeystoreError::NameLength(name.len()));
        }
        Ok(self.dir.join(BASE32_NOPAD.encode(name.as_bytes())))
    }

    /// Writes a key to a new file in the scratch directory, down to the disk.
    fn write_temp(&self, key: &KeyInfo) -> Result<Temp, KeystoreError> {
        // Room for twice the base64, so that it never moves and leaves a copy behind.
        let mut json = Zeroizing::new(Vec::with_capacity(1024 + 3 * key.private_key().len()));
        serde_json::to_writer(&mut *json, key).expect("a key is an object of two strings");

        let (temp, mut file) = self.create_temp()?;
        file.write_all(&json)
            .and_then(|()| file.sync_all())
            .map_err(io_error("writing", &temp.0))?;
        Ok(temp)
    }

    fn create_temp(&self) -> Result<(Temp, File), KeystoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{TEMP_PREFIX}{}-{number}", std::process::id());
            let path = self.scratch.join(name);
            match OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
            {
                Ok(file) => return Ok((Temp(path), file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io_error("creating", &path)(error)),
            }
        }
    }

    /// Makes what happened to the directory durable.
    fn sync(&self) -> Result<(), KeystoreError> {
        let sync = || File::open(&self.dir)?.sync_all();
        sync().map_err(io_error("syncing keystore", &self.dir))
    }
}

/// A file that disappears with this value, unless it was moved.
struct Temp(PathBuf);

impl Drop for Temp {
    fn drop(&mut self) {
        // It may have been moved, and what remains is removed at the next start.
        let _ = fs::remove_file(&self.0);
    }
}

fn check_mode(name: &str, metadata: &fs::Metadata) -> Result<(), KeystoreError> {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(KeystoreError::TooRelaxed {
        name: name.to_owned(),
        mode,
    })
}

/// Says where a file stops being a key. serde's own words may repeat what is there, a secret.
fn describe(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => format!("the file ends early, at byte {column}"),
        serde_json::error::Category::Syntax => format!("no JSON at line {line} column {column}"),
        _ => format!("no {{Type, PrivateKey}} object at line {line} column {column}"),
    }
}

#[cfg(test)]
mod tests;
