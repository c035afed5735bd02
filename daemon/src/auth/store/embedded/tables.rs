//! What is in the file: tokens, and indexes that never disagree with them because they are written
//! in the same transaction.

use lotus_chain::database::Schema;
use lotus_core::types::TokenOrigin;
use redb::{ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};

use crate::auth::now;

use super::super::{Record, StoreError, Use, origin_name};
use super::Failure;

/// All tables.
pub(super) static SCHEMA: Schema = Schema {
    version: 1,
    create,
    cache_bytes: 16 * 1024 * 1024,
};

/// `next`: the sequence number of the next token; beside the version of the tables.
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// Id → sequence number, record in JSON.
const TOKENS: TableDefinition<&str, (u64, &[u8])> = TableDefinition::new("tokens");

/// Name, whether the token has it, sequence number → id. So the last entry of a name is the token
/// that has it, else the last that had it.
const NAMES: TableDefinition<(&str, bool, u64), &str> = TableDefinition::new("names");

/// Expiry, id: of the tokens that expire.
const EXPIRIES: TableDefinition<(u64, &str), ()> = TableDefinition::new("expiries");

/// Origin, id: of the tokens that are not revoked.
const UNREVOKED: TableDefinition<(&str, &str), ()> = TableDefinition::new("unrevoked");

/// The daemon's small values.
const VALUES: TableDefinition<&str, &[u8]> = TableDefinition::new("values");

fn create(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(META)?;
    transaction.open_table(TOKENS)?;
    transaction.open_table(NAMES)?;
    transaction.open_table(EXPIRIES)?;
    transaction.open_table(UNREVOKED)?;
    transaction.open_table(VALUES)?;
    Ok(())
}

pub(super) fn insert(transaction: &WriteTransaction, record: &Record) -> Result<(), Failure> {
    let id = record.id.as_str();
    let mut tokens = transaction.open_table(TOKENS)?;
    if tokens.get(id)?.is_some() {
        return Err(StoreError::IdTaken(record.id.clone()).into());
    }
    let mut meta = transaction.open_table(META)?;
    let number = meta.get("next")?.map_or(0, |next| next.value());
    meta.insert("next", number + 1)?;

    if let Some(name) = &record.name {
        let mut names = transaction.open_table(NAMES)?;
        if record.revoked.is_none()
            && let Some((number, holder)) = holder(&names, name)?
        {
            let expires = read(&tokens, &holder)?.and_then(|(_, holder)| holder.expires);
            if expires.is_none_or(|expires| expires > record.issued) {
                return Err(StoreError::NameTaken(name.clone()).into());
            }
            release(&mut names, name, number)?;
        }
        names.insert((name.as_str(), record.revoked.is_none(), number), id)?;
    }
    if let Some(expires) = record.expires {
        transaction
            .open_table(EXPIRIES)?
            .insert((expires, id), ())?;
    }
    if record.revoked.is_none() {
        let origin = origin_name(record.origin);
        transaction
            .open_table(UNREVOKED)?
            .insert((origin, id), ())?;
    }
    write(&mut tokens, number, record)
}

pub(super) fn get(transaction: &ReadTransaction, id: &str) -> Result<Option<Record>, Failure> {
    let found = read(&transaction.open_table(TOKENS)?, id)?;
    Ok(found.map(|(_, record)| record))
}

pub(super) fn by_name(
    transaction: &ReadTransaction,
    name: &str,
) -> Result<Option<Record>, Failure> {
    let names = transaction.open_table(NAMES)?;
    match last_of_name(&names, name)? {
        Some((_, _, id)) => get(transaction, &id),
        None => Ok(None),
    }
}

pub(super) fn list(transaction: &ReadTransaction) -> Result<Vec<Record>, Failure> {
    let mut all = Vec::new();
    for entry in transaction.open_table(TOKENS)?.iter()? {
        let (id, value) = entry?;
        let (number, json) = value.value();
        all.push((number, decode(id.value(), json)?));
    }
    all.sort_unstable_by_key(|(number, record)| std::cmp::Reverse((record.issued, *number)));
    Ok(all.into_iter().map(|(_, record)| record).collect())
}

pub(super) fn revoke(
    transaction: &WriteTransaction,
    ids: &[String],
    at: u64,
) -> Result<(), Failure> {
    let mut tokens = transaction.open_table(TOKENS)?;
    let mut names = transaction.open_table(NAMES)?;
    let mut unrevoked = transaction.open_table(UNREVOKED)?;
    for id in ids {
        let Some((number, mut record)) = read(&tokens, id)? else {
            continue;
        };
        if record.revoked.is_some_and(|revoked| revoked <= at) {
            continue;
        }
        let first = record.revoked.replace(at).is_none();
        write(&mut tokens, number, &record)?;
        // One whose time is still to come may yet be revoked sooner.
        if at <= now() {
            unrevoked.remove((origin_name(record.origin), id.as_str()))?;
        }
        if let Some(name) = record.name.as_ref().filter(|_| first) {
            release(&mut names, name, number)?;
        }
    }
    Ok(())
}

