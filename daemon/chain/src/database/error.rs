//! What can go wrong with a database.

use std::any::Any;
use std::io::ErrorKind;

/// Why a database could not do what it was asked. Then it is as it was; only a
/// [`Failed`](Self::Failed) change may have been done completely, when the failure hid the answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// It was written by a newer version of this program.
    #[error(
        "the database in {place} has version {found}, and this program knows up to {known}; use the \
         version that wrote it"
    )]
    Newer {
        /// The file.
        place: String,
        /// The version of its tables.
        found: u64,
        /// The newest version that this program knows.
        known: u64,
    },
    /// It contradicts itself.
    #[error("the database in {place} is damaged: {why}; restore it from a backup, or move it away")]
    Damaged {
        /// The file.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file could not be read or written, for instance because the disk is full.
    #[error("the database in {place} cannot be used: {why}")]
    Failed {
        /// The file.
        place: String,
        /// What the system says.
        why: String,
    },
}

impl DatabaseError {
    /// What the library says, told apart into what the file is and what happened to it.
    pub(super) fn of(place: String, error: redb::Error) -> DatabaseError {
        let (damaged, why) = match error {
            redb::Error::DatabaseAlreadyOpen => {
                let why = "another process has it open; stop that first";
                (false, why.to_owned())
            }
            redb::Error::PreviousIo => (false, "an earlier operation failed; try again".to_owned()),
            redb::Error::Io(error) => {
                let kinds = [ErrorKind::InvalidData, ErrorKind::UnexpectedEof];
                (kinds.contains(&error.kind()), error.to_string())
            }
            error @ (redb::Error::Corrupted(_)
            | redb::Error::UpgradeRequired(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }) => (true, error.to_string()),
            error => (false, error.to_string()),
        };
        match damaged {
            true => DatabaseError::Damaged { place, why },
            false => DatabaseError::Failed { place, why },
        }
    }
}

/// Why a transaction was given up.
#[derive(Debug)]
pub enum Failure<R> {
    /// For a reason that has nothing to do with the database, which is as it was.
    Refused(R),
    /// What was read contradicts itself.
    Damaged(String),
    /// The database failed.
    Database(redb::Error),
}

impl<R, E: Into<redb::Error>> From<E> for Failure<R> {
    fn from(error: E) -> Failure<R> {
        Failure::Database(error.into())
    }
}

/// What a panic of the library says of the file.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("its pages contradict each other").to_owned()
}
