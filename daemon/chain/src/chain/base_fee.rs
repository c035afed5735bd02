//! What a unit of gas costs in the next block (Lotus `chain/store/basefee.go`).

use std::collections::HashSet;

use fvm_shared::bigint::{BigInt, Integer};
use lotus_types::{TipSet, TokenAmount};

use crate::mempool;
use crate::store::{ChainStore, StoreError};

/// How much gas the messages of a block may ask for together, in gas units (`BlockGasLimit`).
pub const BLOCK_GAS_LIMIT: i64 = mempool::BLOCK_GAS_LIMIT.cast_signed();
/// How much of it keeps the base fee as it is (`BlockGasTarget`).
pub const BLOCK_GAS_TARGET: i64 = BLOCK_GAS_LIMIT / 2;
/// The lowest base fee, in attoFIL per unit of gas (`MinimumBaseFee`).
pub const MINIMUM_BASE_FEE: u64 = 100;
/// The base fee of the first block, in attoFIL per unit of gas (`InitialBaseFee`).
pub const INITIAL_BASE_FEE: u64 = 100_000_000;

/// By which fraction the base fee changes at most, from one tipset to the next.
const MAX_CHANGE_DENOMINATOR: i64 = 8;

/// The base fee after a tipset whose messages ask for `gas_limit` in `blocks` blocks (Lotus
/// `ComputeNextBaseFee`): it rises by up to an eighth while blocks are more than half full, and
/// falls while they are less.
pub fn next_base_fee(base_fee: &TokenAmount, gas_limit: i64, blocks: usize) -> TokenAmount {
    let blocks = i64::try_from(blocks.max(1)).unwrap_or(i64::MAX);
    let delta = (gas_limit / blocks - BLOCK_GAS_TARGET).clamp(-BLOCK_GAS_TARGET, BLOCK_GAS_TARGET);
    // Rounded down in both steps, as Go's `big.Int.Div` does.
    let change = (base_fee.atto() * delta)
        .div_floor(&BigInt::from(BLOCK_GAS_TARGET))
        .div_floor(&BigInt::from(MAX_CHANGE_DENOMINATOR));
    TokenAmount::from_atto((base_fee.atto() + change).max(BigInt::from(MINIMUM_BASE_FEE)))
}

/// The base fee of the blocks that build on a tipset (Lotus `ChainStore.ComputeBaseFee`), in attoFIL
/// per unit of gas.
///
/// # Errors
/// A message of the tipset is not here.
pub fn after(store: &ChainStore, tipset: &TipSet) -> Result<TokenAmount, StoreError> {
    let mut seen = HashSet::new();
    let mut asked: i64 = 0;
    for header in tipset.blocks() {
        let messages = store.block_messages(header)?;
        let secp = messages.secp.iter();
        let secp = secp.map(|signed| Ok((signed.cid()?, signed.message.gas_limit)));
        let bls = messages.bls.iter();
        let bls = bls.map(|message| Ok((message.cid()?, message.gas_limit)));
        for message in bls.chain(secp) {
            let (cid, gas_limit) = message.map_err(|error: lotus_types::MessageError| error)?;
            if seen.insert(cid) {
                asked = asked.saturating_add(gas_limit);
            }
        }
    }
    Ok(next_base_fee(
        tipset.base_fee(),
        asked,
        tipset.blocks().len(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Lotus's `chain/store/basefee_test.go`, the values after the upgrade `Smoke`; and at the
    /// minimum.
    #[test]
    fn it_follows_lotus() {
        for (base_fee, gas_limit, blocks, next) in [
            (100_000_000_u64, 0_i64, 1, 87_500_000_u64),
            (100_000_000, 0, 5, 87_500_000),
            (100_000_000, BLOCK_GAS_TARGET, 1, 100_000_000),
            (100_000_000, BLOCK_GAS_TARGET * 2, 2, 100_000_000),
            (100_000_000, BLOCK_GAS_LIMIT * 2, 2, 112_500_000),
            (100_000_000, (BLOCK_GAS_LIMIT * 15) / 10, 2, 106_250_000),
            (100, 0, 1, 100),
            (101, 0, 1, 100),
        ] {
            assert_eq!(
                next_base_fee(&TokenAmount::from_atto(base_fee), gas_limit, blocks),
                TokenAmount::from_atto(next),
                "{base_fee} {gas_limit} {blocks}"
            );
        }
    }
}
