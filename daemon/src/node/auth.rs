//! `Auth`: the RPC face of the token registry, for the node and the miner.

use std::sync::Arc;

use jsonrpsee::Extensions;
use jsonrpsee::core::async_trait;
use lotus_core::api::auth::{AUTH, AuthServer};
use lotus_core::api::{Mismatch, Surface};
use lotus_core::types::{
    CreatedToken, NewToken, TokenInfo, TokenOrigin, TokenSelector, TokenSelf, Verdict,
};
use lotus_core::{Api, Error, Method, Scope};
use tokio::task::JoinError;

use crate::auth::{Authority, Minter, Token, info};
use crate::daemon::Parts;
use crate::repo::TokenFile;
use crate::rpc::Caller;
use crate::task::to_the_end;

/// The methods of `Auth` on one path.
pub(crate) struct AuthRpc {
    authority: Arc<Authority>,
    token_file: TokenFile,
    /// What `Auth.Can` speaks of.
    surface: Surface,
}

impl AuthRpc {
    /// `surface` is the daemon's main path.
    pub(crate) fn new(parts: &Parts, surface: Surface) -> Self {
        let (authority, token_file) = (parts.authority.clone(), parts.repo.token_file());
        Self {
            authority,
            token_file,
            surface,
        }
    }

    pub(crate) fn api(self) -> Result<Api, Mismatch> {
        Api::new(self.into_rpc(), AUTH)
    }

    fn methods(&self) -> impl Iterator<Item = &'static Method> {
        self.surface.methods().into_values()
    }

    /// What is odd about a scope, though it is legal: patterns that no method matches.
    fn warnings(&self, new: &NewToken) -> Vec<String> {
        let unmatched = new.scope.methods.iter().flatten().filter(|pattern| {
            let scope = Scope {
                endpoints: None,
                methods: Some(vec![(*pattern).clone()]),
            };
            !self
                .methods()
                .any(|method| scope.allows_method(method.name))
        });
        unmatched
            .map(|pattern| {
                let mut names: Vec<_> = self
                    .methods()
                    .map(|method| (strsim::jaro_winkler(pattern, method.name), method.name))
                    .collect();
                names.sort_by(|a, b| b.0.total_cmp(&a.0));
                let nearest: Vec<_> = names.iter().take(3).map(|(_, name)| *name).collect();
                format!(
                    "no method matches {pattern:?}; the nearest are {}",
                    nearest.join(", ")
                )
            })
            .collect()
    }
}

/// The token behind a call.
fn caller(call: &Extensions) -> Result<Arc<Token>, Error> {
    let token = call
        .get::<Caller>()
        .and_then(|caller| caller.token().cloned());
    token.ok_or_else(|| Error::other("this call needs a token"))
}

#[async_trait]
impl AuthServer for AuthRpc {
    async fn create(&self, call: &Extensions, token: NewToken) -> Result<CreatedToken, Error> {
        let holder = caller(call)?;
        let warnings = self.warnings(&token);
        let minted = self
            .authority
            .mint(token, TokenOrigin::Minted, Minter::Holder(&holder))
            .await;
        let (token, record) = minted.map_err(Error::other)?;
        Ok(CreatedToken {
            token,
            info: info(record),
            warnings,
        })
    }

    async fn list(&self, all: bool) -> Result<Vec<TokenInfo>, Error> {
        self.authority.list(all).await.map_err(Error::other)
    }

    async fn get(&self, id: String) -> Result<TokenInfo, Error> {
        self.authority
            .find(&id)
            .await
            .map(info)
            .map_err(Error::other)
    }

    async fn revoke(
        &self,
        call: &Extensions,
        selector: TokenSelector,
    ) -> Result<Vec<TokenInfo>, Error> {
        let holder = caller(call)?;
        let (authority, file) = (self.authority.clone(), self.token_file.clone());
        let work = async move {
            let revoked = authority
                .revoke(&selector, Some(&holder))
                .await
                .map_err(Error::other)?;
            let own = revoked.iter().any(|info| info.origin == TokenOrigin::Repo);
            if own && !selector.dry_run {
                // Local commands must go on working after the daemon's own token has died.
                authority
                    .renew_repo_token(&file)
                    .await
                    .map_err(Error::other)?;
            }
            Ok(revoked)
        };
        to_the_end(work, failed).await
    }

    async fn rotate_secret(&self, grace: u64) -> Result<(), Error> {
        let (authority, file) = (self.authority.clone(), self.token_file.clone());
        let work = async move { authority.rotate(grace, &file).await.map_err(Error::other) };
        to_the_end(work, failed).await
    }

    async fn can(&self, token: String, method: String) -> Result<Verdict, Error> {
        let known = self
            .methods()
            .find(|row| row.name == method || row.aliases.contains(&method.as_str()));
        let known = known.ok_or_else(|| {
            Error::Other(format!(
                "method '{method}' not found on {}",
                self.surface.path
            ))
        })?;
        let verdict = self
            .authority
            .can(token.trim(), self.surface.path, known)
            .await
            .map_err(Error::other)?;
        Ok(match verdict {
            Ok(()) => Verdict {
                allowed: true,
                reason: format!(
                    "the token has permission {} and no scope forbids it",
                    known.permission
                ),
            },
            Err(error) => Verdict {
                allowed: false,
                reason: error.to_string(),
            },
        })
    }

    async fn self_info(&self, call: &Extensions) -> Result<TokenSelf, Error> {
        let token = caller(call)?;
        let record = self
            .authority
            .find(token.id())
            .await
            .map_err(Error::other)?;
        let rights = token.rights();
        let mut methods_allowed: Vec<String> = self
            .methods()
            .filter(|method| rights.allow(self.surface.path, method).is_ok())
            .map(|method| method.name.to_owned())
            .collect();
        methods_allowed.sort();
        Ok(TokenSelf {
            info: info(record),
            methods_allowed,
        })
    }

    async fn revoke_self(&self, call: &Extensions) -> Result<(), Error> {
        let token = caller(call)?;
        let authority = self.authority.clone();
        let work = async move {
            let id = Some(token.id().to_owned());
            let selector = TokenSelector {
                id,
                ..TokenSelector::default()
            };
            authority
                .revoke(&selector, Some(&token))
                .await
                .map_err(Error::other)?;
            Ok(())
        };
        to_the_end(work, failed).await
    }
}

fn failed(error: JoinError) -> Error {
    Error::Other(format!("the call failed: {error}"))
}
