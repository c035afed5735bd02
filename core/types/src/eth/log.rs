//! What contracts report.

use super::{EthAddress, EthBytes, EthHash, EthUint64};
use crate::object;

/// An event of a contract, and where it was emitted (Lotus `EthLog`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthLog {
    /// The contract.
    pub address: EthAddress,
    /// The part that is not indexed.
    pub data: EthBytes,
    /// The indexed part: at most four hashes or values.
    pub topics: Vec<EthHash>,
    /// Whether its block is no longer part of the chain.
    pub removed: bool,
    /// Its position among the logs of the block.
    pub log_index: EthUint64,
    /// The position of its transaction in the block.
    pub transaction_index: EthUint64,
    /// Its transaction.
    pub transaction_hash: EthHash,
    /// Its block.
    pub block_hash: EthHash,
    /// The number of its block, an epoch.
    pub block_number: EthUint64,
}
