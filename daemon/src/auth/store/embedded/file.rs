//! The file: made whole or not at all, and opened anew after every failure, because only that tells
//! what has reached the disk.

use std::any::Any;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::backends::FileBackend;
use redb::{Builder, Database, ReadTransaction, ReadableDatabase, WriteTransaction};

use super::super::StoreError;
use super::tables;

/// How many bytes of the file are kept in memory.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// The largest file that is verified completely when it is opened, in bytes: it takes less than a
/// tenth of a second.
const VERIFY_BYTES: u64 = 64 * 1024 * 1024;

/// Why a transaction was given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Refused(#[from] StoreError),
    #[error("{0}")]
    Damaged(String),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] redb::DatabaseError),
    #[error(transparent)]
    Transaction(#[from] redb::TransactionError),
    #[error(transparent)]
    Table(#[from] redb::TableError),
    #[error(transparent)]
    Storage(#[from] redb::StorageError),
    #[error(transparent)]
    Commit(#[from] redb::CommitError),
}

/// The file and, unless something has just failed, the database in it.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    database: RwLock<Option<Database>>,
}

impl File {
    /// Opens the file, or makes it.
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let file = Self {
            path,
            database: RwLock::default(),
        };
        // Only here may it be made: one that has gone while it was in use is not replaced.
        if !file.path.exists() {
            file.caught(|| create(&file.path))?;
        }
        file.with(|_| Ok(()))?;
        Ok(file)
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.with(|database| work(&database.begin_read()?))
    }

    /// One transaction: all of `work` or, if it fails, nothing.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.with(|database| write(database, work))
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Failure>) -> Result<T, StoreError> {
        let failed = {
            let database = self.opened()?;
            let Some(database) = database.as_ref() else {
                return Err(self.failed("it was closed meanwhile; try again"));
            };
            match self.caught(|| work(database)) {
                Err(error @ (StoreError::Failed { .. } | StoreError::Damaged { .. })) => error,
                done => return done,
            }
        };
        let mut database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let broken = database.take();
        // Closing what has failed may fail too, which says nothing new.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
        Err(failed)
    }

    fn opened(&self) -> Result<std::sync::RwLockReadGuard<'_, Option<Database>>, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        if database.is_some() {
            return Ok(database);
        }
        drop(database);
        let mut database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if database.is_none() {
            *database = Some(self.caught(|| open(&self.path))?);
        }
        drop(database);
        Ok(self.database.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs `work`, and translates its failure. A damaged file can make the database panic.
    fn caught<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, StoreError> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(done) => done.map_err(|failure| self.translate(failure)),
            Err(panic) => Err(self.damaged(panic_text(panic.as_ref()))),
        }
    }

    fn translate(&self, failure: Failure) -> StoreError {
        let error = match failure {
            Failure::Refused(StoreError::Newer { found, known, .. }) => {
                return StoreError::Newer {
                    place: self.place(),
                    found,
                    known,
                };
            }
            Failure::Refused(refusal) => return refusal,
            Failure::Damaged(why) => return self.damaged(why),
            Failure::Io(error) => redb::Error::Io(error),
            Failure::Database(error) => error.into(),
            Failure::Transaction(error) => error.into(),
            Failure::Table(error) => error.into(),
            Failure::Storage(error) => error.into(),
            Failure::Commit(error) => error.into(),
        };
        match error {
            redb::Error::DatabaseAlreadyOpen => {
                self.failed("another process has it open; stop that first")
            }
            redb::Error::Io(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                self.damaged(error.to_string())
            }
            redb::Error::Io(error) => self.failed(error.to_string()),
            redb::Error::PreviousIo => self.failed("an earlier operation failed; try again"),
            error @ (redb::Error::Corrupted(_)
            | redb::Error::UpgradeRequired(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }) => self.damaged(error.to_string()),
            error => self.failed(error.to_string()),
        }
    }

    fn damaged(&self, why: String) -> StoreError {
        StoreError::Damaged {
            place: self.place(),
            why,
        }
    }

    fn failed(&self, why: impl Into<String>) -> StoreError {
        StoreError::Failed {
            place: self.place(),
            why: why.into(),
        }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("its pages contradict each other").to_owned()
}

fn write<T>(
    database: &Database,
    work: impl FnOnce(&WriteTransaction) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut transaction = database.begin_write()?;
    // After a crash the file opens at once instead of being walked, and is never rolled back to an
    // earlier commit: a revocation that was acknowledged stays.
    transaction.set_quick_repair(true);
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// Makes the file under another name, so that a crash leaves it whole or absent.
fn create(path: &Path) -> Result<(), Failure> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    let database = Builder::new().create_with_backend(FileBackend::new(file)?)?;
    write(&database, tables::create)?;
    database.close()?;
    fs::File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, path)?;
    fs::File::open(directory)?.sync_all()?;
    Ok(())
}

fn open(path: &Path) -> Result<Database, Failure> {
    let metadata = fs::metadata(path)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    let database = Builder::new()
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(metadata.len() <= VERIFY_BYTES)
        .open(path)?;
    let found = tables::version(&database.begin_read()?)?;
    match found {
        tables::VERSION => Ok(database),
        found if found > tables::VERSION => Err(Failure::Refused(StoreError::Newer {
            place: String::new(),
            found,
            known: tables::VERSION,
        })),
        found => Err(Failure::Damaged(format!("there is no version {found}"))),
    }
}
