//! What to pay a block's producer.

use std::sync::Arc;

use fvm_shared::econ;
use lotus_types::{TipSet, TipSetKey};

use crate::mempool::{View, ViewError};
use crate::recent::Recent;

/// What is paid when blocks are not full, in attoFIL per unit of gas (Lotus `MinGasPremium`).
const MIN_PREMIUM: u64 = 100_000;

/// The gas that a block shall have, in gas units (Lotus `BlockGasTarget`).
const BLOCK_GAS_TARGET: i64 = 5_000_000_000;

/// No more tipsets are looked at, however many epochs are asked for.
const MAX_TIPSETS: u64 = 1000;

/// How many premiums are remembered, and of how many tipsets what their parents paid.
const REMEMBERED: usize = 64;

/// What a message paid for a unit of gas, and how many units it asked for.
#[derive(Debug)]
struct Price {
    premium: econ::TokenAmount,
    gas_limit: i64,
}

/// The parents of a tipset, and what their messages paid.
#[derive(Debug, Clone)]
struct Paid {
    parents: Arc<TipSet>,
    prices: Arc<[Price]>,
}

/// What is known already, so that every tipset is read once only (Lotus's `GasPriceCache`).
#[derive(Debug)]
pub(super) struct Prices {
    /// Of the first tipset there are no parents.
    paid: Recent<Option<Paid>>,
    /// For how many epochs the last premium at a tipset was, and the premium.
    premiums: Recent<(u64, econ::TokenAmount)>,
}

impl Default for Prices {
    fn default() -> Prices {
        Prices {
            paid: Recent::new(REMEMBERED),
            premiums: Recent::new(REMEMBERED),
        }
    }
}

impl Prices {
    pub(super) fn estimate(
        &self,
        view: &dyn View,
        epochs: u64,
        tipset: &TipSetKey,
    ) -> Result<econ::TokenAmount, ViewError> {
        let epochs = epochs.max(1);
        let tipset = view.tipset(tipset)?;
        if let Some((of, premium)) = self.premiums.get(tipset.key())
            && of == epochs
        {
            return Ok(premium);
        }
        let mut paid = Vec::new();
        let mut blocks = 0;
        let mut next = tipset.clone();
        for _ in 0..epochs.saturating_mul(2).min(MAX_TIPSETS) {
            let found = self.paid.get_or(next.key(), || read(view, &next))?;
            let Some(Paid { parents, prices }) = found else {
                break;
            };
            blocks += parents.blocks().len() as i64;
            paid.push(prices);
            next = parents;
        }
        let premium = median(
            paid.iter().flat_map(|prices| prices.iter()).collect(),
            blocks,
        );
        let premium = match premium >= econ::TokenAmount::from_atto(MIN_PREMIUM) {
            true => premium,
            false => econ::TokenAmount::from_atto(match epochs {
                1 => 2 * MIN_PREMIUM,
                2 => 3 * MIN_PREMIUM / 2,
                _ => MIN_PREMIUM,
            }),
        };
        self.premiums
            .remember(tipset.key(), (epochs, premium.clone()));
        Ok(premium)
    }
}

/// What the parents of a tipset paid.
fn read(view: &dyn View, tipset: &TipSet) -> Result<Option<Paid>, ViewError> {
    let Some(parents) = view.parent(tipset)? else {
        return Ok(None);
    };
    let messages = view.messages(&parents)?;
    let prices = messages.iter().map(|message| {
        let message = message.message();
        Price {
            premium: message.gas_premium.inner().clone(),
            gas_limit: message.gas_limit,
        }
    });
    let prices = prices.collect();
    Ok(Some(Paid { parents, prices }))
}

/// The premium of the message with which those that pay as much or more take half of the gas that so
/// many blocks shall have, and a twentieth of that more: so prices fall rather than rise.
fn median(mut prices: Vec<&Price>, blocks: i64) -> econ::TokenAmount {
    prices.sort_by(|one, other| other.premium.cmp(&one.premium));
    let mut gas = BLOCK_GAS_TARGET * blocks / 2 + BLOCK_GAS_TARGET * blocks / 40;
    let (mut last, mut before) = (econ::TokenAmount::default(), econ::TokenAmount::default());
    for price in prices {
        before = std::mem::replace(&mut last, price.premium.clone());
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
            let prices: Vec<_> = prices.collect();
            median(prices.iter().collect(), blocks)
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
