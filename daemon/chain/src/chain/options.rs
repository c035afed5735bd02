//! What a chain is opened with.

use std::path::PathBuf;

use lotus_types::{Address, TokenAmount};

use crate::keys::LOCAL_CHAIN_ID;

/// What a chain is opened with. What is in the store already wins over what is said here.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of the database; `None` keeps the chain in memory, and it goes with the process.
    pub dir: Option<PathBuf>,
    /// The name of the network.
    pub network_name: String,
    /// The EIP-155 chain ID, which is part of what delegated keys sign.
    pub chain_id: u64,
    /// The seconds between two epochs.
    pub block_delay: u64,
    /// The time of the genesis, in seconds since 1970; `None` is now. Two chains with the same
    /// name, time, accounts and miners have the same genesis.
    pub genesis_time: Option<u64>,
    /// Who has funds from the start, in the order of their ids from f0100 on.
    pub accounts: Vec<(Address, TokenAmount)>,
    /// The BLS keys (f3) that make blocks from the start. Each has a miner of its own, from f01000 on
    /// in this order, which it owns and works for, and all have the same power. A key gets an account
    /// too, after the others, if it is not one of them.
    pub miners: Vec<Address>,
}

impl Options {
    /// A local network in memory with 30 seconds between its epochs and nobody who has funds.
    pub fn ephemeral(miner: Address) -> Options {
        Options {
            dir: None,
            network_name: "localnet".to_owned(),
            chain_id: LOCAL_CHAIN_ID,
            block_delay: 30,
            genesis_time: None,
            accounts: Vec::new(),
            miners: vec![miner],
        }
    }
}
