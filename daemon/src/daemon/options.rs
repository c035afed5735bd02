//! How a daemon is started.

use std::path::PathBuf;

use lotus_core::types::Network;
use multiaddr::Multiaddr;

use crate::chain::options::ChainOptions;
use crate::log::Logs;

/// How to start a daemon.
#[derive(Debug)]
pub struct Options {
    /// The repo's directory; it is made when it does not exist.
    pub repo: PathBuf,
    /// Another config file than `<repo>/config.toml`.
    pub config: Option<PathBuf>,
    /// Where to listen instead of `[API] ListenAddress`.
    pub listen: Option<Multiaddr>,
    /// The longest request in bytes instead of `[API] MaxRequestSize`.
    pub max_request_size: Option<u32>,
    /// Requires a token for every call and serves the Auth API, whatever `[API] AuthRequired` says.
    pub auth_required: bool,
    /// The file with the Auth API's password instead of `[API] AuthPasswordFile`.
    pub auth_password_file: Option<PathBuf>,
    /// Which chain a node has. A miner has none.
    pub chain: ChainOptions,
    /// The letter that addresses begin with.
    pub network: Network,
    /// Where `LOTUS_*` overrides of the config come from; the process's environment by default.
    pub env: fn(&str) -> Option<String>,
    /// The log whose levels `LogSetLevel` changes.
    pub logs: Logs,
}

impl Options {
    /// The defaults for a repo: its config decides.
    pub fn new(repo: impl Into<PathBuf>) -> Self {
        Self {
            repo: repo.into(),
            config: None,
            listen: None,
            max_request_size: None,
            auth_required: false,
            auth_password_file: None,
            chain: ChainOptions::default(),
            network: Network::Testnet,
            env: |name| std::env::var(name).ok(),
            logs: Logs::default(),
        }
    }
}
