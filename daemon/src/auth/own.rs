//! The daemon's own token, in its repo, with which local commands work.

use lotus_core::types::{NewToken, TokenOrigin};
use lotus_core::{Permissions, Scope};

use super::store::StoreError;
use super::{Authority, MintError, Minter, token_id};
use crate::repo::{self, TokenFile};

/// Why the repo has no usable token.
#[derive(Debug, thiserror::Error)]
pub enum OwnTokenError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] repo::Error),
    /// It cannot be looked up or recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be minted.
    #[error(transparent)]
    Mint(#[from] MintError),
}

impl Authority {
    /// Keeps the repo's token usable. Lotus writes it only together with a new secret, so a token
    /// file that was deleted or damaged never comes back there.
    pub(crate) async fn keep_repo_token(&self, file: &TokenFile) -> Result<(), OwnTokenError> {
        if let Some(text) = file.read()? {
            self.recognise(&text).await?;
            match self.verify(&text).await {
                Ok(token) if token.permissions() == Permissions::ALL => return Ok(()),
                Ok(_) => {
                    tracing::warn!(target: "auth", "the repo's token lacks permissions and is replaced");
                }
                Err(why) => tracing::warn!(target: "auth", %why, "the repo's token is replaced"),
            }
        }
        self.renew_repo_token(file).await
    }

    /// Records the repo's token as what it is, if the registry does not know it: the registry was
    /// lost, or Lotus made the repo.
    async fn recognise(&self, text: &str) -> Result<(), StoreError> {
        // Whatever is wrong with it is said when it is verified.
        let Ok((claims, _)) = self.keys().verify(text) else {
            return Ok(());
        };
        let whole = claims.allow == Permissions::ALL && claims.scope() == Scope::ALL;
        if let Ok(id) = token_id(&claims, text)
            && whole
            && self.store.get(&id).await?.is_none()
        {
            tracing::info!(target: "auth", "the repo's token is recorded anew");
            self.record(id, &claims, TokenOrigin::Repo).await?;
        }
        Ok(())
    }

    /// Replaces the repo's token by a new one.
    pub(crate) async fn renew_repo_token(&self, file: &TokenFile) -> Result<(), OwnTokenError> {
        let new = NewToken {
            permissions: Permissions::ALL,
            ..NewToken::default()
        };
        let (token, _) = self.mint(new, TokenOrigin::Repo, Minter::Root).await?;
        Ok(file.write(&token)?)
    }
}
