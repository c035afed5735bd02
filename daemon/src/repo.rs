//! The repo: the directory that a daemon keeps everything in, laid out as Lotus lays it out.
//!
//! ```text
//! api           multiaddr of the running daemon, no newline, 0644; absent when it is not running
//! config.toml   settings; all commented out until somebody changes one, 0644
//! datastore/    the chain and its metadata
//! keystore/     one file per key, 0700
//! repo.lock     empty; locked while a daemon runs
//! token         an admin token for local clients, no newline, 0600
//! ```
//!
//! The source of names, modes and life cycles is Lotus's `node/repo/fsrepo.go`. A repo made by Lotus
//! opens here and the other way round.

mod error;
mod file;
mod lock;
mod token_file;

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::config::render;
use lotus_core::Role;

pub use error::Error;
pub(crate) use file::{read_regular, write_atomic};
pub use lock::Holder;
pub use token_file::TokenFile;

/// An open repo. It is locked for as long as this value lives.
///
/// Dropping it removes `api` and releases the lock; [`Repo::close`] does the same and reports what
/// went wrong.
#[derive(Debug)]
pub struct Repo {
    path: PathBuf,
    config: PathBuf,
    // Last: `Drop for Repo` has removed `api` by the time the lock is released.
    _lock: lock::Lock,
}

impl Repo {
    /// Opens the repo at `path`, and makes it first where it does not exist.
    ///
    /// What is missing is created: the directory (but not its parents), `config.toml` with every
    /// setting of `role` commented out, `keystore/`, `datastore/`. What is there is kept. An `api`
    /// file and unfinished writes (`.lotus-…`) are removed, because under the lock they can only be
    /// left over from a crash.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] names the process that has the repo open. Nothing is created then.
    pub fn open_or_init(path: &Path, role: Role) -> Result<Repo, Error> {
        Self::open(path, role, None)
    }

    /// As [`Repo::open_or_init`], with the config at `config` instead of `<repo>/config.toml`
    /// (`lotus daemon --config`). It too is created if it is missing.
    ///
    /// # Errors
    ///
    /// As [`Repo::open_or_init`].
    pub fn open_or_init_with_config(path: &Path, role: Role, config: &Path) -> Result<Repo, Error> {
        Self::open(path, role, Some(config))
    }

    fn open(path: &Path, role: Role, config: Option<&Path>) -> Result<Repo, Error> {
        let path = std::path::absolute(path).map_err(Error::io("find", path))?;
        let fresh = !exists(&path);
        ensure_dir(&path, 0o755)?;
        let lock = lock::Lock::acquire(&path)?;
        let config = config.map_or_else(|| path.join("config.toml"), Path::to_owned);
        let repo = Repo {
            path,
            config,
            _lock: lock,
        };

        if fresh {
            tracing::info!(target: "repo", "Initializing repo at '{}'", repo.path.display());
        }
        for path in [&repo.api_path(), &repo.token_path(), &repo.config] {
            match fs::metadata(path) {
                Ok(found) if found.is_dir() => {
                    return Err(Error::NotAFile { path: path.clone() });
                }
                // `api` is not read but removed, whatever it is.
                Ok(found) if !found.is_file() && *path != repo.api_path() => {
                    return Err(Error::NotRegular { path: path.clone() });
                }
                _ => {}
            }
        }
        if !repo.config.exists() {
            write_atomic(
                &repo.config,
                render::default_text(role, true).as_bytes(),
                0o644,
            )
            .map_err(Error::io("write", &repo.config))?;
        }
        file::remove_unfinished(&repo.path).map_err(Error::io("clean", &repo.path))?;
        ensure_dir(&repo.keystore_dir(), 0o700)?;
        ensure_dir(&repo.datastore_dir(), 0o755)?;
        repo.remove_api()?;
        Ok(repo)
    }

    /// The repo's directory, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the keys are: `<repo>/keystore`, mode 0700.
    pub fn keystore_dir(&self) -> PathBuf {
        self.path.join("keystore")
    }

    /// Where the chain is: `<repo>/datastore`.
    pub fn datastore_dir(&self) -> PathBuf {
        self.path.join("datastore")
    }

    /// The config file: `<repo>/config.toml`, or the one that the caller named when opening.
    pub fn config_path(&self) -> &Path {
        &self.config
    }

    /// Tells local clients where the daemon listens. Call it once the listener is bound, with the
    /// real port in `multiaddr`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `<repo>/api` cannot be written.
    pub fn write_api(&self, multiaddr: &str) -> Result<(), Error> {
        let path = self.api_path();
        write_atomic(&path, multiaddr.as_bytes(), 0o644).map_err(Error::io("write", &path))
    }

    /// Tells local clients that the daemon no longer listens. No `api` file is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `<repo>/api` cannot be removed.
    pub fn remove_api(&self) -> Result<(), Error> {
        let path = self.api_path();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The file with the local clients' admin token.
    pub fn token_file(&self) -> TokenFile {
        TokenFile::at(self.token_path())
    }

    /// Removes `api` and releases the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `api` cannot be removed; the lock is released all the same.
    pub fn close(self) -> Result<(), Error> {
        self.remove_api()
    }

    fn api_path(&self) -> PathBuf {
        self.path.join("api")
    }

    fn token_path(&self) -> PathBuf {
        self.path.join("token")
    }
}

impl Drop for Repo {
    fn drop(&mut self) {
        // Nobody is left to tell; `close` reports it.
        let _ = self.remove_api();
    }
}

/// Whether there is a repo at `path`: it has a `datastore` or a `keystore`. A directory with only a
/// `config.toml` is none yet, so that an operator can put the config there beforehand.
pub fn exists(path: &Path) -> bool {
    path.join("datastore").exists() || path.join("keystore").exists()
}

/// Makes the directory `path` with `mode` unless it is there.
fn ensure_dir(path: &Path, mode: u32) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => {
            return Err(Error::NotADirectory {
                path: path.to_owned(),
            });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io("open", path)(error)),
    }
    DirBuilder::new().mode(mode).create(path).map_err(|source| {
        let parent = path.parent().filter(|parent| !parent.exists());
        match parent {
            Some(parent) => Error::MissingParent {
                path: path.to_owned(),
                parent: parent.to_owned(),
            },
            None => Error::io("create", path)(source),
        }
    })
}

#[cfg(test)]
mod tests;
