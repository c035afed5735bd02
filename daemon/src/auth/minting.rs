//! Minting: what may be put into a token, and who may.

use lotus_core::types::{NewToken, TokenOrigin};
use lotus_core::{Permissions, ScopeError};

use super::store::{Record, StoreError};
use super::{Authority, Claims, Token, now};

/// The longest name of a token, in bytes.
const MAX_NAME: usize = 128;

/// Ten thousand years: longer lifetimes are mistakes.
const MAX_LIFETIME: u64 = 10_000 * 365 * 86_400;

/// The shortest idle time, in seconds: uses are noted to the second.
const MIN_IDLE: u64 = 2;

/// Why a token was not minted.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// A name that would not read well in a list.
    #[error(
        "a token's name must have 1 to {MAX_NAME} bytes, no control characters, and no white space at its ends"
    )]
    Name,
    /// A lifetime that is over, or absurd.
    #[error("a token must expire in 1 second to 10000 years from now")]
    Lifetime,
    /// An idle time that a client cannot keep up with.
    #[error("a token's idle time must be at least {MIN_IDLE} seconds")]
    Idle,
    /// A scope that could not work.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// More permissions than the minting token has.
    #[error("cannot mint a token with permissions {asked}: the calling token holds {held}")]
    Permissions {
        /// What was asked for.
        asked: Permissions,
        /// What the minting token has.
        held: Permissions,
    },
    /// A wider scope than that of the minting token.
    #[error("cannot mint a token that allows more endpoints or methods than the calling token")]
    WiderScope,
    /// It could not be recorded, so it was not given out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who asks for a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Minter<'a> {
    /// The daemon itself, or whoever knows the Auth API's password.
    Root,
    /// The holder of a token. Nobody mints what they lack.
    Holder(&'a Token),
}

impl Authority {
    /// Mints a token and records it. Its text is returned once and kept nowhere.
    pub(crate) async fn mint(
        &self,
        new: NewToken,
        origin: TokenOrigin,
        minter: Minter<'_>,
    ) -> Result<(String, Record), MintError> {
        new.scope.check()?;
        if let Some(name) = &new.name
            && (name.is_empty()
                || name.len() > MAX_NAME
                || name.trim() != name
                || name.chars().any(char::is_control))
        {
            return Err(MintError::Name);
        }
        if new
            .expires_in
            .is_some_and(|seconds| seconds == 0 || seconds > MAX_LIFETIME)
        {
            return Err(MintError::Lifetime);
        }
        if new
            .idle
            .is_some_and(|seconds| !(MIN_IDLE..=MAX_LIFETIME).contains(&seconds))
        {
            return Err(MintError::Idle);
        }
        if let Minter::Holder(holder) = minter {
            check_no_more(holder, &new)?;
        }
        let issued = now();
        let NewToken {
            name,
            permissions,
            scope,
            expires_in,
            idle,
        } = new;
        let claims = Claims {
            allow: permissions,
            jti: Some(data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>())),
            iat: Some(issued),
            nbf: None,
            exp: expires_in.map(|seconds| issued + seconds),
            endpoints: scope.endpoints.clone(),
            methods: scope.methods.clone(),
            name: name.clone(),
        };
        let record = Record {
            id: claims.jti.clone().unwrap_or_default(),
            name,
            origin,
            permissions,
            scope,
            issued_by: match minter {
                Minter::Root => None,
                Minter::Holder(holder) => Some(holder.id().to_owned()),
            },
            issued,
            expires: claims.exp,
            idle,
            last_used: None,
            revoked: None,
        };
        self.store.insert(&record).await?;
        Ok((self.keys().sign(&claims), record))
    }
}

fn check_no_more(holder: &Token, new: &NewToken) -> Result<(), MintError> {
    let (asked, held) = (new.permissions, holder.permissions());
    if !held.includes(asked) {
        return Err(MintError::Permissions { asked, held });
    }
    if !holder.scope().includes(&new.scope) {
        return Err(MintError::WiderScope);
    }
    Ok(())
}
