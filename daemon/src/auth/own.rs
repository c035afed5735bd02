//! The daemon's own token, in its repo, with which local commands work.

use lotus_core::Permissions;
use lotus_core::types::{NewToken, TokenOrigin};

use super::{Authority, MintError, Minter};
use crate::repo::{self, TokenFile};

/// Why the repo has no usable token.
#[derive(Debug, thiserror::Error)]
pub enum OwnTokenError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] repo::Error),
    /// It cannot be minted.
    #[error(transparent)]
    Mint(#[from] MintError),
}

impl Authority {
    /// Keeps the repo's token usable. Lotus writes it only together with a new secret, so a token
    /// file that was deleted or damaged never comes back there.
    pub(crate) async fn keep_repo_token(&self, file: &TokenFile) -> Result<(), OwnTokenError> {
        if let Some(text) = file.read()? {
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
