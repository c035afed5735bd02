//! Tokens: minted, verified, recorded and revoked here, and nowhere else. Nothing in here knows
//! HTTP or RPC.
//!
//! A token is a compact JWS, HS256, as Lotus makes it (`node/modules/core.go`,
//! `node/impl/common/common.go`): header `{"alg":"HS256","typ":"JWT"}`, claim `Allow`. Tokens of a
//! real Lotus with the same secret are valid here, and ours are valid there.
//!
//! Beside the signature there is a registry ([`store`]): every token is recorded, Lotus's when they
//! are first used, and every token can be revoked. A call on a token that is in use asks neither:
//! it looks the token up by digest and reads its live state ([`Token`]).

mod cache;
mod claims;
mod inventory;
mod keys;
mod live;
mod minting;
mod own;
mod retention;
mod rules;
mod secret;
pub mod store;
mod token;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lotus_core::types::TokenOrigin;
use tokio::sync::mpsc;

pub use claims::Claims;
pub(crate) use inventory::info;
pub use inventory::{RevokeError, RotateError};
pub use keys::{Keys, SecretError};
pub use minting::MintError;
pub(crate) use minting::Minter;
pub use own::OwnTokenError;
pub(crate) use rules::Rights;
pub use secret::Secret;
pub(crate) use token::Hold;
pub use token::{Death, Token};

use crate::keystore::Keystore;
use crate::shutdown::Shutdown;
use store::{Change, Record, StoreError, TokenStore, Use};

/// The longest token that is looked at. Longer ones are refused before anything is decoded.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// How far the clocks of minter and verifier may differ for `nbf` and `iat`, in seconds. There is
/// no leeway for `exp`.
const CLOCK_LEEWAY: u64 = 60;

/// Uses that wait to be written down. More of them are forgotten: they are coarse anyway.
const USES: usize = 10_000;

/// How often waiting uses are written down, and the store's health is looked at.
const TICK: Duration = Duration::from_millis(500);

/// Why a token was refused. The texts of [`Invalid`] are those of Lotus's JWT library, which
/// clients see through `AuthVerify`.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no token of ours.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It was one.
    #[error(transparent)]
    Dead(#[from] Death),
    /// Whether it is one cannot be said.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whether it is still one cannot be said.
    #[error("the token store has been unreachable for longer than [Auth] MaxStaleness")]
    Stale,
}

/// Why a token does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not three base64url parts, or too long.
    #[error("jwt: malformed token")]
    Malformed,
    /// The header asks for another algorithm than HS256.
    #[error("jwt: algorithm is not HS256")]
    Algorithm,
    /// Signed with another secret, or changed since.
    #[error("jwt: HMAC verification failed")]
    Signature,
    /// The claims are not the JSON object they should be; a claim of the wrong type counts.
    #[error("jwt: payload is not a valid JSON object")]
    Payload,
    /// `exp` has passed.
    #[error("jwt: token has expired")]
    Expired,
    /// `nbf` or `iat` is more than a minute ahead.
    #[error("jwt: token is not valid yet")]
    NotYetValid,
}

/// The tokens of one daemon.
#[derive(Debug)]
pub struct Authority {
    keystore: Arc<Keystore>,
    keys: RwLock<Keys>,
    store: Arc<dyn TokenStore>,
    max_staleness: Duration,
    stale: Arc<AtomicBool>,
    verified: cache::Cache,
    live: live::Live,
    uses: mpsc::Sender<(String, Use)>,
    /// Held for reading from asking the store about a token to having it among the live ones, and
    /// for writing while tokens are revoked: no token slips through between the two.
    revoking: tokio::sync::RwLock<()>,
}

impl Authority {
    /// Signs with `keys`, which are in `keystore`, and records tokens in `store`. When the store has been
    /// unreachable for longer than `max_staleness`, no token is accepted.
    ///
    /// The second value keeps the records current and must be run.
    pub fn open(
        keystore: Arc<Keystore>,
        keys: Keys,
        store: Arc<dyn TokenStore>,
        max_staleness: Duration,
    ) -> (Arc<Self>, Upkeep) {
        let (uses, waiting) = mpsc::channel(USES);
        let authority = Arc::new(Self {
            keys: RwLock::new(keys),
            keystore,
            store,
            max_staleness,
            stale: Arc::default(),
            verified: cache::Cache::default(),
            live: live::Live::default(),
            uses,
            revoking: tokio::sync::RwLock::default(),
        });
        (authority.clone(), Upkeep { authority, waiting })
    }

    /// The registry.
    pub(crate) fn store(&self) -> &dyn TokenStore {
        &*self.store
    }

