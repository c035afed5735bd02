//! The database: made whole or not at all, in a file or in memory, and opened anew after every
//! failure, because only that tells what has reached the disk.

use std::any::Any;
use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Builder, Database, ReadTransaction, ReadableDatabase, WriteTransaction};

use super::{StoreError, tables};

/// How many bytes of the file are kept in memory.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// How many bytes of a database in memory are kept a second time; it needs some to work in.
const MEMORY_CACHE_BYTES: usize = 1024 * 1024;

/// The largest file that is verified completely when it is opened, in bytes: it takes less than a
/// tenth of a second.
const VERIFY_BYTES: u64 = 64 * 1024 * 1024;

/// Why a transaction was given up.
#[derive(Debug)]
pub(super) enum Failure {
    /// For a reason that has nothing to do with the database, which is as it was.
    Refused(StoreError),
    /// What was read contradicts itself.
    Damaged(String),
    /// The database failed.
    Database(redb::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Refused(error)
    }
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Database(error.into())
    }
}

/// The database, unless something has just failed.
pub(super) struct File {
    /// Where it is; `None` is in memory.
    path: Option<PathBuf>,
    database: RwLock<Option<Database>>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({})", self.place())
    }
}

impl File {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> Result<File, StoreError> {
        let file = File {
            path: Some(path.to_owned()),
            database: RwLock::default(),
        };
        // Only here may it be made: one that has gone while it was in use is not replaced.
        if !path.exists() {
            file.caught(|| create(path))?;
        }
        drop(file.opened()?);
        Ok(file)
    }

    /// A database that goes with the process.
    pub(super) fn in_memory() -> Result<File, StoreError> {
        let file = File {
            path: None,
            database: RwLock::default(),
        };
        let database = file.caught(|| {
            let database = Builder::new()
                .set_cache_size(MEMORY_CACHE_BYTES)
                .create_with_backend(InMemoryBackend::new())?;
            write(&database, tables::create)?;
            Ok(database)
        })?;
        *file.locked() = Some(database);
        Ok(file)
    }

    /// Reads one state of the database, whatever is written meanwhile.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.with(|database| work(&database.begin_read()?))
    }

    /// One transaction that is on the disk when this returns: all of `work` or, if it fails,
    /// nothing.
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
        // What is in memory only would be lost by closing it.
        if self.path.is_some() {
            let broken = self.locked().take();
            // Closing what has failed may fail too, which says nothing new.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
        }
        Err(failed)
    }

    fn opened(&self) -> Result<RwLockReadGuard<'_, Option<Database>>, StoreError> {
        // Somebody else may close it again between the two locks, but hardly that often.
        for _ in 0..100 {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let (None, Some(path)) = (database.as_ref(), &self.path) else {
                return Ok(database);
            };
            drop(database);
            let mut database = self.locked();
            if database.is_none() {
                *database = Some(self.caught(|| open(path))?);
            }
        }
        Ok(self.database.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn locked(&self) -> std::sync::RwLockWriteGuard<'_, Option<Database>> {
        self.database
            .write()
            .unwrap_or_else(PoisonError::into_inner)
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
                let place = self.place();
                return StoreError::Newer {
                    place,
                    found,
                    known,
                };
            }
            Failure::Refused(refusal) => return refusal,
            Failure::Damaged(why) => return self.damaged(why),
            Failure::Database(error) => error,
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
        let place = self.place();
        StoreError::Damaged { place, why }
    }

    fn failed(&self, why: impl Into<String>) -> StoreError {
        let (place, why) = (self.place(), why.into());
        StoreError::Failed { place, why }
    }

    fn place(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "memory".to_owned(),
        }
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
    // earlier commit: a block that was acknowledged stays.
    transaction.set_quick_repair(true);
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// Makes the file under another name, so that a crash leaves it whole or absent.
fn create(path: &Path) -> Result<(), Failure> {
    let io = |error: io::Error| Failure::Database(redb::Error::Io(error));
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(directory).map_err(io)?;
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(io)?;
    let database = Builder::new().create_with_backend(FileBackend::new(file)?)?;
    write(&database, tables::create)?;
    database.close()?;
    let synced = |path: &Path| fs::File::open(path).and_then(|file| file.sync_all());
    synced(&unfinished).map_err(io)?;
    fs::rename(&unfinished, path).map_err(io)?;
    synced(directory).map_err(io)
}

fn open(path: &Path) -> Result<Database, Failure> {
    let length = fs::metadata(path)
        .map_err(|error| Failure::Database(redb::Error::Io(error)))?
        .len();
    let database = Builder::new()
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(length <= VERIFY_BYTES)
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
