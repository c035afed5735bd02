//! What an operator is told when a daemon is ready.

use std::path::PathBuf;

use lotus_core::types::{Address, Cid, TokenAmount};
use lotus_core::{Permissions, Role};
use multiaddr::Multiaddr;

/// What an operator wants to know about a node's chain.
#[derive(Clone, Debug)]
pub struct ChainReady {
    /// The network's name.
    pub network: String,
    /// Its EIP-155 chain ID.
    pub chain_id: u64,
    /// The CID of its first block.
    pub genesis: Cid,
    /// The epoch of its head.
    pub height: i64,
    /// When blocks are made, in words.
    pub blocks: String,
    /// The miner that a local network begins with.
    pub miner: Option<Address>,
    /// The accounts that had funds from the start and whose keys are in the wallet, and what they
    /// have now.
    pub accounts: Vec<(Address, TokenAmount)>,
}

/// What an operator wants to know about a daemon that is ready.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Which daemon it is.
    pub role: Role,
    /// [`crate::VERSION`].
    pub version: &'static str,
    /// The repo's directory.
    pub repo: PathBuf,
    /// The file with the repo's admin token.
    pub token_file: PathBuf,
    /// The multiaddr of the API, with the real port.
    pub address: Multiaddr,
    /// The socket's address.
    pub socket: std::net::SocketAddr,
    /// What callers without a token may do.
    pub anonymous: Permissions,
    /// The node's chain; a miner has none.
    pub chain: Option<ChainReady>,
}

impl Ready {
    /// Whether other machines can reach the API.
    pub fn is_exposed(&self) -> bool {
        !self.socket.ip().is_loopback()
    }
}
