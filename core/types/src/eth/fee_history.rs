//! What gas cost lately.

use super::{EthBigInt, EthUint64};
use crate::{go, object};

/// The fees of a range of blocks (Lotus `EthFeeHistory`).
#[object]
#[serde(rename_all = "camelCase")]
pub struct EthFeeHistory {
    /// The number of the first block.
    pub oldest_block: EthUint64,
    /// The base fee of each block and of the one that follows the last, in attoFIL.
    pub base_fee_per_gas: Vec<EthBigInt>,
    /// The part of each block's gas limit that was used, from 0 to 1.
    #[serde(serialize_with = "go::float")]
    pub gas_used_ratio: Vec<f64>,
    /// The premiums that were paid, in attoFIL: per block, per percentile that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<Vec<Vec<EthBigInt>>>,
}
