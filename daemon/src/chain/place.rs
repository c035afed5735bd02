//! Where a repo keeps its chain: a local network in one file, an imported chain in another. Where
//! there is an imported one, it is the repo's chain.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use lotus_chain::store::StoreError;

use super::imported::Imported;
use super::options::Import;

/// The chain that was imported.
const IMPORTED: &str = "imported.redb";

/// The one that is being imported. It gets the other name when it is complete.
const UNFINISHED: &str = "importing.redb";

/// A local network, and the messages that wait for its blocks.
const LOCAL: [&str; 2] = ["mpool.redb", "chain.redb"];

/// Why a chain was not imported, or one that was imported cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The repo has a chain, which an import would replace.
    #[error(
        "the repo has a chain already, in {}; start without --import-chain to use it, replace it \
         with --remove-existing-chain, or name another repo with --repo",
        path.display()
    )]
    Exists {
        /// The database.
        path: PathBuf,
    },
    /// The file is no chain, or the database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the chain cannot be moved or removed.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The directory with a repo's chain.
#[derive(Debug)]
pub(crate) struct Place {
    directory: PathBuf,
}

impl Place {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The chain that was imported; `None` where there is none.
    ///
    /// # Errors
    /// Its database cannot be used.
    pub(crate) fn imported(&self) -> Result<Option<Imported>, ImportError> {
        self.tidy()?;
        let path = self.file(IMPORTED);
        // What cannot be looked at is not taken for absent.
        match path.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(Imported::open(&path)?)),
            Err(source) => Err(ImportError::File { path, source }),
        }
    }

    /// Reads a chain from a file, all of it or nothing: until it is complete, whatever was here
    /// stays, and so it does after an error.
    ///
    /// # Errors
    /// There is a chain here which shall stay, the file is no chain, or the disk is full.
    pub(crate) fn import(&self, import: Import) -> Result<Imported, ImportError> {
        self.tidy()?;
        if !import.replace
            && let Some(path) = self.occupied()
        {
            return Err(ImportError::Exists { path });
        }
        let unfinished = self.file(UNFINISHED);
        tracing::info!(target: "chain", "importing chain from {}...", import.source);
        // It is closed before it is moved.
        if let Err(error) = Imported::read(import, &unfinished) {
            // What cannot be removed now is removed by the next start.
            let _ = self.tidy();
            return Err(error.into());
        }
        let path = self.file(IMPORTED);
        let moved = fs::rename(&unfinished, &path).and_then(|()| self.sync());
        moved.map_err(|source| ImportError::File {
            path: path.clone(),
            source,
        })?;
        // It is the repo's chain by now, and what is left of another one matters no more.
        for name in LOCAL {
            self.remove(name)?;
        }
        Ok(Imported::open(&path)?)
    }

    /// Removes every chain that is here.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub(crate) fn clear(&self) -> Result<(), ImportError> {
        self.tidy()?;
        // The one that counts goes last: half done, nothing else has become the repo's chain.
        for name in LOCAL.into_iter().chain([IMPORTED]) {
            self.remove(name)?;
        }
        let synced = self.sync();
        synced.map_err(|source| ImportError::File {
            path: self.directory.clone(),
            source,
        })
    }

    /// The database of the chain that is here.
    fn occupied(&self) -> Option<PathBuf> {
        let files = [IMPORTED, LOCAL[1]].map(|name| self.file(name));
        // What cannot be looked at may be a chain.
        let exists = |path: &PathBuf| path.try_exists().unwrap_or(true);
        files.into_iter().find(exists)
    }

    /// Removes what an import that was interrupted has left.
    fn tidy(&self) -> Result<(), ImportError> {
        self.remove(UNFINISHED)?;
        // A database has this name while it is made.
        self.remove(&format!("{UNFINISHED}.new"))
    }

    fn remove(&self, name: &str) -> Result<(), ImportError> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(ImportError::File { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Puts the names of the files on the disk.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}