/// The ids of the tokens of an origin that are not revoked.
pub(super) fn unrevoked(
    transaction: &WriteTransaction,
    origin: TokenOrigin,
) -> Result<Vec<String>, Failure> {
    let origin = origin_name(origin);
    let unrevoked = transaction.open_table(UNREVOKED)?;
    let mut ids = Vec::new();
    for entry in unrevoked.range((origin, "")..)? {
        let (key, _) = entry?;
        let (found, id) = key.value();
        if found != origin {
            break;
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}

pub(super) fn record_uses(
    transaction: &WriteTransaction,
    uses: Vec<(String, Use)>,
) -> Result<(), Failure> {
    let mut tokens = transaction.open_table(TOKENS)?;
    for (id, used) in uses {
        let Some((number, mut record)) = read(&tokens, &id)? else {
            continue;
        };
        if record
            .last_used
            .as_ref()
            .is_none_or(|last| last.at < used.at)
        {
            record.last_used = Some(used);
            write(&mut tokens, number, &record)?;
        }
    }
    Ok(())
}

pub(super) fn secret_gone(
    transaction: &WriteTransaction,
    issued_before: u64,
    at: u64,
) -> Result<(), Failure> {
    let mut tokens = transaction.open_table(TOKENS)?;
    let mut expiries = transaction.open_table(EXPIRIES)?;
    let mut gone = Vec::new();
    for entry in tokens.iter()? {
        let (id, value) = entry?;
        let (number, json) = value.value();
        let record = decode(id.value(), json)?;
        let lives_on = record.expires.is_none_or(|expires| expires > at);
        if record.issued < issued_before && lives_on {
            gone.push((number, record));
        }
    }
    for (number, mut record) in gone {
        if let Some(expires) = record.expires.replace(at) {
            expiries.remove((expires, record.id.as_str()))?;
        }
        expiries.insert((at, record.id.as_str()), ())?;
        write(&mut tokens, number, &record)?;
    }
    Ok(())
}

pub(super) fn prune(transaction: &WriteTransaction, before: u64) -> Result<u64, Failure> {
    let mut tokens = transaction.open_table(TOKENS)?;
    let mut names = transaction.open_table(NAMES)?;
    let mut unrevoked = transaction.open_table(UNREVOKED)?;
    let mut pruned = 0;
    let mut expiries = transaction.open_table(EXPIRIES)?;
    for entry in expiries.extract_from_if(..(before, ""), |_, ()| true)? {
        let (key, _) = entry?;
        let (_, id) = key.value();
        let Some((number, record)) = read(&tokens, id)? else {
            return Err(Failure::Damaged(format!("token {id} is missing")));
        };
        tokens.remove(id)?;
        unrevoked.remove((origin_name(record.origin), id))?;
        if let Some(name) = &record.name {
            names.remove((name.as_str(), true, number))?;
            names.remove((name.as_str(), false, number))?;
        }
        pruned += 1;
    }
    Ok(pruned)
}

pub(super) fn read_value(
    transaction: &ReadTransaction,
    key: &str,
) -> Result<Option<Vec<u8>>, Failure> {
    let value = transaction.open_table(VALUES)?.get(key)?;
    Ok(value.map(|value| value.value().to_vec()))
}

pub(super) fn write_value(
    transaction: &WriteTransaction,
    key: &str,
    value: &[u8],
) -> Result<(), Failure> {
    transaction.open_table(VALUES)?.insert(key, value)?;
    Ok(())
}

type Names<'a> = Table<'a, (&'static str, bool, u64), &'static str>;

/// The last entry of a name: whether the token has it, its number and id.
fn last_of_name(
    names: &impl ReadableTable<(&'static str, bool, u64), &'static str>,
    name: &str,
) -> Result<Option<(bool, u64, String)>, Failure> {
    let entry = names
        .range((name, false, 0)..=(name, true, u64::MAX))?
        .next_back();
    let Some((key, id)) = entry.transpose()? else {
        return Ok(None);
    };
    let (_, has_it, number) = key.value();
    Ok(Some((has_it, number, id.value().to_owned())))
}

/// The number and id of the token that has a name.
fn holder(names: &Names<'_>, name: &str) -> Result<Option<(u64, String)>, Failure> {
    let last = last_of_name(names, name)?;
    Ok(last.and_then(|(has_it, number, id)| has_it.then_some((number, id))))
}

/// Takes the name from a token, if it has it.
fn release(names: &mut Names<'_>, name: &str, number: u64) -> Result<(), Failure> {
    let id = names
        .remove((name, true, number))?
        .map(|id| id.value().to_owned());
    if let Some(id) = id {
        names.insert((name, false, number), id.as_str())?;
    }
    Ok(())
}

fn read(
    tokens: &impl ReadableTable<&'static str, (u64, &'static [u8])>,
    id: &str,
) -> Result<Option<(u64, Record)>, Failure> {
    let Some(value) = tokens.get(id)? else {
        return Ok(None);
    };
    let (number, json) = value.value();
    Ok(Some((number, decode(id, json)?)))
}

fn decode(id: &str, json: &[u8]) -> Result<Record, Failure> {
    let record: Record = serde_json::from_slice(json)
        .map_err(|error| Failure::Damaged(format!("token {id}: {error}")))?;
    if record.id == id {
        Ok(record)
    } else {
        Err(Failure::Damaged(format!("token {id} is another one")))
    }
}

fn write(
    tokens: &mut Table<'_, &'static str, (u64, &'static [u8])>,
    number: u64,
    record: &Record,
) -> Result<(), Failure> {
    let json = serde_json::to_vec(record).expect("a record is plain data");
    tokens.insert(record.id.as_str(), (number, json.as_slice()))?;
    Ok(())
}
