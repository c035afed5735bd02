//! Listing, revoking, rotating: what an operator does with the tokens there are.

use std::sync::PoisonError;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use lotus_core::types::{LastUse, TokenInfo, TokenOrigin, TokenSelector, TokenStatus};
use lotus_core::{Error, Method};

use super::store::{Record, StoreError};
use super::{
    Authority, Death, Invalid, OwnTokenError, Reach, Rights, SecretError, Token, now, token_id,
};
use crate::repo::TokenFile;

/// How long a revocation waits for the connections of the token to close. After that they are cut
/// off by themselves, and have not been given anything since the revocation.
const RELEASE: Duration = Duration::from_secs(3);

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// Everything would match.
    #[error("say which tokens to revoke: by id, name, token, age or disuse")]
    NoCriterion,
    /// Nothing is known under this id or name.
    #[error("no token with id or name {0:?}; `lotus auth list --all` shows all that are known")]
    Unknown(String),
    /// The text is no token of this daemon.
    #[error("this is no token of this daemon: {0}")]
    Invalid(#[from] Invalid),
    /// The store failed. Nothing has been revoked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the secret was not, or not wholly, rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The new secret cannot be made; the old one is still in use.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The secret is new, but the records of the old tokens do not say so; they are dead all the
    /// same.
    #[error("the secret is new, but the records of the old tokens do not say so: {0}")]
    Records(#[from] StoreError),
    /// The secret is new, but the repo has no token for it; the next start makes one.
    #[error("the secret is new, but the repo's token is not: {0}; restart the daemon")]
    Token(#[from] OwnTokenError),
}

impl Authority {
    /// All tokens, newest first; only those that can be used unless `all`.
    pub(crate) async fn list(&self, all: bool) -> Result<Vec<TokenInfo>, StoreError> {
        let records = self.store.list().await?.into_iter();
        let infos = records.map(|record| info(self.up_to_date(record)));
        Ok(infos
            .filter(|info| all || info.status == TokenStatus::Active)
            .collect())
    }

    /// The token with this id or name.
    pub(crate) async fn find(&self, id_or_name: &str) -> Result<Record, RevokeError> {
        let found = match self.store.get(id_or_name).await? {
            Some(record) => Some(record),
            None => self.store.by_name(id_or_name).await?,
        };
        found
            .map(|record| self.up_to_date(record))
            .ok_or_else(|| RevokeError::Unknown(id_or_name.to_owned()))
    }

    /// A record with the uses that have not been written down yet.
    pub(super) fn up_to_date(&self, mut record: Record) -> Record {
        let used = self
            .live
            .get(&record.id)
            .and_then(|token| token.usage().last_here());
        if let Some(used) = used
            && record
                .last_used
                .as_ref()
                .is_none_or(|last| last.at < used.at)
        {
            record.last_used = Some(used);
        }
        record
    }

    /// Revokes what `selector` selects. When it returns, the revocation is durable and nothing more
    /// reaches the holders; connections are closed. `caller` is not waited for: it is waiting
    /// itself.
    pub(crate) async fn revoke(
        &self,
        selector: &TokenSelector,
        caller: Option<&Token>,
    ) -> Result<Vec<TokenInfo>, RevokeError> {
        let at = now();
        let (mut selected, dead) = self.select(selector, at).await?;
        if selector.dry_run {
            return Ok(selected.into_iter().map(info).collect());
        }
        let ids: Vec<String> = selected.iter().map(|record| record.id.clone()).collect();
        self.revoke_ids(&ids, at, caller).await?;
        // Somebody else may be revoking them at this moment, and this caller is promised as much.
        self.wait_released(&dead, caller).await;
        for record in &mut selected {
            record.revoked = Some(at);
        }
        Ok(selected.into_iter().map(info).collect())
    }

    /// The tokens that are to be revoked, and the ids of those that would be if they were not
    /// revoked already.
    async fn select(
        &self,
        selector: &TokenSelector,
        at: u64,
    ) -> Result<(Vec<Record>, Vec<String>), RevokeError> {
        let TokenSelector {
            id,
            name,
            token,
            older_than,
            unused,
            dry_run: _,
        } = selector;
        let candidates = match (id, name, token) {
            (Some(id), ..) => vec![self.find(id).await?],
            // More than one may be alive: those that a rotation lets live for a while have given
            // their name back.
            (_, Some(name), _) => {
                let newest = self.find(name).await?;
                let mut all = self.store.list().await?;
                all.retain(|record| {
                    let namesake = newest.name.is_some() && record.name == newest.name;
                    record.id == newest.id || namesake
                });
                all
            }
            (.., Some(text)) => vec![self.recorded(text).await?],
            _ if older_than.is_none() && unused.is_none() => return Err(RevokeError::NoCriterion),
            // The daemon's own token is never selected by age: the operator could not go on.
            _ => {
                let mut all = self.store.list().await?;
                all.retain(|record| record.origin != TokenOrigin::Repo);
                all
            }
        };
        let matches = |record: &Record| {
            record.expires.is_none_or(|expires| expires > at)
                && id
                    .as_ref()
                    .is_none_or(|id| *id == record.id || record.name.as_ref() == Some(id))
                && older_than.is_none_or(|age| record.issued + age <= at)
                && unused.is_none_or(|age| record.last_alive() + age <= at)
        };
        let candidates = candidates.into_iter().map(|record| self.up_to_date(record));
        let (alive, dead): (Vec<_>, Vec<_>) = candidates
            .filter(matches)
            .partition(|record| record.revoked.is_none_or(|revoked| revoked > at));
        Ok((alive, dead.into_iter().map(|record| record.id).collect()))
    }

    /// The record of a token given by its text; one that was never used is recorded first.
    async fn recorded(&self, text: &str) -> Result<Record, RevokeError> {
        let (claims, _) = self.keys().verify(text.trim())?;
        let id = token_id(&claims, text.trim())?;
        match self.store.get(&id).await? {
            Some(record) => Ok(record),
            None => Ok(self.record(id, &claims, TokenOrigin::Foreign).await?),
        }
    }

    pub(crate) async fn revoke_ids(
        &self,
        ids: &[String],
        at: u64,
        caller: Option<&Token>,
    ) -> Result<(), StoreError> {
        let alone = self.revoking.write().await;
        self.store.revoke(ids, at).await?;
        self.kill(ids, Death::Revoked);
        drop(alone);
        self.wait_released(ids, caller).await;
        Ok(())
    }

    /// Revokes every token of `origin`, and in the same step writes `value` in the store.
    pub(crate) async fn revoke_origin(
        &self,
        origin: TokenOrigin,
        value: Option<(&str, &[u8])>,
    ) -> Result<(), StoreError> {
        let alone = self.revoking.write().await;
        let ids = self.store.revoke_origin(origin, now(), value).await?;
        self.kill(&ids, Death::Revoked);
        drop(alone);
        self.wait_released(&ids, None).await;
        Ok(())
    }

    pub(super) fn kill(&self, ids: &[String], death: Death) {
        for token in ids.iter().filter_map(|id| self.live.get(id)) {
            token.die(death);
        }
    }

    async fn wait_released(&self, ids: &[String], caller: Option<&Token>) {
        let others = |id: &&String| caller.is_none_or(|caller| caller.id() != id.as_str());
        let tokens: Vec<_> = ids
            .iter()
            .filter(others)
            .filter_map(|id| self.live.get(id))
            .collect();
        let released = join_all(tokens.iter().map(|token| token.released()));
        if tokio::time::timeout(RELEASE, released).await.is_err() {
            tracing::warn!(target: "auth", "connections of revoked tokens are slow to close");
        }
    }

    /// Asks the store about every token in use: news of revocations may have been missed.
    pub(super) async fn resync(&self) {
        let ids: Vec<String> = self
            .live
            .all()
            .iter()
            .map(|token| token.id().to_owned())
            .collect();
        self.look_again(&ids).await;
    }

    /// Asks the store about tokens that another daemon may have revoked.
    pub(super) async fn look_again(&self, ids: &[String]) {
        for token in ids.iter().filter_map(|id| self.live.get(id)) {
            match self.store.get(token.id()).await {
                Ok(record) => match record.and_then(|record| record.revoked) {
                    Some(revoked) if revoked <= now() => token.die(Death::Revoked),
                    Some(to_come) => token.shorten(to_come),
                    None => {}
                },
                // The store went away again; it will ask for this again when it is back.
                Err(_) => return,
            }
        }
    }

    /// Makes a new secret, and with it a new token for the repo. Tokens of the old secret live for
    /// `grace` seconds more.
    pub(crate) async fn rotate(&self, grace: u64, file: &TokenFile) -> Result<(), RotateError> {
        let until = now().saturating_add(grace);
        let alone = self.revoking.write().await;
        let old = self.live.all();
        {
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.rotate(&self.keystore, until)?;
        }
        // The records say it too: these tokens are revoked from `until` on.
        let alive = |record: &Record| record.revoked.is_none_or(|revoked| revoked > until);
        let recorded = self.store.list().await?.into_iter().filter(alive);
        let ids: Vec<String> = recorded.map(|record| record.id).collect();
        self.store.revoke(&ids, until).await?;
        self.note_secret_gone(until).await?;
        // Local commands must find a good token when theirs dies.
        self.renew_repo_token(file).await?;
        self.verified.clear();
        for token in old {
            token.shorten(until);
        }
        drop(alone);
        Ok(())
    }

    /// Whether a token, given by its text, id or name, may call `method` on `path`: the rule that
    /// decides, as the gate asks it.
    pub(crate) async fn can(
        &self,
        token: &str,
        path: &str,
        method: &Method,
    ) -> Result<Result<(), Error>, RevokeError> {
        let record = match self.keys().verify(token) {
            Ok((claims, _)) => Some(token_id(&claims, token)?),
            Err(_) => None,
        };
        let record = match record {
            Some(_) => self.up_to_date(self.recorded(token).await?),
            None => self.find(token).await?,
        };
        if let Some(death) = record.death(now()) {
            return Ok(Err(Error::other(death)));
        }
        let reach = Reach::new(record.scope, &self.catalogue);
        let rights = Rights {
            permissions: record.permissions,
            reach: &reach,
            token: true,
        };
        Ok(rights.allow(path, method))
    }
}

/// What an operator is shown of a record.
pub(crate) fn info(record: Record) -> TokenInfo {
    let status = match record.death(now()) {
        None => TokenStatus::Active,
        Some(Death::Revoked) => TokenStatus::Revoked,
        Some(Death::Expired) => TokenStatus::Expired,
        Some(Death::Idle) => TokenStatus::Idle,
    };
    TokenInfo {
        id: record.id,
        name: record.name,
        origin: record.origin,
        permissions: record.permissions,
        scope: record.scope,
        issued_by: record.issued_by,
        issued: time(record.issued),
        expires: record.expires.map(time),
        idle: record.idle,
        last_used: record.last_used.map(|last| LastUse {
            at: time(last.at),
            address: last.address,
            method: last.method,
        }),
        revoked: record.revoked.map(time),
        status,
    }
}

fn time(seconds: u64) -> Timestamp {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}
