//! Why a daemon does not start.

use lotus_core::api::Mismatch;
use lotus_core::types::NetworkAlreadySet;

use crate::audit;
use crate::auth::store::StoreError;
use crate::auth::{OwnTokenError, SecretError};
use crate::chain::devnet::DevnetError;
use crate::chain::place::ImportError;
use crate::config;
use crate::ext::issuer::PasswordError;
use crate::keystore::KeystoreError;
use crate::repo;
use crate::rpc::ListenError;
use crate::wallet::WalletError;

/// Why a daemon did not start. Nothing is left running or locked.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The repo cannot be opened.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// The config cannot be used.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The keystore cannot be used.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// There is no usable secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The tokens cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token store that the config names cannot be opened.
    #[error("[Auth] Store: {0}")]
    SharedStore(#[source] StoreError),
    /// The audit log cannot be continued.
    #[error(transparent)]
    Audit(#[from] audit::OpenError),
    /// The names of the chain under `/ext/bc` cannot be used.
    #[error("{0}")]
    Aliases(String),
    /// The Auth API cannot be served.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The repo's own token cannot be made.
    #[error(transparent)]
    OwnToken(#[from] OwnTokenError),
    /// Another daemon of this process uses the other address prefix.
    #[error(transparent)]
    Network(#[from] NetworkAlreadySet),
    /// The local network cannot be opened.
    #[error(transparent)]
    LocalNetwork(#[from] Box<DevnetError>),
    /// The chain cannot be imported, or the one that was imported cannot be opened.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The keys of the accounts that have funds cannot be kept.
    #[error("the keys of the local network's accounts cannot be kept: {0}")]
    Accounts(#[from] WalletError),
    /// An error in this program.
    #[error("opening the chain failed: {0}")]
    Thread(tokio::task::JoinError),
    /// The API cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// An error in this program: methods without permissions, or the reverse.
    #[error(transparent)]
    Api(#[from] Mismatch),
}
