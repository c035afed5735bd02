//! The Auth API's side of the token registry.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use lotus_core::types::{NewToken, TokenOrigin, TokenSelector};
use lotus_core::{Permissions, Scope};

use super::auth_api::{Called, IssuerError, TOKEN_LIFETIME, TokenIssuer};
use super::gate::AUTH_API;
use super::json2::Fault;
use super::password::{PasswordFile, Start, State, VALUE_KEY};
use crate::audit::{Audit, Entry, Outcome, Transport, Verdict};
use crate::auth::{Authority, Minter, RevokeError};
use crate::task::{self, to_the_end};

/// Why the Auth API cannot be served: the password file, or the stored state of the password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PasswordError(String);

impl PasswordError {
    fn new(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// Reads the password file and brings the stored state in line with it: the stored password stays
/// in force unless the file has changed since it was read.
pub(crate) async fn prepare(file: &str, authority: &Authority) -> Result<(), PasswordError> {
    let file = PasswordFile::read(Path::new(file)).map_err(PasswordError::new)?;
    if let Some(warning) = file.warning() {
        tracing::warn!(target: "auth", "{warning}");
    }
    let store = authority.store();
    let stored = store
        .read_value(VALUE_KEY)
        .await
        .map_err(PasswordError::new)?;
    let stored = stored
        .as_deref()
        .map(State::from_bytes)
        .transpose()
        .map_err(PasswordError::new)?;
    let start = task::blocking(move || State::start(&file, stored.as_ref()));
    let written = match start
        .await
        .map_err(PasswordError::new)?
        .map_err(PasswordError::new)?
    {
        Start::Keep => Ok(()),
        Start::Write(state) => store.write_value(VALUE_KEY, &state.to_bytes()).await,
        Start::Change(state) => {
            let value = Some((VALUE_KEY, &*state.to_bytes()));
            authority.revoke_origin(TokenOrigin::Password, value).await
        }
    };
    written.map_err(PasswordError::new)
}

/// Issues tokens out of the registry.
pub(crate) struct Issuer {
    pub(crate) authority: Arc<Authority>,
    pub(crate) audit: Arc<Audit>,
}

#[async_trait]
impl TokenIssuer for Issuer {
    async fn password_state(&self) -> Result<Vec<u8>, IssuerError> {
        let state = self
            .authority
            .store()
            .read_value(VALUE_KEY)
            .await
            .map_err(IssuerError::new)?;
        state.ok_or_else(|| {
            IssuerError::new("the token store has lost the password; restart the daemon")
        })
    }

    async fn issue(&self, scope: Scope, permissions: Permissions) -> Result<String, IssuerError> {
        let new = NewToken {
            permissions,
            scope,
            expires_in: Some(TOKEN_LIFETIME),
            ..NewToken::default()
        };
        let minted = self
            .authority
            .mint(new, TokenOrigin::Password, Minter::Root)
            .await;
        minted.map(|(token, _)| token).map_err(IssuerError::new)
    }

    async fn revoke_text(&self, token: &str) -> Result<(), IssuerError> {
        let selector = TokenSelector {
            token: Some(token.to_owned()),
            ..TokenSelector::default()
        };
        let authority = self.authority.clone();
        let work = async move {
            match authority.revoke(&selector, None).await {
                // A token that is not valid opens nothing: there is nothing to do.
                Ok(_) | Err(RevokeError::Invalid(_)) => Ok(()),
                Err(error) => Err(IssuerError::new(error)),
            }
        };
        to_the_end(work, IssuerError::new).await
    }

    async fn password_changed(&self, state: &[u8]) -> Result<(), IssuerError> {
        let (authority, state) = (self.authority.clone(), state.to_vec());
        let work = async move {
            let value = Some((VALUE_KEY, &*state));
            let revoked = authority.revoke_origin(TokenOrigin::Password, value).await;
            revoked.map_err(IssuerError::new)
        };
        to_the_end(work, IssuerError::new).await
    }

    fn record(&self, called: Called<'_>, outcome: Result<(), &Fault>) {
        let receipt = self.audit.record(Entry {
            token: None,
            name: None,
            address: called.source,
            transport: Transport::Http,
            path: AUTH_API.into(),
            method: Some(called.method.into()),
            verdict: if outcome.is_ok() {
                Verdict::Allowed
            } else {
                Verdict::Refused
            },
            reason: outcome.err().map(|fault| fault.to_string().into()),
            request: called.id.map(str::to_owned),
            outcome: Some(if outcome.is_ok() {
                Outcome::Ok
            } else {
                Outcome::Error
            }),
        });
        // The password check that came before costs more than the wait would.
        drop(receipt);
    }
}
