//! What gas costs, and cost lately (Lotus `node/impl/eth/gas.go`).

use std::sync::Arc;

use fvm_shared::bigint::BigInt;
use lotus_chain::chain::base_fee;
use lotus_chain::mempool::BLOCK_GAS_LIMIT;
use lotus_core::Error;
use lotus_core::types::{EthBigInt, EthFeeHistory, TipSet, TipSetKey};

use super::tipset::Executed;
use crate::chain::Chain;
use crate::chain::pool::no_estimate;

/// How many blocks a history has at most.
const MAX_BLOCKS: u64 = 1024;
/// How many percentiles it can be asked for.
const MAX_PERCENTILES: usize = 100;
/// The premium of a block without messages, in attoFIL (Lotus `MinGasPremium`).
const MIN_PREMIUM: u64 = 100_000;

/// The base fee of the next block.
///
/// # Errors
/// A message of the head is not here.
pub(super) fn next_base_fee(chain: &dyn Chain) -> Result<EthBigInt, Error> {
    let fee = base_fee::after(chain.store(), &chain.head()).map_err(Error::other)?;
    Ok(EthBigInt::from(&fee))
}

/// A premium with which a message is in the next block.
///
/// # Errors
/// The chain takes no messages.
pub(super) fn premium(chain: &dyn Chain) -> Result<EthBigInt, Error> {
    let premium = chain.pool()?.estimator().premium(0, &TipSetKey::default());
    Ok(EthBigInt::from(&premium.map_err(no_estimate)?))
}

/// What a unit of gas costs with that premium; nothing, as in Lotus, if there is none.
///
/// # Errors
/// Never, now.
pub(super) fn gas_price(chain: &dyn Chain) -> Result<EthBigInt, Error> {
    let Ok(premium) = premium(chain) else {
        return Ok(EthBigInt::default());
    };
    let base_fee = chain.head().base_fee().atto().clone();
    Ok((base_fee + premium.inner()).into())
}

/// Checks what a history is asked for.
///
/// # Errors
/// It is too much, or the percentiles do not rise from 0 to 100.
pub(super) fn check(blocks: u64, percentiles: Option<&[f64]>) -> Result<(), Error> {
    if blocks > MAX_BLOCKS {
        return Err(Error::other("block count should be smaller than 1024"));
    }
    let percentiles = percentiles.unwrap_or_default();
    if percentiles.len() > MAX_PERCENTILES {
        let why = "length of the reward percentile array cannot be greater than 100";
        return Err(Error::other(why));
    }
    let mut last = 0.0;
    for percentile in percentiles {
        if !(0.0..=100.0).contains(percentile) {
            return Err(Error::Other(format!(
                "invalid reward percentile: {percentile:.6} should be between 0 and 100"
            )));
        }
        if *percentile < last {
            return Err(Error::Other(format!(
                "invalid reward percentile: {percentile:.6} should be larger than {last:.6}"
            )));
        }
        last = *percentile;
    }
    Ok(())
}

/// The fees of so many blocks that end with the newest. The genesis is none of them.
///
/// # Errors
/// A block is not here.
pub(super) fn history(
    chain: &dyn Chain,
    count: u64,
    newest: Arc<TipSet>,
    percentiles: Option<&[f64]>,
) -> Result<EthFeeHistory, Error> {
    let mut history = EthFeeHistory {
        oldest_block: 1.into(),
        // What follows the newest is not known yet, so that it stands twice.
        base_fee_per_gas: vec![EthBigInt::from(newest.base_fee())],
        ..EthFeeHistory::default()
    };
    let mut rewards = Vec::new();
    let mut next = newest;
    for _ in 0..count {
        if next.height() == 0 {
            break;
        }
        let parents = next.parents();
        let executed = Executed::of(chain, next)?;
        let tipset = &executed.tipset;
        let used: u64 = executed
            .receipts
            .iter()
            .map(|receipt| receipt.gas_used)
            .sum();
        let limit = BLOCK_GAS_LIMIT * tipset.blocks().len() as u64;
        history.oldest_block = u64::try_from(tipset.height()).unwrap_or_default().into();
        history
            .base_fee_per_gas
            .push(EthBigInt::from(tipset.base_fee()));
        history.gas_used_ratio.push(used as f64 / limit as f64);
        rewards.push(premiums(&executed, used, percentiles.unwrap_or_default()));
        next = chain.tipset(&parents)?;
    }
    history.base_fee_per_gas.reverse();
    history.gas_used_ratio.reverse();
    rewards.reverse();
    history.reward = percentiles.map(|_| rewards);
    Ok(history)
}

/// The premiums at the percentiles of a block's gas.
fn premiums(executed: &Executed, used: u64, percentiles: &[f64]) -> Vec<EthBigInt> {
    let base_fee = executed.tipset.base_fee().atto();
    let mut paid: Vec<(BigInt, u64)> = executed
        .messages
        .iter()
        .zip(&executed.receipts)
        .map(|(signed, receipt)| {
            let message = &signed.message;
            let available = message.gas_fee_cap.atto() - base_fee;
            let premium = message.gas_premium.atto().clone().min(available);
            (premium.max(BigInt::default()), receipt.gas_used)
        })
        .collect();
    paid.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (mut place, mut sum) = (0, 0);
    let at = |percentile: &f64| {
        let threshold = (used as f64 * percentile / 100.0) as u64;
        while sum < threshold && place + 1 < paid.len() {
            sum += paid[place].1;
            place += 1;
        }
        let premium = paid.get(place).map(|(premium, _)| premium.clone());
        premium.unwrap_or_else(|| MIN_PREMIUM.into()).into()
    };
    percentiles.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_rise_from_0_to_100() {
        check(1024, Some(&[0.0, 50.0, 50.0, 100.0])).unwrap();
        check(0, None).unwrap();
        for (blocks, bad) in [(1025, vec![]), (1, vec![-1.0]), (1, vec![101.0])] {
            assert!(check(blocks, Some(&bad)).is_err(), "{bad:?}");
        }
        for bad in [vec![2.0, 1.0], vec![f64::NAN], vec![1.0; 101]] {
            assert!(check(1, Some(&bad)).is_err(), "{bad:?}");
        }
    }
}
