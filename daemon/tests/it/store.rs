//! The stores of the token registry: one suite for all, and what only one of them can get wrong.

mod embedded;
mod model;
mod postgres;
mod suite;

use std::sync::Arc;

use lotus_core::types::TokenOrigin;
use lotus_core::{Permission, Permissions, Scope};
use lotus_daemon::auth::store::{Record, TokenStore, Use};

/// A store, and what must live as long as it.
type Fresh<T> = (Arc<dyn TokenStore>, T);

/// A minted token that says little about itself.
fn record(id: &str) -> Record {
    Record {
        id: id.to_owned(),
        name: None,
        origin: TokenOrigin::Minted,
        permissions: Permissions::up_to(Permission::Write),
        scope: Scope::ALL,
        issued_by: None,
        issued: 1000,
        expires: None,
        idle: None,
        last_used: None,
        revoked: None,
    }
}

fn named(id: &str, name: &str) -> Record {
    Record {
        name: Some(name.to_owned()),
        ..record(id)
    }
}

fn used(at: u64) -> Use {
    Use {
        at,
        address: format!("10.0.0.{}", at % 256),
        method: "Filecoin.ChainHead".to_owned(),
    }
}

fn ids(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.id.as_str()).collect()
}