    /// Verifies a token's text, without `Bearer `.
    ///
    /// # Errors
    /// [`Refusal`] says why it is refused.
    pub async fn verify(&self, text: &str) -> Result<Arc<Token>, Refusal> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Invalid::Malformed.into());
        }
        self.check_store()?;
        let digest = cache::digest(text);
        let token = match self.verified.get(&digest) {
            Some(token) => token,
            None => {
                let token = self.verify_uncached(text).await?;
                self.verified.insert(digest, token.clone());
                token
            }
        };
        token.check(now())?;
        Ok(token)
    }

    /// Whether the store can be reached, or could a moment ago.
    pub fn check_store(&self) -> Result<(), Refusal> {
        if self.stale.load(Ordering::Relaxed) {
            Err(Refusal::Stale)
        } else {
            Ok(())
        }
    }

    async fn verify_uncached(&self, text: &str) -> Result<Arc<Token>, Refusal> {
        let (claims, until) = self.keys().verify(text)?;
        claims.check(now())?;
        let id = token_id(&claims, text)?;
        let _slips_through_nothing = self.revoking.read().await;
        let recorded = match self.store.get(&id).await? {
            Some(record) => record,
            None => self.record_foreign(id, &claims).await?,
        };
        if recorded.revoked.is_some_and(|revoked| revoked <= now()) {
            return Err(Death::Revoked.into());
        }
        // What the signature covers counts; the record adds what is not in the token.
        let record = Record {
            permissions: claims.allow,
            scope: claims.scope(),
            expires: claims.exp,
            ..recorded.clone()
        };
        let token = self.live.get_or_insert(&record.id, || {
            Token::new(&record, self.uses.clone(), self.stale.clone())
        });
        // A time to come: the secret that signed it has been rotated out, with a grace.
        for until in until.into_iter().chain(recorded.revoked) {
            token.shorten(until);
        }
        Ok(token)
    }

    /// Records a token that was minted elsewhere with our secret: by a real Lotus, or by a daemon
    /// whose registry is lost.
    async fn record_foreign(&self, id: String, claims: &Claims) -> Result<Record, StoreError> {
        let mut record = Record {
            id,
            name: claims.name.clone(),
            origin: TokenOrigin::Foreign,
            permissions: claims.allow,
            scope: claims.scope(),
            issued_by: None,
            issued: claims.iat.unwrap_or_else(now),
            expires: claims.exp,
            idle: None,
            last_used: None,
            revoked: None,
        };
        match self.store.insert(&record).await {
            Err(StoreError::NameTaken(_)) => {
                record.name = None;
                self.store.insert(&record).await?;
            }
            // Another daemon has recorded it meanwhile, and may have revoked it.
            Err(StoreError::IdTaken(id)) => {
                return Ok(self.store.get(&id).await?.unwrap_or(record));
            }
            result => result?,
        }
        Ok(record)
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `jti`, or for tokens without one (Lotus's) the SHA-256 of what is signed.
fn token_id(claims: &Claims, text: &str) -> Result<String, Invalid> {
    match &claims.jti {
        Some(id) => Ok(id.clone()),
        None => {
            let (signed, _) = text.rsplit_once('.').ok_or(Invalid::Malformed)?;
            Ok(cache::hex_digest(signed))
        }
    }
}

/// The background work of an [`Authority`].
#[derive(Debug)]
pub struct Upkeep {
    authority: Arc<Authority>,
    waiting: mpsc::Receiver<(String, Use)>,
}

impl Upkeep {
    /// Writes uses down, hears of revocations by other daemons and watches the store, until
    /// `shutdown` begins.
    pub async fn run(mut self, shutdown: Shutdown) {
        let mut changes = self.authority.store.changes();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    self.watch_store();
                    self.write_uses().await;
                }
                change = changes.recv() => match change {
                    Ok(Change::Revoked(ids)) => self.authority.look_again(&ids).await,
                    Ok(Change::Resync) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {
                        self.authority.resync().await;
                    }
                    // A store that nobody shares.
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => {
                        changes = self.authority.store.changes();
                        tokio::time::sleep(TICK).await;
                    }
                },
                () = shutdown.begun() => break,
            }
        }
        self.write_uses().await;
    }

    fn watch_store(&self) {
        let authority = &self.authority;
        let since = authority.store.unreachable_since();
        let stale = since.is_some_and(|since| since.elapsed() > authority.max_staleness);
        if authority.stale.swap(stale, Ordering::Relaxed) != stale {
            match stale {
                true => {
                    tracing::error!(target: "auth", "{}: all tokens are refused", Refusal::Stale)
                }
                false => tracing::info!(target: "auth", "the token store can be reached again"),
            }
        }
    }

    async fn write_uses(&mut self) {
        let mut uses = Vec::new();
        while let Ok(one) = self.waiting.try_recv() {
            uses.push(one);
        }
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.authority.store.record_uses(&uses).await {
            tracing::warn!(target: "auth", %error, "last uses of tokens are not written down");
        }
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests;
