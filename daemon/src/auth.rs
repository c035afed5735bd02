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
mod reach;
mod retention;
mod rules;
mod secret;
pub mod store;
mod token;
mod upkeep;
mod usage;

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
pub use reach::Catalogue;
pub(crate) use reach::Reach;
pub(crate) use rules::Rights;
pub use secret::Secret;
pub(crate) use token::Hold;
pub use token::{Dead, Death, End, Token};
pub use upkeep::Upkeep;

use crate::keystore::Keystore;
use store::{Record, StoreError, TokenStore};

/// The longest token that is looked at. Longer ones are refused before anything is decoded.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// How far the clocks of minter and verifier may differ for `nbf` and `iat`, in seconds. There is
/// no leeway for `exp`.
const CLOCK_LEEWAY: u64 = 60;

/// Tokens that were used and wait for the upkeep to take note. When there are more, it is told again
/// when they are used again.
const USES: usize = 10_000;

/// Why nobody can say whether a token is alive.
const STALE: &str = "the token store has been unreachable for longer than [Auth] MaxStaleness";

/// Why a token was refused. The texts of [`Invalid`] are those of Lotus's JWT library, which
/// clients see through `AuthVerify`.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no token of ours.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It was one.
    #[error(transparent)]
    Dead(#[from] Dead),
    /// Whether it is one cannot be said.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whether it is still one cannot be said.
    #[error("{STALE}")]
    Stale,
}

impl Refusal {
    /// The token that was refused, if it is or was one of ours. What does not verify could say
    /// anything of itself.
    pub(crate) fn token(&self) -> Option<&Dead> {
        match self {
            Self::Dead(dead) => Some(dead),
            Self::Invalid(_) | Self::Store(_) | Self::Stale => None,
        }
    }
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
    uses: mpsc::Sender<Arc<Token>>,
    catalogue: Arc<Catalogue>,
    /// Held for reading from asking the store about a token to having it among the live ones, and
    /// for writing while tokens are revoked: no token slips through between the two.
    revoking: tokio::sync::RwLock<()>,
}

impl Authority {
    /// Signs with `keys`, which are in `keystore`, and records tokens in `store`. When the store has been
    /// unreachable for longer than `max_staleness`, no token is accepted. `catalogue` has the methods
    /// that the daemon serves.
    ///
    /// The second value keeps the records current and must be run.
    pub fn open(
        keystore: Arc<Keystore>,
        keys: Keys,
        store: Arc<dyn TokenStore>,
        max_staleness: Duration,
        catalogue: Catalogue,
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
            catalogue: Arc::new(catalogue),
            revoking: tokio::sync::RwLock::default(),
        });
        let upkeep = Upkeep::new(authority.clone(), waiting);
        (authority, upkeep)
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
        match token.check(now()) {
            Err(Death::Idle) if self.is_used_elsewhere(&token).await? => Ok(token),
            Err(death) => Err(token.dead(death).into()),
            Ok(()) => Ok(token),
        }
    }

    /// Whether a token that was idle here for too long was not idle on another daemon.
    async fn is_used_elsewhere(&self, token: &Token) -> Result<bool, StoreError> {
        if !self.store.is_shared() {
            return Ok(false);
        }
        if let Some(record) = self.store.get(token.id()).await? {
            token.usage().heard_of(record.last_alive());
        }
        Ok(token.check(now()).is_ok())
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
        let id = token_id(&claims, text)?;
        claims.check(&id, now())?;
        let _slips_through_nothing = self.revoking.read().await;
        let recorded = match self.store.get(&id).await? {
            Some(record) => record,
            None => self.record(id, &claims, TokenOrigin::Foreign).await?,
        };
        // Whether it was idle for too long is asked of the live one, which knows better.
        if recorded.revoked.is_some_and(|revoked| revoked <= now()) {
            return Err(Dead {
                death: recorded.death(now()).unwrap_or(Death::Revoked),
                id: recorded.id,
                name: recorded.name,
            }
            .into());
        }
        // What the signature covers counts; the record adds what is not in the token.
        let record = Record {
            permissions: claims.allow,
            scope: claims.scope(),
            expires: claims.exp,
            ..recorded.clone()
        };
        let token = self.live.get_or_insert(&record.id, || {
            Token::new(
                &record,
                &self.catalogue,
                self.uses.clone(),
                self.stale.clone(),
            )
        });
        // A time to come: the secret that signed it has been rotated out, with a grace.
        for until in until.into_iter().chain(recorded.revoked) {
            token.shorten(until);
        }
        Ok(token)
    }

    /// Records a token that the registry does not know and that has our signature: a real Lotus
    /// minted it, or this daemon before its registry was lost.
    async fn record(
        &self,
        id: String,
        claims: &Claims,
        origin: TokenOrigin,
    ) -> Result<Record, StoreError> {
        let mut record = Record {
            id,
            name: claims.name.clone(),
            origin,
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

/// Seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests;
