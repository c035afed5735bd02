//! The registry in the repo: one file, for one daemon.
//!
//! Nothing is loaded when it is opened, and nothing is kept in memory but a small cache, so a
//! million tokens cost no more than one. Every change is one transaction that is on the disk before
//! the call returns.

mod tables;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use lotus_chain::database::{self, Database, DatabaseError};
use lotus_core::types::TokenOrigin;
use redb::{ReadTransaction, WriteTransaction};
use tokio::sync::{Mutex, broadcast};

use super::{Change, Record, StoreError, TokenStore, Use};
use crate::task;

/// Why a transaction of the registry was given up.
type Failure = database::Failure<StoreError>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Newer {
                place,
                found,
                known,
            } => Self::Newer {
                place,
                found,
                known,
            },
            DatabaseError::Damaged { place, why } => Self::Damaged { place, why },
            DatabaseError::Failed { place, why } => Self::Failed { place, why },
        }
    }
}

/// A registry in a file of its own. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Embedded {
    database: Arc<Database>,
    // Writers take turns here rather than on threads of the blocking pool.
    turn: Arc<Mutex<()>>,
    // Kept so that receivers wait for ever instead of seeing the end.
    changes: broadcast::Sender<Change>,
}

impl Embedded {
    /// Opens the registry in the file `path`, and makes it (mode 0600) if it is missing.
    ///
    /// A file of up to 64 MiB is verified completely; what is wrong in a larger one shows when it
    /// is read.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and [`StoreError::Newer`], and then the file is as it was;
    /// [`StoreError::Failed`], also while another process has it open.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let database = blocking(move || Database::open(&path, &tables::SCHEMA)).await?;
        Ok(Self {
            database: Arc::new(database),
            turn: Arc::default(),
            changes: broadcast::Sender::new(1),
        })
    }

    /// Records many tokens in one step, all or none.
    ///
    /// # Errors
    /// As [`TokenStore::insert`].
    pub async fn insert_all(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.write(move |transaction| {
            records
                .iter()
                .try_for_each(|record| tables::insert(transaction, record))
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = self.database.clone();
        blocking(move || database.read(work)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turn.clone().lock_owned().await;
        let database = self.database.clone();
        blocking(move || {
            let _turn = turn;
            database.write(work)
        })
        .await
    }
}

/// Runs `work` on a thread that may block. It is run to its end even if nobody waits for it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match task::blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down: nobody polls this again.
            Err(_) => std::future::pending().await,
        },
    }
}

#[async_trait]
impl TokenStore for Embedded {
    async fn insert(&self, record: &Record) -> Result<(), StoreError> {
        let record = record.clone();
        self.write(move |transaction| tables::insert(transaction, &record))
            .await
    }

    async fn get(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let id = id.to_owned();
        self.read(move |transaction| tables::get(transaction, &id))
            .await
    }

    async fn by_name(&self, name: &str) -> Result<Option<Record>, StoreError> {
        let name = name.to_owned();
        self.read(move |transaction| tables::by_name(transaction, &name))
            .await
    }

    async fn list(&self) -> Result<Vec<Record>, StoreError> {
        self.read(tables::list).await
    }

    async fn revoke(&self, ids: &[String], at: u64) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        self.write(move |transaction| tables::revoke(transaction, &ids, at))
            .await
    }

    async fn revoke_origin(
        &self,
        origin: TokenOrigin,
        at: u64,
        value: Option<(&str, &[u8])>,
    ) -> Result<Vec<String>, StoreError> {
        let value = value.map(|(key, value)| (key.to_owned(), value.to_vec()));
        self.write(move |transaction| {
            let ids = tables::unrevoked(transaction, origin)?;
            tables::revoke(transaction, &ids, at)?;
            if let Some((key, value)) = value {
                tables::write_value(transaction, &key, &value)?;
            }
            Ok(ids)
        })
        .await
    }

    async fn record_uses(&self, uses: &[(String, Use)]) -> Result<(), StoreError> {
        let uses = uses.to_vec();
        self.write(move |transaction| tables::record_uses(transaction, uses))
            .await
    }

    async fn secret_gone(&self, issued_before: u64, at: u64) -> Result<(), StoreError> {
        self.write(move |transaction| tables::secret_gone(transaction, issued_before, at))
            .await
    }

    async fn prune(&self, before: u64) -> Result<u64, StoreError> {
        self.write(move |transaction| tables::prune(transaction, before))
            .await
    }

    async fn read_value(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key.to_owned();
        self.read(move |transaction| tables::read_value(transaction, &key))
            .await
    }

    async fn write_value(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.to_vec());
        self.write(move |transaction| tables::write_value(transaction, &key, &value))
            .await
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn unreachable_since(&self) -> Option<Instant> {
        None
    }
}
