//! The tables, and how they come to be what this version expects.

use tokio_postgres::{Client, Error};

use super::super::StoreError;
use super::address::Address;

/// The migrations in their order. One that has been released is never changed.
const MIGRATIONS: [&str; 1] = [include_str!("1.sql")];

/// Any number that nobody else uses for an advisory lock in the same database.
const LOCK: i64 = 0x6c6f_7475_7301;

/// Brings the tables to the newest version that is known, in one transaction, while other daemons
/// that start at the same time wait.
pub(super) async fn migrate(client: &mut Client, address: &Address) -> Result<(), StoreError> {
    let found = run(client).await.map_err(|error| address.error(&error))?;
    if found <= MIGRATIONS.len() as u64 {
        return Ok(());
    }
    Err(StoreError::Newer {
        place: address.place().to_owned(),
        found,
        known: MIGRATIONS.len() as u64,
    })
}

/// Applies what is missing, and returns the version that was found.
async fn run(client: &mut Client) -> Result<u64, Error> {
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    // Asked first: a user who may only read and write must be able to start too.
    let exists: bool = transaction
        .query_one("SELECT to_regclass('lotus_schema') IS NOT NULL", &[])
        .await?
        .try_get(0)?;
    if !exists {
        transaction
            .batch_execute("CREATE TABLE lotus_schema (version bigint PRIMARY KEY)")
            .await?;
    }
    let found: Option<i64> = transaction
        .query_one("SELECT max(version) FROM lotus_schema", &[])
        .await?
        .try_get(0)?;
    let found = u64::try_from(found.unwrap_or(0)).unwrap_or(0);
    for (version, migration) in (1i64..).zip(MIGRATIONS) {
        if version.unsigned_abs() > found {
            transaction.batch_execute(migration).await?;
            transaction
                .execute("INSERT INTO lotus_schema VALUES ($1)", &[&version])
                .await?;
        }
    }
    transaction.commit().await?;
    Ok(found)
}
