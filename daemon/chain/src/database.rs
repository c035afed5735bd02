//! An embedded database: one file (or memory, for what goes with the process) that is made whole or
//! not at all, knows the version of its tables, and is opened anew after every failure, because
//! only that tells what has reached the disk.
//!
//! The chain, the local messages of the pool and the registry of tokens each keep one. What is in it
//! is a [`Schema`] of theirs, and what they say of a failure an error of theirs.

mod error;
mod file;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::backends::InMemoryBackend;
use redb::{Builder, ReadTransaction, ReadableDatabase, TableDefinition, WriteTransaction};

pub use error::{DatabaseError, Failure};

/// How many bytes of a database in memory are kept a second time; it needs some to work in.
const MEMORY_CACHE_BYTES: usize = 1024 * 1024;

/// `version`: that of the tables. A schema may keep other numbers here.
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// What is in a database.
#[derive(Debug)]
pub struct Schema {
    /// The version of the tables. A database of another one is refused.
    pub version: u64,
    /// Makes all tables, so that reading never finds one missing.
    pub create: fn(&WriteTransaction) -> Result<(), redb::Error>,
    /// How many bytes of the file are kept in memory.
    pub cache_bytes: usize,
}

/// A database, which is closed while it is known to be broken.
pub struct Database {
    schema: &'static Schema,
    /// Where it is; `None` is in memory.
    path: Option<PathBuf>,
    open: RwLock<Option<redb::Database>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.place())
    }
}

impl Database {
    /// Opens the file `path`, and makes it (mode 0600, its directory 0700) if it is missing. Whoever
    /// else may read it loses that right.
    ///
    /// A file of up to 64 MiB is verified completely; what is wrong in a larger one shows when it
    /// is read.
    ///
    /// # Errors
    /// [`DatabaseError::Damaged`] and [`DatabaseError::Newer`], and then the file is as it was;
    /// [`DatabaseError::Failed`], also while another process has it open.
    pub fn open(path: &Path, schema: &'static Schema) -> Result<Database, DatabaseError> {
        let database = Database {
            schema,
            path: Some(path.to_owned()),
            open: RwLock::default(),
        };
        // Only here may it be made: one that has gone while it was in use is not replaced.
        if !path.exists() {
            database.caught(|| file::create(path, schema)).flatten()?;
        }
        drop(database.opened()?);
        Ok(database)
    }

    /// A database that goes with the process.
    ///
    /// # Errors
    /// [`DatabaseError::Failed`] if there is no memory for it.
    pub fn in_memory(schema: &'static Schema) -> Result<Database, DatabaseError> {
        let database = Database {
            schema,
            path: None,
            open: RwLock::default(),
        };
        let made = database.caught(|| {
            let made = Builder::new()
                .set_cache_size(MEMORY_CACHE_BYTES)
                .create_with_backend(InMemoryBackend::new())?;
            create_tables(&made, schema)?;
            Ok(made)
        });
        *database.locked() = Some(made.flatten()?);
        Ok(database)
    }

    /// Reads one state of the database, whatever is written meanwhile.
    ///
    /// # Errors
    /// Those of `work`, and [`DatabaseError`]s.
    pub fn read<T, R: From<DatabaseError>>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Failure<R>>,
    ) -> Result<T, R> {
        self.with(|database| work(&database.begin_read()?))
    }

    /// One transaction that is on the disk when this returns: all of `work` or, if it fails,
    /// nothing.
    ///
    /// # Errors
    /// Those of `work`, and [`DatabaseError`]s.
    pub fn write<T, R: From<DatabaseError>>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Failure<R>>,
    ) -> Result<T, R> {
        self.with(|database| write(database, work))
    }

    fn with<T, R: From<DatabaseError>>(
        &self,
        work: impl FnOnce(&redb::Database) -> Result<T, Failure<R>>,
    ) -> Result<T, R> {
        let failed = {
            let open = self.opened()?;
            let Some(database) = open.as_ref() else {
                return Err(self.failed("it was closed meanwhile; try again").into());
            };
            match self.caught(|| work(database)) {
                Ok(done) => return done,
                Err(failed) => failed,
            }
        };
        // What is in memory only would be lost by closing it.
        if self.path.is_some() {
            let broken = self.locked().take();
            // Closing what has failed may fail too, which says nothing new.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
        }
        Err(failed.into())
    }

    fn opened(&self) -> Result<RwLockReadGuard<'_, Option<redb::Database>>, DatabaseError> {
        // Between the two locks, work that failed may close it again; hardly that often.
        for _ in 0..100 {
            let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
            let (None, Some(path)) = (open.as_ref(), &self.path) else {
                return Ok(open);
            };
            drop(open);
            let mut open = self.locked();
            if open.is_none() {
                *open = Some(self.caught(|| file::open(path, self.schema)).flatten()?);
            }
        }
        Ok(self.open.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn locked(&self) -> RwLockWriteGuard<'_, Option<redb::Database>> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work`. The inner error is a refusal, after which the database is as good as before. A
    /// damaged file can make the database panic.
    fn caught<T, R>(
        &self,
        work: impl FnOnce() -> Result<T, Failure<R>>,
    ) -> Result<Result<T, R>, DatabaseError> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(done)) => Ok(Ok(done)),
            Ok(Err(Failure::Refused(refusal))) => Ok(Err(refusal)),
            Ok(Err(Failure::Damaged(why))) => Err(self.damaged(why)),
            Ok(Err(Failure::Database(error))) => Err(DatabaseError::of(self.place(), error)),
            Err(panic) => Err(self.damaged(error::panic_text(panic.as_ref()))),
        }
    }

    fn damaged(&self, why: String) -> DatabaseError {
        let place = self.place();
        DatabaseError::Damaged { place, why }
    }

    fn failed(&self, why: &str) -> DatabaseError {
        let (place, why) = (self.place(), why.to_owned());
        DatabaseError::Failed { place, why }
    }

    /// Where it is, as errors name it.
    pub fn place(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "memory".to_owned(),
        }
    }
}

fn write<T, R>(
    database: &redb::Database,
    work: impl FnOnce(&WriteTransaction) -> Result<T, Failure<R>>,
) -> Result<T, Failure<R>> {
    let mut transaction = database.begin_write()?;
    // After a crash the file opens at once instead of being walked, and is never rolled back to an
    // earlier commit: what was acknowledged stays.
    transaction.set_quick_repair(true);
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// Makes the tables of a new database, and says what they are.
fn create_tables(database: &redb::Database, schema: &Schema) -> Result<(), Failure<DatabaseError>> {
    write(database, |transaction| {
        let mut meta = transaction.open_table(META)?;
        meta.insert("version", schema.version)?;
        drop(meta);
        Ok((schema.create)(transaction)?)
    })
}
