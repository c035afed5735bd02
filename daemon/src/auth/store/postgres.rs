//! The registry in PostgreSQL, shared by many daemons.
//!
//! Every change is one statement, so it is done completely or not at all, and the database itself
//! sees to it that a name belongs to one token. Revocations are told to all daemons by
//! `LISTEN`/`NOTIFY`. When the server is lost, calls fail at once and the store connects again by
//! itself.

mod address;
mod link;
mod row;
mod schema;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lotus_core::types::TokenOrigin;
use tokio::sync::broadcast;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row};

use self::address::Address;
use self::link::Link;
use self::row::{COLUMNS, seconds};
use super::{Change, Record, StoreError, TokenStore, Use, origin_name};

/// How long a caller waits for one query of a server that is there.
const PATIENCE: Duration = Duration::from_secs(35);

/// How many records are listed by one query.
const PAGE: i64 = 10_000;

/// A registry in a database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Postgres {
    link: Arc<Link>,
}

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

impl Postgres {
    /// Connects to `postgres://USER:PASSWORD@HOST:PORT/DATABASE` and brings its tables up to date.
    ///
    /// `HOST` may be the directory of a Unix socket, percent-encoded. There is no TLS: a URL that
    /// asks for it is refused. Times beyond `i64::MAX` seconds are kept as that.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the URL is wrong or the server cannot be reached;
    /// [`StoreError::Newer`]; [`StoreError::Damaged`] when tables are not as they should be. None
    /// shows user or password.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let link = Link::open(Address::parse(url)?).await?;
        Ok(Self { link })
    }

    /// Runs one statement. Types are given with it, so that it takes one round trip.
    async fn query(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Problem> {
        let client = self.link.client()?;
        match tokio::time::timeout(PATIENCE, client.query_typed(sql, parameters)).await {
            Ok(done) => done.map_err(|error| match self.link.client() {
                // The link knows why.
                Err(lost) if error.is_closed() => lost.into(),
                _ => Problem {
                    error: self.link.address.error(&error),
                    duplicate_in: duplicate_in(&error),
                },
            }),
            Err(_) => {
                let why = format!("no answer within {} s", PATIENCE.as_secs());
                Err(self.link.address.failed(why).into())
            }
        }
    }

    async fn records(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Record>, StoreError> {
        let rows = self.query(sql, parameters).await?;
        rows.iter()
            .map(|row| row::read(row).map_err(|why| self.link.address.damaged(why)))
            .collect()
    }

    /// The column of a row that this program has asked for.
    fn column<T>(&self, value: Result<T, Error>) -> Result<T, StoreError> {
        value.map_err(|error| self.link.address.damaged(error.to_string()))
    }

    async fn revoke_chosen(
        &self,
        at: u64,
        ids: Option<&[String]>,
        origin: Option<TokenOrigin>,
        value: Option<(&str, &[u8])>,
    ) -> Result<Vec<String>, StoreError> {
        let (key, value) = value.unzip();
        let parameters: [Parameter<'_>; 5] = [
            (&seconds(at), Type::INT8),
            (&ids, Type::TEXT_ARRAY),
            (&origin.map(origin_name), Type::TEXT),
            (&key, Type::TEXT),
            (&value, Type::BYTEA),
        ];
        let mut revoked = Vec::new();
        let sql = include_str!("postgres/revoke.sql");
        for row in self.query(sql, &parameters).await? {
            revoked.append(&mut self.column(row.try_get::<_, Vec<String>>("ids"))?);
        }
        Ok(revoked)
    }
}

/// Why a query has no result.
struct Problem {
    error: StoreError,
    /// The index that would have had the same key twice.
    duplicate_in: Option<String>,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self {
            error,
            duplicate_in: None,
        }
    }
}

impl From<Problem> for StoreError {
    fn from(problem: Problem) -> Self {
        problem.error
    }
}

fn duplicate_in(error: &Error) -> Option<String> {
    let error = error.as_db_error()?;
    let duplicate = *error.code() == SqlState::UNIQUE_VIOLATION;
    error.constraint().filter(|_| duplicate).map(str::to_owned)
}

