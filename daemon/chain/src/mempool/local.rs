//! What of the pool outlives the process: the messages that were pushed here, the requests that
//! made them, and the limits that were set.
//!
//! Everything that waits to be written goes into one transaction, which is on the disk before those
//! who wait for it hear of it: a message that was acknowledged survives `kill -9`, and many that are
//! pushed at the same time cost one write.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use lotus_core::types::{Cid, MpoolConfig, SignedMessage};
use redb::backends::InMemoryBackend;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};

/// The signed messages, by their CIDs.
const MESSAGES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("messages");

/// The signed messages that requests made, by the requests' UUIDs.
const REQUESTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("requests");

/// The limits, as JSON, under [`CONFIG_KEY`].
const CONFIG: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("config");

const CONFIG_KEY: &str = "mpool";

/// The version of these tables.
const VERSION: u64 = 1;

/// [`VERSION`], under [`VERSION_KEY`].
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

const VERSION_KEY: &str = "version";

/// How many bytes of the file are kept in memory; it is read once.
const CACHE_BYTES: usize = 1024 * 1024;

/// The file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the messages in {place} cannot be used: {why}")]
pub struct LocalError {
    place: String,
    why: String,
}

/// The file of the pool.
pub struct LocalMessages {
    /// Where it is; `None` is in memory.
    path: Option<PathBuf>,
    /// The database, unless it failed; then it is opened anew, because only that tells what has
    /// reached the disk.
    database: Mutex<Option<Database>>,
    waiting: Mutex<Vec<Waiting>>,
}

/// A change that waits for the next transaction, and where its writer looks for the outcome.
struct Waiting {
    change: Change,
    outcome: Arc<OnceLock<Result<(), LocalError>>>,
}

/// A message to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The message.
    pub message: &'a SignedMessage,
    /// The UUID of the request that made it.
    pub request: Option<u128>,
    /// The message that it replaces.
    pub instead: Option<&'a Cid>,
}

/// A [`Record`] as it is written.
struct Row {
    cid: Vec<u8>,
    cbor: Vec<u8>,
    request: Option<u128>,
    instead: Option<Vec<u8>>,
}

enum Change {
    Put(Vec<Row>),
    Remove(Vec<Vec<u8>>),
    Config(Vec<u8>),
}

impl fmt::Debug for LocalMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalMessages({})", self.place())
    }
}

impl LocalMessages {
    /// Opens the file, and makes it (mode 0600, its directory 0700) if it is missing.
    ///
    /// # Errors
    /// It is damaged, of another program or of a newer version of this one, cannot be read or written,
    /// or is open elsewhere.
    pub fn open(path: &Path) -> Result<LocalMessages, LocalError> {
        let local = LocalMessages::new(Some(path.to_owned()));
        let database = local.opened()?;
        *local.locked() = Some(database);
        Ok(local)
    }

