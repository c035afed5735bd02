//! What a message costs its sender, and who gets it: burnt, to the miner, or back (the FVM's
//! `gas/outputs.rs`).

use fvm_shared::econ::TokenAmount;

/// What became of the gas fee cap times the gas limit that a message set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fees {
    /// Burnt for the gas that was used.
    pub base_fee_burn: TokenAmount,
    /// Burnt for the gas that was asked for in excess.
    pub over_estimation_burn: TokenAmount,
    /// What the block's miner loses for a message that did not pay the base fee.
    pub miner_penalty: TokenAmount,
    /// What it gets.
    pub miner_tip: TokenAmount,
    /// What the sender gets back.
    pub refund: TokenAmount,
    /// Units of gas that are refunded.
    pub gas_refund: u64,
    /// Units of gas that are burnt for having been asked for in excess.
    pub gas_burned: u64,
}

impl Fees {
    /// The fees of a message.
    pub fn compute(
        gas_used: u64,
        gas_limit: u64,
        base_fee: &TokenAmount,
        fee_cap: &TokenAmount,
        premium: &TokenAmount,
    ) -> Self {
        // A cap below the base fee is all that the sender pays; the rest is the miner's fault.
        let paid = base_fee.min(fee_cap);
        let unpaid = base_fee - paid;
        let tip = premium.clone().min(fee_cap - paid);
        let (gas_refund, gas_burned) = overestimation(gas_used, gas_limit);
        let base_fee_burn = paid * gas_used;
        let over_estimation_burn = paid * gas_burned;
        let miner_tip = tip * gas_limit;
        let refund = fee_cap * gas_limit - &base_fee_burn - &over_estimation_burn - &miner_tip;
        Self {
            base_fee_burn,
            over_estimation_burn,
            miner_penalty: unpaid * (gas_used + gas_burned),
            miner_tip,
            refund,
            gas_refund,
            gas_burned,
        }
    }
}

/// How much of the gas that was not used comes back, and how much is burnt: up to ten per cent too
/// much costs nothing, more costs more, and twice as much costs all of it.
fn overestimation(used: u64, limit: u64) -> (u64, u64) {
    if used == 0 {
        return (0, limit);
    }
    let (used, limit) = (u128::from(used), u128::from(limit));
    let over = limit.saturating_sub(11 * used / 10).min(used);
    let unused = limit.saturating_sub(used);
    let burned = unused * over / used;
    // Both are at most the limit, which is 64 bits wide.
    ((unused - burned) as u64, burned as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Lotus's `chain/vm/burn_test.go`: used, limit, refund, burned.
    #[test]
    fn overestimation_is_burnt_as_in_lotus() {
        for (used, limit, refund, burned) in [
            (100, 200, 10, 90),
            (100, 150, 30, 20),
            (1_000, 1_300, 240, 60),
            (200, 200, 0, 0),
            (20_000, 21_000, 1_000, 0),
            (0, 2_000, 0, 2_000),
            (500, 5_000, 0, 4_500),
            (7_499_000_000, 7_500_000_000, 1_000_000, 0),
            (1, 7_500_000_000, 0, 7_499_999_999),
        ] {
            assert_eq!(
                overestimation(used, limit),
                (refund, burned),
                "{used} of {limit}"
            );
        }
    }

    /// From the same file: base fee 10; used, limit, cap, premium; burnt, over, penalty, tip, refund.
    #[test]
    fn fees_are_those_of_lotus() {
        for (used, limit, cap, premium, expected) in [
            (100, 110, 11, 1, [1_000, 0, 0, 110, 100]),
            (100, 130, 11, 1, [1_000, 60, 0, 130, 240]),
            (100, 110, 10, 1, [1_000, 0, 0, 0, 100]),
            (100, 110, 6, 1, [600, 0, 400, 0, 60]),
        ] {
            let atto = |n: u64| TokenAmount::from_atto(n);
            let fees = Fees::compute(used, limit, &atto(10), &atto(cap), &atto(premium));
            let all = [
                fees.base_fee_burn,
                fees.over_estimation_burn,
                fees.miner_penalty,
                fees.miner_tip,
                fees.refund,
            ];
            assert_eq!(all, expected.map(atto));
        }
    }
}
