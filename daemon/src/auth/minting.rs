//! Minting: what may be put into a token, and who may.

use lotus_core::types::{NewToken, TokenOrigin};
use lotus_core::{Permissions, ScopeError};

use super::store::{Record, StoreError};
use super::usage;
use super::{Authority, Claims, Death, Token, now};

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
    /// A life beyond the end of the minting token.
    #[error(
        "cannot mint a token that outlives the calling token, which expires in {0} seconds; ask for an expiry before that"
    )]
    OutlivesExpiry(u64),
    /// A life beyond that of the minting token, which dies of disuse.
    #[error(
        "cannot mint a token that outlives the calling token, which dies when it is not used for {0} seconds; ask for an idle time or an expiry of at most that"
    )]
    OutlivesIdle(u64),
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
    /// The same by a call that cannot name a scope or an idle time: the new token has those of the
    /// holder's, and ends with it unless it is to end before.
    Heir(&'a Token),
}

impl<'a> Minter<'a> {
    fn holder(self) -> Option<&'a Token> {
        match self {
            Self::Root => None,
            Self::Holder(holder) | Self::Heir(holder) => Some(holder),
        }
    }
}

impl Authority {
    /// Mints a token and records it. Its text is returned once and kept nowhere.
    pub(crate) async fn mint(
        &self,
        mut new: NewToken,
        origin: TokenOrigin,
        minter: Minter<'_>,
    ) -> Result<(String, Record), MintError> {
        let issued = now();
        if let Minter::Heir(holder) = minter {
            let left = holder.expires().map(|end| end.saturating_sub(issued));
            new.scope = holder.scope().clone();
            new.expires_in = new.expires_in.or(left);
            new.idle = holder.idle();
        }
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
        if let Some(holder) = minter.holder() {
            check_no_more(holder, &new, issued)?;
        }
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
            issued_by: minter.holder().map(|holder| holder.id().to_owned()),
            issued,
            expires: claims.exp,
            idle,
            last_used: None,
            revoked: None,
        };
        match self.store.insert(&record).await {
            Err(StoreError::NameTaken(name)) if self.free_name(&name).await? => {
                self.store.insert(&record).await?;
            }
            done => done?,
        }
        Ok((self.keys().sign(&claims), record))
    }

    /// Takes a name from a token that has died of disuse, and returns whether that was so. (A token
    /// that expires or is revoked loses its name in the store itself, which cannot know of uses that
    /// are not written down yet.) The end of its idle time is recorded as its revocation, so that
    /// nothing brings it back.
    async fn free_name(&self, name: &str) -> Result<bool, StoreError> {
        let Some(holder) = self.store.by_name(name).await? else {
            return Ok(true);
        };
        let holder = self.up_to_date(holder);
        let (Some(end), None) = (holder.idle_end(), holder.revoked) else {
            return Ok(false);
        };
        // Another daemon may be late in writing down what it knows.
        let late = match self.store.is_shared() {
            true => 2 * usage::INTERVAL,
            false => 0,
        };
        if end.saturating_add(late) > now() {
            return Ok(false);
        }
        let _alone = self.revoking.write().await;
        let ids = [holder.id];
        self.store.revoke(&ids, end).await?;
        self.kill(&ids, Death::Idle);
        Ok(true)
    }
}

fn check_no_more(holder: &Token, new: &NewToken, issued: u64) -> Result<(), MintError> {
    let (asked, held) = (new.permissions, holder.permissions());
    if !held.includes(asked) {
        return Err(MintError::Permissions { asked, held });
    }
    if !holder.scope().includes(&new.scope) {
        return Err(MintError::WiderScope);
    }
    let within = |asked: Option<u64>, limit| asked.is_some_and(|seconds| seconds <= limit);
    if let Some(left) = holder.expires().map(|end| end.saturating_sub(issued))
        && !within(new.expires_in, left)
    {
        return Err(MintError::OutlivesExpiry(left));
    }
    // The holder has just been used: it lives for its idle time at least.
    if let Some(idle) = holder.idle()
        && !within(new.idle, idle)
        && !within(new.expires_in, idle)
    {
        return Err(MintError::OutlivesIdle(idle));
    }
    Ok(())
}
