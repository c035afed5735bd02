//! What can be wrong with a repo directory.

use std::io;
use std::path::{Path, PathBuf};

use super::Holder;

/// Why a repo could not be opened or used. Every text names the path and what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process, or this one, has the repo open.
    #[error(
        "repo is already locked (process is already running): {path} is held by {holder}; stop it \
         first, or choose another repo",
        path = path.display()
    )]
    Locked {
        /// The repo.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// `repo.lock` has content, so it is not a lock file.
    #[error(
        "can't lock file {path}: has non-zero size; a lock file is empty, so move this one away if \
         nothing needs it",
        path = path.display()
    )]
    LockNotEmpty {
        /// The lock file.
        path: PathBuf,
    },
    /// The lock could not be tried.
    #[error("could not lock the repo: {path}: {source}", path = path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The directory exists but nothing can be created in it.
    #[error(
        "repo {path} is not writable by this user: {source}; change its owner or mode, or choose \
         another repo",
        path = path.display()
    )]
    NotWritable {
        /// The repo.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Something that is not a directory is where one must be.
    #[error(
        "{path} is not a directory; move it away, or choose another repo",
        path = path.display()
    )]
    NotADirectory {
        /// The path in question.
        path: PathBuf,
    },
    /// A directory is where a file must be. Docker makes one of a bind mount whose source is missing.
    #[error(
        "{path} is a directory but must be a file (Docker creates one when it mounts a file that \
         does not exist); remove it",
        path = path.display()
    )]
    NotAFile {
        /// The path in question.
        path: PathBuf,
    },
    /// A pipe, a socket or a device is where a file must be: reading it might never end.
    #[error(
        "{path} is a pipe, a socket or a device, and must be a regular file; move it away",
        path = path.display()
    )]
    NotRegular {
        /// The path in question.
        path: PathBuf,
    },
    /// The directory that should hold the repo does not exist.
    #[error(
        "cannot create repo {path}: {parent} does not exist; create it, or choose another repo",
        path = path.display(),
        parent = parent.display()
    )]
    MissingParent {
        /// The repo.
        path: PathBuf,
        /// What is missing.
        parent: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `create`, `read`, `write`, `remove`.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: says what was tried and where.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// A failure around the lock file at `path`, the first file that a start creates.
    pub(super) fn lock(path: &Path, source: io::Error) -> Error {
        use io::ErrorKind::{IsADirectory, PermissionDenied, ReadOnlyFilesystem};
        match source.kind() {
            PermissionDenied | ReadOnlyFilesystem => Error::NotWritable {
                path: path.parent().unwrap_or(path).to_owned(),
                source,
            },
            IsADirectory => Error::NotAFile {
                path: path.to_owned(),
            },
            _ => Error::Lock {
                path: path.to_owned(),
                source,
            },
        }
    }
}
