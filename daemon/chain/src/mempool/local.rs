//! What of the pool outlives the process: the messages that were pushed here, the requests that
//! made them, and the limits that were set.
//!
//! Everything that waits to be written goes into one transaction, which is on the disk before those
//! who wait for it hear of it: a message that was acknowledged survives `kill -9`, and many that are
//! pushed at the same time cost one write.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use lotus_types::{Cid, MpoolConfig, SignedMessage};
use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};

use crate::database::{self, Database, DatabaseError, Schema};

/// The signed messages, by their CIDs.
const MESSAGES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("messages");

/// The signed messages that requests made, by the requests' UUIDs.
const REQUESTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("requests");

/// The limits, as JSON, under [`CONFIG_KEY`].
const CONFIG: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("config");

const CONFIG_KEY: &str = "mpool";

/// All tables. The file is read once, so little of it is kept in memory.
static SCHEMA: Schema = Schema {
    version: 1,
    create,
    cache_bytes: 1024 * 1024,
};

/// The file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the messages in {place} cannot be used: {why}")]
pub struct LocalError {
    place: String,
    why: String,
}

impl From<DatabaseError> for LocalError {
    fn from(error: DatabaseError) -> LocalError {
        match error {
            DatabaseError::Newer {
                place,
                found,
                known,
            } => LocalError {
                place,
                why: format!(
                    "they have format {found}, and this program knows up to {known}; use the \
                     version that wrote them"
                ),
            },
            DatabaseError::Damaged { place, why } => LocalError {
                place,
                why: format!("it is damaged ({why}); move it away to start with none"),
            },
            DatabaseError::Failed { place, why } => LocalError { place, why },
        }
    }
}

type Failure = database::Failure<LocalError>;

/// The file of the pool.
pub struct LocalMessages {
    database: Database,
    waiting: Mutex<Vec<Waiting>>,
    /// Whoever writes.
    turn: Mutex<()>,
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
        f.debug_tuple("LocalMessages")
            .field(&self.database)
            .finish()
    }
}

impl LocalMessages {
    /// Opens the file, and makes it (mode 0600, its directory 0700) if it is missing.
    ///
    /// # Errors
    /// It is damaged, of another program or of a newer version of this one, cannot be read or written,
    /// or is open elsewhere.
    pub fn open(path: &Path) -> Result<LocalMessages, LocalError> {
        Ok(LocalMessages::new(Database::open(path, &SCHEMA)?))
    }

    /// A file in memory, which goes with the process.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn ephemeral() -> Result<LocalMessages, LocalError> {
        Ok(LocalMessages::new(Database::in_memory(&SCHEMA)?))
    }

    fn new(database: Database) -> LocalMessages {
        LocalMessages {
            database,
            waiting: Mutex::default(),
            turn: Mutex::default(),
        }
    }

    /// All messages, in no particular order.
    ///
    /// # Errors
    /// The file cannot be read, or holds what is no message.
    pub fn messages(&self) -> Result<Vec<SignedMessage>, LocalError> {
        let found = self.read(|transaction| {
            let table = transaction.open_table(MESSAGES)?;
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
        let found = self.read(|transaction| {
            let table = transaction.open_table(REQUESTS)?;
            Ok(table.get(id)?.map(|cbor| cbor.value().to_vec()))
        })?;
        found.map(|cbor| self.decode(&cbor)).transpose()
    }

    /// The limits that were set, if any were.
    ///
    /// # Errors
    /// The file cannot be read, or holds what are no limits.
    pub fn config(&self) -> Result<Option<MpoolConfig>, LocalError> {
        let found = self.read(|transaction| {
            let table = transaction.open_table(CONFIG)?;
            Ok(table.get(CONFIG_KEY)?.map(|json| json.value().to_vec()))
        })?;
        let config = found.map(|json| serde_json::from_slice(&json));
        config.transpose().map_err(|error| self.malformed(error))
    }

    /// Keeps messages. They are on the disk, all of them, when this returns.
    ///
    /// # Errors
    /// One has no binary form, or the file cannot be written. Then none is kept.
    pub fn put(&self, records: &[Record<'_>]) -> Result<(), LocalError> {
        let rows = records.iter().map(|record| {
            let cid = record
                .message
                .cid()
                .map_err(|error| self.malformed(error))?;
            let cbor = record.message.to_cbor();
            Ok(Row {
                cid: cid.to_bytes(),
                cbor: cbor.map_err(|error| self.malformed(error))?,
                request: record.request,
                instead: record.instead.map(Cid::to_bytes),
            })
        });
        self.write(Change::Put(rows.collect::<Result<_, LocalError>>()?))
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
        let json = serde_json::to_vec(config).map_err(|error| self.malformed(error))?;
        self.write(Change::Config(json))
    }

    fn decode(&self, cbor: &[u8]) -> Result<SignedMessage, LocalError> {
        SignedMessage::from_cbor(cbor).map_err(|error| self.malformed(error))
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, LocalError> {
        self.database.read(work)
    }

    fn write(&self, change: Change) -> Result<(), LocalError> {
        let outcome = Arc::new(OnceLock::new());
        self.queue().push(Waiting {
            change,
            outcome: outcome.clone(),
        });
        // Whoever comes first writes for all who came meanwhile.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = outcome.get() {
            return outcome.clone();
        }
        let batch = std::mem::take(&mut *self.queue());
        let result = self
            .database
            .write(|transaction| Ok(write(transaction, &batch)?));
        for waiting in batch {
            // Each is set here only, once.
            let _ = waiting.outcome.set(result.clone());
        }
        result
    }

    fn queue(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn malformed(&self, why: impl ToString) -> LocalError {
        LocalError {
            place: self.database.place(),
            why: why.to_string(),
        }
    }
}

fn create(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(MESSAGES)?;
    transaction.open_table(REQUESTS)?;
    transaction.open_table(CONFIG)?;
    Ok(())
}

fn write(transaction: &WriteTransaction, batch: &[Waiting]) -> Result<(), redb::Error> {
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
    Ok(())
}
