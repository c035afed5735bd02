//! The most that a unit of gas shall cost.

use fvm_shared::econ;
use lotus_types::{Message, MessageSendSpec, TokenAmount};

/// By at most this part the base fee rises in an epoch (Lotus `BaseFeeMaxChangeDenom`).
const MAX_CHANGE_DENOMINATOR: f64 = 8.0;

/// In which steps the factor is computed, so that the rest is done in whole numbers.
const PRECISION: f64 = 256.0;

/// More epochs than this name no larger fee: it would be more than there is.
const MAX_EPOCHS: i64 = 300;

/// The base fee after so many epochs of full blocks.
pub(super) fn after(base_fee: &econ::TokenAmount, epochs: i64) -> econ::TokenAmount {
    let epochs = epochs.clamp(-MAX_EPOCHS, MAX_EPOCHS) as f64;
    let factor = (1.0 + 1.0 / MAX_CHANGE_DENOMINATOR).powf(epochs);
    // Truncated, as Lotus does; it is positive and, with so many epochs, below 2^64.
    (base_fee * (factor * PRECISION) as u64).div_floor(PRECISION as u64)
}

/// Keeps what a message may cost below the limit (Lotus `CapGasFee`).
pub(super) fn limit(
    message: &mut Message,
    spec: Option<&MessageSendSpec>,
    default_max_fee: &TokenAmount,
) {
    let max_fee = spec.map(|spec| &spec.max_fee);
    let max_fee = max_fee.filter(|fee| **fee != TokenAmount::default());
    let max_fee = max_fee.unwrap_or(default_max_fee).inner();
    let maximize = spec.is_some_and(|spec| spec.maximize_fee_cap);
    // What is no gas limit is refused later; it has no fee that could be limited.
    let gas = u64::try_from(message.gas_limit).unwrap_or(0);
    if gas > 0 && (maximize || message.gas_fee_cap.inner() * gas > *max_fee) {
        message.gas_fee_cap = max_fee.div_floor(gas).into();
    }
    if message.gas_premium > message.gas_fee_cap {
        message.gas_premium = message.gas_fee_cap.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_fee_rises_by_an_eighth_in_each_epoch() {
        let fee = |atto: u64, epochs| after(&econ::TokenAmount::from_atto(atto), epochs);
        assert_eq!(fee(100, 0), econ::TokenAmount::from_atto(100));
        assert_eq!(fee(800, 1), econ::TokenAmount::from_atto(900));
        // 1.125^20 is 10.5450…, in 256ths 2699.
        assert_eq!(fee(256, 20), econ::TokenAmount::from_atto(2699));
        assert!(fee(100, i64::MAX) > fee(100, 299));
    }

    #[test]
    fn the_fee_stays_below_its_limit_and_the_premium_below_the_fee() {
        let message = Message {
            gas_limit: 1000,
            gas_fee_cap: TokenAmount::from_atto(500),
            gas_premium: TokenAmount::from_atto(400),
            ..Message::default()
        };
        let capped = |max_fee: u64, default: u64, maximize_fee_cap| {
            let mut message = message.clone();
            let spec = MessageSendSpec {
                max_fee: TokenAmount::from_atto(max_fee),
                maximize_fee_cap,
                ..MessageSendSpec::default()
            };
            limit(&mut message, Some(&spec), &TokenAmount::from_atto(default));
            (message.gas_fee_cap, message.gas_premium)
        };
        let atto =
            |cap: u64, premium: u64| (TokenAmount::from_atto(cap), TokenAmount::from_atto(premium));
        assert_eq!(capped(500_000, 1, false), atto(500, 400));
        assert_eq!(capped(450_999, 1, false), atto(450, 400));
        assert_eq!(capped(300_000, 1, false), atto(300, 300));
        assert_eq!(capped(0, 200_000, false), atto(200, 200));
        assert_eq!(capped(900_000, 1, true), atto(900, 400));
    }
}
