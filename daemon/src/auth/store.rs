//! Where the registry of tokens is kept: what every store can do.
//!
//! Two stores, one test suite: [`embedded`](embedded::Embedded) in the repo, and
//! [`postgres`](postgres::Postgres) for several daemons behind one load balancer. Nothing in here
//! is asked on the hot path.

pub mod embedded;
pub mod postgres;

use std::time::Instant;

use async_trait::async_trait;
use lotus_core::types::TokenOrigin;
use lotus_core::{Permissions, Scope};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::Death;

/// What is recorded of a token; never the token itself. Times are seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// `jti`, or for tokens without one the SHA-256 of the signed part in hex.
    pub id: String,
    /// The operator's label.
    pub name: Option<String>,
    /// How it came into being.
    pub origin: TokenOrigin,
    /// What it allows.
    pub permissions: Permissions,
    /// Where it is valid.
    pub scope: Scope,
    /// The id of the token that minted it.
    pub issued_by: Option<String>,
    /// When it was minted, or first seen.
    pub issued: u64,
    /// When it expires.
    pub expires: Option<u64>,
    /// Seconds without use after which it dies.
    pub idle: Option<u64>,
    /// Its last use, coarsely.
    pub last_used: Option<Use>,
    /// When it was revoked.
    pub revoked: Option<u64>,
}

impl Record {
    /// The second from which its idle time counts: its last use, or else its beginning.
    pub(crate) fn last_alive(&self) -> u64 {
        self.last_used.as_ref().map_or(self.issued, |last| last.at)
    }

    /// When it dies of disuse, unless it is used before.
    pub(crate) fn idle_end(&self) -> Option<u64> {
        self.idle.map(|idle| self.last_alive().saturating_add(idle))
    }

    /// What it has died of by `now`.
    pub(crate) fn death(&self, now: u64) -> Option<Death> {
        let past = |time: Option<u64>| time.is_some_and(|time| time <= now);
        // Where the end of its idle time is recorded as its revocation, it was disuse that ended it
        // (`Authority::free_name`).
        if past(self.revoked) && self.revoked != self.idle_end() {
            Some(Death::Revoked)
        } else if past(self.expires) {
            Some(Death::Expired)
        } else if past(self.idle_end()) {
            Some(Death::Idle)
        } else {
            None
        }
    }
}

/// A use of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// When, in seconds since the Unix epoch.
    pub at: u64,
    /// The IP address it came from.
    pub address: String,
    /// The method that was called.
    pub method: String,
}

/// News from a store that other daemons share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another daemon revoked these tokens.
    Revoked(Vec<String>),
    /// News may have been missed (the connection was lost): ask again about everything alive.
    Resync,
}

/// Why a store could not do what it was asked to. Then it has not done any of it; only a
/// [`Failed`](Self::Failed) change may have been done completely, when the failure hid the answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A token that is alive has this name.
    #[error("a token named {0:?} exists already; revoke it first, or choose another name")]
    NameTaken(String),
    /// A token with this id is recorded already.
    #[error("a token with id {0} is recorded already")]
    IdTaken(String),
    /// The store's file or database holds something else than it should.
    #[error(
        "the token store {place} is damaged: {why}; restore it from a backup, or move it away to start with an empty one (revocations in it are then lost)"
    )]
    Damaged {
        /// The file, or the database without its password.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// It was written by a newer version of this program.
    #[error(
        "the token store {place} has version {found}, and this program knows up to {known}; use a newer program"
    )]
    Newer {
        /// The file, or the database without its password.
        place: String,
        /// Its version.
        found: u64,
        /// The newest that is known.
        known: u64,
    },
    /// It cannot be reached or written.
    #[error("the token store {place} failed: {why}")]
    Failed {
        /// The file, or the database without its password.
        place: String,
        /// What happened.
        why: String,
    },
}

/// A registry of tokens on something that outlives the process.
#[async_trait]
pub trait TokenStore: Send + Sync + std::fmt::Debug {
    /// Records a token. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] if the token that has the name is not revoked and not expired at
    /// `record.issued`; [`StoreError::IdTaken`]. A record that is revoked already takes no name, so
    /// that a token can be recorded and revoked in one step whatever it calls itself.
    async fn insert(&self, record: &Record) -> Result<(), StoreError>;

    /// The token with this id.
    async fn get(&self, id: &str) -> Result<Option<Record>, StoreError>;

    /// The token with this name: the one that has it, else the last that had it.
    async fn by_name(&self, name: &str) -> Result<Option<Record>, StoreError>;

    /// All tokens, newest first.
    async fn list(&self) -> Result<Vec<Record>, StoreError>;

    /// Marks tokens as revoked from the time `at` on, which may be to come; an earlier time stays, and
    /// ids that are not recorded are ignored. All or nothing, durable when it returns.
    async fn revoke(&self, ids: &[String], at: u64) -> Result<(), StoreError>;

    /// Revokes every token of an origin that is not revoked yet, in one step with writing `value`
    /// under `key` if one is given, and returns their ids.
    async fn revoke_origin(
        &self,
        origin: TokenOrigin,
        at: u64,
        value: Option<(&str, &[u8])>,
    ) -> Result<Vec<String>, StoreError>;

    /// Writes down last uses. An older use does not replace a newer one.
    async fn record_uses(&self, uses: &[(String, Use)]) -> Result<(), StoreError>;

    /// Notes that no token that was issued before `issued_before` verifies any more from `at` on,
    /// because the secret that signed it is gone: it has expired then, at the latest.
    ///
    /// A store that daemons share does not rely on that, and notes nothing: another of them may
    /// still have the secret.
    async fn secret_gone(&self, issued_before: u64, at: u64) -> Result<(), StoreError>;

    /// Forgets tokens that expired before `before`, and returns how many: their `exp` refuses them
    /// for ever. One that is revoked and has not expired is never forgotten: its signature is good,
    /// and only its record says that it was revoked.
    async fn prune(&self, before: u64) -> Result<u64, StoreError>;

    /// A small value of the daemon, such as the state of the Auth API's password.
    async fn read_value(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Writes a small value. Durable when it returns.
    async fn write_value(&self, key: &str, value: &[u8]) -> Result<(), StoreError>;

    /// News of other daemons, and perhaps of this one. A store that nobody shares has none. A
    /// receiver that lagged behind has missed some: it must do as after [`Change::Resync`].
    fn changes(&self) -> broadcast::Receiver<Change>;

    /// Whether other daemons may be using it.
    fn is_shared(&self) -> bool;

    /// Since when nothing has been heard from the store; `None` while it can be reached.
    fn unreachable_since(&self) -> Option<Instant>;
}

/// The name under which stores write down an origin; the same as on the wire.
fn origin_name(origin: TokenOrigin) -> &'static str {
    match origin {
        TokenOrigin::Repo => "repo",
        TokenOrigin::Minted => "minted",
        TokenOrigin::Password => "password",
        TokenOrigin::Foreign => "foreign",
    }
}