#[async_trait]
impl TokenStore for Postgres {
    async fn insert(&self, record: &Record) -> Result<(), StoreError> {
        let permissions: Vec<&str> = record.permissions.iter().map(|p| p.name()).collect();
        let used = record.last_used.as_ref();
        let parameters: [Parameter<'_>; 14] = [
            (&record.id, Type::TEXT),
            (&record.name, Type::TEXT),
            (&origin_name(record.origin), Type::TEXT),
            (&permissions, Type::TEXT_ARRAY),
            (&record.scope.endpoints, Type::TEXT_ARRAY),
            (&record.scope.methods, Type::TEXT_ARRAY),
            (&record.issued_by, Type::TEXT),
            (&seconds(record.issued), Type::INT8),
            (&record.expires.map(seconds), Type::INT8),
            (&record.idle.map(seconds), Type::INT8),
            (&used.map(|used| seconds(used.at)), Type::INT8),
            (&used.map(|used| &used.address), Type::TEXT),
            (&used.map(|used| &used.method), Type::TEXT),
            (&record.revoked.map(seconds), Type::INT8),
        ];
        let done = self.query(include_str!("postgres/insert.sql"), &parameters);
        match done.await {
            Ok(_) => Ok(()),
            Err(problem) => Err(match (problem.duplicate_in.as_deref(), &record.name) {
                (Some("lotus_tokens_has_name"), Some(name)) => StoreError::NameTaken(name.clone()),
                (Some("lotus_tokens_pkey"), _) => StoreError::IdTaken(record.id.clone()),
                _ => problem.into(),
            }),
        }
    }

    async fn get(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM lotus_tokens WHERE id = $1");
        Ok(self.records(&sql, &[(&id, Type::TEXT)]).await?.pop())
    }

    async fn by_name(&self, name: &str) -> Result<Option<Record>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM lotus_tokens WHERE name = $1 ORDER BY has_name DESC, seq DESC LIMIT 1"
        );
        Ok(self.records(&sql, &[(&name, Type::TEXT)]).await?.pop())
    }

    async fn list(&self) -> Result<Vec<Record>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, seq FROM lotus_tokens WHERE (issued, seq) < ($1, $2) \
             ORDER BY issued DESC, seq DESC LIMIT $3"
        );
        let mut all = Vec::new();
        // In pages, so that no query takes long however many tokens there are.
        let (mut issued, mut seq) = (i64::MAX, i64::MAX);
        loop {
            let parameters: [Parameter<'_>; 3] = [
                (&issued, Type::INT8),
                (&seq, Type::INT8),
                (&PAGE, Type::INT8),
            ];
            let rows = self.query(&sql, &parameters).await?;
            for row in &rows {
                let record = row::read(row).map_err(|why| self.link.address.damaged(why))?;
                all.push(record);
            }
            match rows.last() {
                Some(last) if rows.len() as i64 == PAGE => {
                    issued = self.column(last.try_get("issued"))?;
                    seq = self.column(last.try_get("seq"))?;
                }
                _ => return Ok(all),
            }
        }
    }

    async fn revoke(&self, ids: &[String], at: u64) -> Result<(), StoreError> {
        self.revoke_chosen(at, Some(ids), None, None).await?;
        Ok(())
    }

    async fn revoke_origin(
        &self,
        origin: TokenOrigin,
        at: u64,
        value: Option<(&str, &[u8])>,
    ) -> Result<Vec<String>, StoreError> {
        self.revoke_chosen(at, None, Some(origin), value).await
    }

    async fn record_uses(&self, uses: &[(String, Use)]) -> Result<(), StoreError> {
        let ids: Vec<&str> = uses.iter().map(|(id, _)| id.as_str()).collect();
        let times: Vec<i64> = uses.iter().map(|(_, used)| seconds(used.at)).collect();
        let addresses: Vec<&str> = uses.iter().map(|(_, used)| used.address.as_str()).collect();
        let methods: Vec<&str> = uses.iter().map(|(_, used)| used.method.as_str()).collect();
        let parameters: [Parameter<'_>; 4] = [
            (&ids, Type::TEXT_ARRAY),
            (&times, Type::INT8_ARRAY),
            (&addresses, Type::TEXT_ARRAY),
            (&methods, Type::TEXT_ARRAY),
        ];
        self.query(include_str!("postgres/uses.sql"), &parameters)
            .await?;
        Ok(())
    }

    async fn secret_gone(&self, _issued_before: u64, _at: u64) -> Result<(), StoreError> {
        Ok(())
    }

    async fn prune(&self, before: u64) -> Result<u64, StoreError> {
        let sql = "WITH pruned AS (DELETE FROM lotus_tokens WHERE expires < $1 RETURNING 1) \
                   SELECT count(*) FROM pruned";
        let rows = self.query(sql, &[(&seconds(before), Type::INT8)]).await?;
        let pruned: i64 = match rows.first() {
            Some(row) => self.column(row.try_get(0))?,
            None => 0,
        };
        Ok(pruned.unsigned_abs())
    }

    async fn read_value(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT value FROM lotus_values WHERE key = $1";
        let rows = self.query(sql, &[(&key, Type::TEXT)]).await?;
        let value = rows.first().map(|row| self.column(row.try_get(0)));
        value.transpose()
    }

    async fn write_value(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO lotus_values (key, value) VALUES ($1, $2) \
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.query(sql, &[(&key, Type::TEXT), (&value, Type::BYTEA)])
            .await?;
        Ok(())
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.link.changes.subscribe()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn unreachable_since(&self) -> Option<Instant> {
        self.link.unreachable_since()
    }
}
