//! The outcome of a transaction.

use super::{EthAddress, EthBigInt, EthBytes, EthHash, EthLog, EthUint64};
use crate::object;

/// The outcome of a transaction (Lotus `EthTxReceipt`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthTxReceipt {
    /// The transaction.
    pub transaction_hash: EthHash,
    /// Its position in the block.
    pub transaction_index: EthUint64,
    /// Its block.
    pub block_hash: EthHash,
    /// The number of its block, an epoch.
    pub block_number: EthUint64,
    /// Who sent it.
    pub from: EthAddress,
    /// Who received it; nobody if it made a contract.
    pub to: Option<EthAddress>,
    /// The state before it; on Filecoin always zero.
    pub root: EthHash,
    /// 1 if it succeeded, 0 if not.
    pub status: EthUint64,
    /// The contract that it made, if it made one.
    pub contract_address: Option<EthAddress>,
    /// The gas that it and those before it in the block used; on Filecoin always 0.
    pub cumulative_gas_used: EthUint64,
    /// The gas that it used, in gas units.
    pub gas_used: EthUint64,
    /// What it paid for a unit of gas, in attoFIL.
    pub effective_gas_price: EthBigInt,
    /// A Bloom filter of its logs, of 256 bytes.
    pub logs_bloom: EthBytes,
    /// Its logs.
    pub logs: Vec<EthLog>,
    /// The kind of the transaction, as in [`EthTx`](super::EthTx).
    pub r#type: EthUint64,
}
