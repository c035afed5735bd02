//! A record as a row.

use lotus_core::types::TokenOrigin;
use lotus_core::{Permission, Permissions, Scope};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::super::{Record, Use, origin_name};

/// What a record is made of, in the order of [`read`]'s names.
pub(super) const COLUMNS: &str = "id, name, origin, permissions, endpoints, methods, issued_by, \
    issued, expires, idle, used_at, used_address, used_method, revoked";

/// A time or a span as PostgreSQL keeps it. What is beyond its range is for ever anyway.
pub(super) fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Reads a row, or says what is wrong with it.
pub(super) fn read(row: &Row) -> Result<Record, String> {
    let origin: &str = column(row, "origin")?;
    let permissions: Vec<String> = column(row, "permissions")?;
    Ok(Record {
        id: column(row, "id")?,
        name: column(row, "name")?,
        origin: origin_of(origin)?,
        permissions: permissions
            .iter()
            .map(|name| {
                name.parse::<Permission>()
                    .map_err(|error| error.to_string())
            })
            .collect::<Result<Permissions, String>>()?,
        scope: Scope {
            endpoints: column(row, "endpoints")?,
            methods: column(row, "methods")?,
        },
        issued_by: column(row, "issued_by")?,
        issued: time(row, "issued")?.unwrap_or(0),
        expires: time(row, "expires")?,
        idle: time(row, "idle")?,
        last_used: match time(row, "used_at")? {
            Some(at) => Some(Use {
                at,
                address: column(row, "used_address")?,
                method: column(row, "used_method")?,
            }),
            None => None,
        },
        revoked: time(row, "revoked")?,
    })
}

fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &str) -> Result<T, String> {
    row.try_get(name)
        .map_err(|error| format!("column {name} of lotus_tokens: {error}"))
}

fn time(row: &Row, name: &str) -> Result<Option<u64>, String> {
    let time: Option<i64> = column(row, name)?;
    time.map(u64::try_from)
        .transpose()
        .map_err(|_| format!("column {name} of lotus_tokens is negative"))
}

fn origin_of(name: &str) -> Result<TokenOrigin, String> {
    let all = [
        TokenOrigin::Repo,
        TokenOrigin::Minted,
        TokenOrigin::Password,
        TokenOrigin::Foreign,
    ];
    all.into_iter()
        .find(|origin| origin_name(*origin) == name)
        .ok_or_else(|| format!("column origin of lotus_tokens has an unknown value {name:?}"))
}