    /// A file in memory, which goes with the process.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn ephemeral() -> Result<LocalMessages, LocalError> {
        let local = LocalMessages::new(None);
        let database = local.caught(|| {
            let database = Builder::new()
                .set_cache_size(CACHE_BYTES)
                .create_with_backend(InMemoryBackend::new())?;
            create(&database)?;
            Ok(database)
        })?;
        *local.locked() = Some(database);
        Ok(local)
    }

    fn new(path: Option<PathBuf>) -> LocalMessages {
        LocalMessages {
            path,
            database: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// All messages, in no particular order.
    ///
    /// # Errors
    /// The file cannot be read, or holds what is no message.
    pub fn messages(&self) -> Result<Vec<SignedMessage>, LocalError> {
        let found = self.read(|database| {
            let table = database.begin_read()?.open_table(MESSAGES)?;
            let mut found = Vec::new();
            for row in table.iter()? {
                found.push(row?.1.value().to_vec());
            }
            Ok(found)
        })?;
        found.iter().map(|cbor| self.decode(cbor)).collect()
    }

    /// The message that a request made, if it made one.
    ///
    /// # Errors
    /// As [`LocalMessages::messages`].
    pub fn request(&self, id: u128) -> Result<Option<SignedMessage>, LocalError> {
        let found = self.read(|database| {
            let table = database.begin_read()?.open_table(REQUESTS)?;
            Ok(table.get(id)?.map(|cbor| cbor.value().to_vec()))
        })?;
        found.map(|cbor| self.decode(&cbor)).transpose()
    }

    /// The limits that were set, if any were.
    ///
    /// # Errors
    /// The file cannot be read, or holds what are no limits.
    pub fn config(&self) -> Result<Option<MpoolConfig>, LocalError> {
        let found = self.read(|database| {
            let table = database.begin_read()?.open_table(CONFIG)?;
            Ok(table.get(CONFIG_KEY)?.map(|json| json.value().to_vec()))
        })?;
        let config = found.map(|json| serde_json::from_slice(&json));
        config.transpose().map_err(|error| self.failed(error))
    }

    /// Keeps messages. They are on the disk, all of them, when this returns.
    ///
    /// # Errors
    /// One has no binary form, or the file cannot be written. Then none is kept.
    pub fn put(&self, records: &[Record<'_>]) -> Result<(), LocalError> {
        let rows = records.iter().map(|record| {
            let cid = record.message.cid().map_err(|error| self.failed(error))?;
            let cbor = record.message.to_cbor();
            Ok(Row {
                cid: cid.to_bytes(),
                cbor: cbor.map_err(|error| self.failed(error))?,
                request: record.request,
                instead: record.instead.map(Cid::to_bytes),
            })
        });
        self.write(Change::Put(rows.collect::<Result<_, _>>()?))
    }

    /// Forgets messages.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remove(&self, cids: &[Cid]) -> Result<(), LocalError> {
        if cids.is_empty() {
            return Ok(());
        }
        self.write(Change::Remove(cids.iter().map(Cid::to_bytes).collect()))
    }

    /// Keeps the limits.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set_config(&self, config: &MpoolConfig) -> Result<(), LocalError> {
        let json = serde_json::to_vec(config).map_err(|error| self.failed(error))?;
        self.write(Change::Config(json))
    }

    fn decode(&self, cbor: &[u8]) -> Result<SignedMessage, LocalError> {
        SignedMessage::from_cbor(cbor).map_err(|error| self.failed(error))
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, LocalError> {
        self.with(&mut self.locked(), work)
    }

    fn write(&self, change: Change) -> Result<(), LocalError> {
        let outcome = Arc::new(OnceLock::new());
        self.queue().push(Waiting {
            change,
            outcome: outcome.clone(),
        });
        // Whoever comes first writes for all who came meanwhile.
        let mut database = self.locked();
        if let Some(outcome) = outcome.get() {
            return outcome.clone();
        }
        let batch = std::mem::take(&mut *self.queue());
        let result = self.with(&mut database, |database| write(database, &batch));
        for waiting in batch {
            // Each is set here only, once.
            let _ = waiting.outcome.set(result.clone());
        }
        result
    }

    fn with<T>(
        &self,
        database: &mut Option<Database>,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, LocalError> {
        if database.is_none() {
            *database = Some(self.opened()?);
        }
        let Some(open) = database.as_ref() else {
            return Err(self.failed("it is closed"));
        };
        let result = self.caught(|| work(open));
        // What is in memory only would be lost by closing it.
        if result.is_err() && self.path.is_some() {
            let broken = database.take();
            // Closing what has failed may fail too, which says nothing new.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
        }
        result
    }

    fn opened(&self) -> Result<Database, LocalError> {
        let Some(path) = &self.path else {
            return Err(self.failed("it is gone"));
        };
        prepare(path).map_err(|error| self.failed(error))?;
        let (database, version) = self.caught(|| {
            let database = Builder::new().set_cache_size(CACHE_BYTES).create(path)?;
            let version = match version(&database)? {
                Some(version) => version,
                None => {
                    create(&database)?;
                    VERSION
                }
            };
            Ok((database, version))
        })?;
        if version > VERSION {
            return Err(self.failed(format!(
                "they have format {version}, and this program knows up to {VERSION}; use the version \
                 that wrote them"
            )));
        }
        Ok(database)
    }

    /// Runs `work`. A damaged file can make the database panic.
    fn caught<T>(&self, work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, LocalError> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(redb::Error::DatabaseAlreadyOpen)) => {
                Err(self.failed("another process has it open; stop that first"))
            }
            Ok(Err(error)) => Err(self.failed(error)),
            Err(_) => Err(self.failed("it is damaged; move it away to start with none")),
        }
    }

    fn locked(&self) -> MutexGuard<'_, Option<Database>> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, why: impl ToString) -> LocalError {
        LocalError {
            place: self.place(),
            why: why.to_string(),
        }
    }

    fn place(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "memory".to_owned(),
        }
    }
}

/// Makes the file with its mode, so that nobody else can read it even for a moment.
fn prepare(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
    }
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match file {
        Ok(file) => file.sync_all()?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // The name too has to reach the disk.
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => {
            fs::File::open(directory)?.sync_all()
        }
        _ => Ok(()),
    }
}

/// The version that the file says it has; `None` if it has just been made.
fn version(database: &Database) -> Result<Option<u64>, redb::Error> {
    let table = match database.begin_read()?.open_table(META) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(table.get(VERSION_KEY)?.map(|version| version.value()))
}

/// Makes all tables, so that reading never finds one missing.
fn create(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(META)?.insert(VERSION_KEY, VERSION)?;
    transaction.open_table(MESSAGES)?;
    transaction.open_table(REQUESTS)?;
    transaction.open_table(CONFIG)?;
    Ok(transaction.commit()?)
}

fn write(database: &Database, batch: &[Waiting]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut messages = transaction.open_table(MESSAGES)?;
        let mut requests = transaction.open_table(REQUESTS)?;
        let mut config = transaction.open_table(CONFIG)?;
        for waiting in batch {
            match &waiting.change {
                Change::Put(rows) => {
                    for row in rows {
                        if let Some(instead) = &row.instead {
                            messages.remove(instead.as_slice())?;
                        }
                        messages.insert(row.cid.as_slice(), row.cbor.as_slice())?;
                        if let Some(request) = row.request {
                            requests.insert(request, row.cbor.as_slice())?;
                        }
                    }
                }
                Change::Remove(cids) => {
                    for cid in cids {
                        messages.remove(cid.as_slice())?;
                    }
                }
                Change::Config(json) => {
                    config.insert(CONFIG_KEY, json.as_slice())?;
                }
            }
        }
    }
    Ok(transaction.commit()?)
}
