//! What to pay a block's producer.

use fvm_shared::econ;
use lotus_core::types::TipSetKey;

use crate::mempool::{View, ViewError};

/// What is paid when blocks are not full, in attoFIL per unit of gas (Lotus `MinGasPremium`).
const MIN_PREMIUM: u64 = 100_000;

/// The gas that a block shall have, in gas units (Lotus `BlockGasTarget`).
const BLOCK_GAS_TARGET: i64 = 5_000_000_000;

/// No more tipsets are looked at, however many epochs are asked for.
const MAX_TIPSETS: u64 = 1000;

/// What a message paid for a unit of gas, and how many units it asked for.
struct Price {
    premium: econ::TokenAmount,
    gas_limit: i64,
}

pub(super) fn estimate(
    view: &dyn View,
    epochs: u64,
    tipset: &TipSetKey,
) -> Result<econ::TokenAmount, ViewError> {
    let epochs = epochs.max(1);
    let mut prices = Vec::new();
    let mut blocks = 0;
    let mut tipset = view.tipset(tipset)?;
    for _ in 0..epochs.saturating_mul(2).min(MAX_TIPSETS) {
        let Some(parent) = view.parent(&tipset)? else {
            break;
        };
        blocks += parent.blocks().len() as i64;
        prices.extend(view.messages(&parent)?.iter().map(|message| {
            let message = message.message();
            Price {
                premium: message.gas_premium.inner().clone(),
                gas_limit: message.gas_limit,
            }
        }));
        tipset = parent;
    }
    let premium = median(prices, blocks);
    if premium >= econ::TokenAmount::from_atto(MIN_PREMIUM) {
        return Ok(premium);
    }
    Ok(econ::TokenAmount::from_atto(match epochs {
        1 => 2 * MIN_PREMIUM,
        2 => 3 * MIN_PREMIUM / 2,
        _ => MIN_PREMIUM,
    }))
}

/// The premium of the message with which those that pay as much or more take half of the gas that so
/// many blocks shall have, and a twentieth of that more: so prices fall rather than rise.
fn median(mut prices: Vec<Price>, blocks: i64) -> econ::TokenAmount {
    prices.sort_by(|one, other| other.premium.cmp(&one.premium));
    let mut gas = BLOCK_GAS_TARGET * blocks / 2 + BLOCK_GAS_TARGET * blocks / 40;
    let (mut last, mut before) = (econ::TokenAmount::default(), econ::TokenAmount::default());
    for price in prices {
        before = std::mem::replace(&mut last, price.premium);
        gas = gas.saturating_sub(price.gas_limit);
        if gas < 0 {
            break;
        }
    }
    if before.is_zero() {
        return last;
    }
    (last + before).div_floor(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of Lotus's `gasutils_test.go`.
    #[test]
    fn the_premium_is_that_of_lotus() {
        let of = |prices: &[(u64, i64)], blocks| {
            let prices = prices.iter().map(|(premium, gas_limit)| Price {
                premium: econ::TokenAmount::from_atto(*premium),
                gas_limit: *gas_limit,
            });
            median(prices.collect(), blocks)
        };
        let atto = |premium: u64| econ::TokenAmount::from_atto(premium);
        const HALF: i64 = BLOCK_GAS_TARGET / 2;
        assert_eq!(of(&[], 1), atto(0));
        assert_eq!(of(&[(5, BLOCK_GAS_TARGET)], 1), atto(5));
        assert_eq!(
            of(&[(5, BLOCK_GAS_TARGET), (10, BLOCK_GAS_TARGET)], 1),
            atto(10)
        );
        assert_eq!(of(&[(10, HALF), (20, HALF)], 1), atto(15));
        assert_eq!(of(&[(10, HALF), (20, HALF), (30, HALF)], 1), atto(25));
    }
}
