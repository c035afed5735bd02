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
    let premium = at_55_percent(prices, blocks);
    if premium >= econ::TokenAmount::from_atto(MIN_PREMIUM) {
        return Ok(premium);
    }
    Ok(econ::TokenAmount::from_atto(match epochs {
        1 => 2 * MIN_PREMIUM,
        2 => 3 * MIN_PREMIUM / 2,
        _ => MIN_PREMIUM,
    }))
}

/// The premium at which 55 % of the gas that so many blocks shall have would be taken by those who
/// pay more: a bit further than half, so that prices fall rather than rise.
fn at_55_percent(mut prices: Vec<Price>, blocks: i64) -> econ::TokenAmount {
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

    /// Inputs and results of Lotus's `gas_test.go`, with the 55 % of today: premium and gas limit of
    /// each message, blocks, expected.
    #[test]
    fn the_premium_is_that_of_lotus() {
        let of = |prices: &[(u64, i64)], blocks| {
            let prices = prices.iter().map(|(premium, gas_limit)| Price {
                premium: econ::TokenAmount::from_atto(*premium),
                gas_limit: *gas_limit,
            });
            at_55_percent(prices.collect(), blocks)
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
        assert_eq!(
            of(&[(10, HALF + HALF / 10), (20, HALF), (30, HALF / 10)], 1),
            atto(15),
            "at the edge the next one counts too"
        );
    }
}
