//! Transactions.

use super::{EthAddress, EthBigInt, EthBytes, EthHash, EthUint64};
use crate::object;

/// A message in the guise of a transaction (Lotus `EthTx`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthTx {
    /// The network's number, 314 for mainnet.
    pub chain_id: EthUint64,
    /// How many transactions the sender has sent before.
    pub nonce: EthUint64,
    /// Its identity. For a message that did not come as a transaction, the hash in its CID.
    pub hash: EthHash,
    /// Its block, if it is in one.
    pub block_hash: Option<EthHash>,
    /// The number of its block, an epoch.
    pub block_number: Option<EthUint64>,
    /// Its position in the block.
    pub transaction_index: Option<EthUint64>,
    /// Who sent it.
    pub from: EthAddress,
    /// Who receives it; nobody if it makes a contract.
    pub to: Option<EthAddress>,
    /// What is sent along, in attoFIL.
    pub value: EthBigInt,
    /// Its kind: 0 as before EIP-2718, 2 of EIP-1559.
    pub r#type: EthUint64,
    /// The method and its parameters, or the code of a new contract.
    pub input: EthBytes,
    /// The gas that it may use, in gas units.
    pub gas: EthUint64,
    /// The most that it pays for a unit of gas, in attoFIL; not in the old kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fee_per_gas: Option<EthBigInt>,
    /// What of that goes to the miner, in attoFIL; not in the old kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_priority_fee_per_gas: Option<EthBigInt>,
    /// What it pays for a unit of gas, in attoFIL; only in the old kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gas_price: Option<EthBigInt>,
    /// On Filecoin always empty.
    pub access_list: Vec<EthHash>,
    /// The signature's recovery id.
    pub v: EthBigInt,
    /// The first half of the signature.
    pub r: EthBigInt,
    /// The second half of the signature.
    pub s: EthBigInt,
}
