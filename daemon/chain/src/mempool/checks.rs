//! What a message must be to wait, whatever the chain's state (Lotus `Message.ValidForBlockInclusion`
//! and `MessagePool.checkMessage`).

use std::sync::LazyLock;

use fvm_shared::econ;
use lotus_types::{Address, Message, SignedMessage};

use super::entry::Entry;
use super::{BLOCK_GAS_LIMIT, MAX_MESSAGE_SIZE, MempoolError};
use crate::vm::{gas, genesis::TOTAL_FIL};

/// The lowest fee cap, and the lowest base fee that there can be, in attoFIL per unit of gas.
pub const MIN_FEE_CAP: u64 = 100;

/// The BLS key of zeros, whose signature anybody can make; funds sent to it are anybody's.
static ZERO_ADDRESS: LazyLock<Option<Address>> = LazyLock::new(|| {
    // The compressed point at infinity.
    let mut point = [0; 48];
    point[0] = 0xc0;
    Address::from_bls(&point).ok()
});

/// Why no block can contain a message; the words are Lotus's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Its version is not 0.
    #[error("'Version' unsupported")]
    Version,
    /// It has no receiver.
    #[error("'To' address cannot be empty")]
    NoTo,
    /// Its receiver is the BLS key of zeros.
    #[error("invalid 'To' address")]
    ZeroTo,
    /// It has no sender.
    #[error("'From' address cannot be empty")]
    NoFrom,
    /// Its value is negative.
    #[error("'Value' field cannot be negative")]
    NegativeValue,
    /// It sends more than there is.
    #[error("'Value' field cannot be greater than total filecoin supply")]
    ValueAboveSupply,
    /// Its fee cap is negative.
    #[error("'GasFeeCap' field cannot be negative")]
    NegativeFeeCap,
    /// Its premium is negative.
    #[error("'GasPremium' field cannot be negative")]
    NegativePremium,
    /// Its premium is more than it would pay at all.
    #[error("'GasFeeCap' less than 'GasPremium'")]
    PremiumAboveFeeCap,
    /// It asks for more gas than a block has.
    #[error(
        "'GasLimit' field cannot be greater than a block's gas limit ({0} > {BLOCK_GAS_LIMIT})"
    )]
    GasLimitTooHigh(i64),
    /// It asks for no gas.
    #[error("'GasLimit' field {0} must be positive")]
    GasLimitNotPositive(i64),
    /// It asks for less gas than it takes to be on the chain.
    #[error(
        "'GasLimit' field cannot be less than the cost of storing a message on chain {limit} < \
         {needed}"
    )]
    GasLimitTooLow {
        /// Its gas limit.
        limit: i64,
        /// The gas that its bytes cost.
        needed: u64,
    },
}

/// Whether a block can contain a message that costs `min_gas` units of gas to be on the chain.
///
/// # Errors
/// Why not.
pub fn check_inclusion(message: &Message, min_gas: u64) -> Result<(), Invalid> {
    let value = message.value.inner();
    let fee_cap = message.gas_fee_cap.inner();
    let premium = message.gas_premium.inner();
    let limit = message.gas_limit;
    if message.version != 0 {
        return Err(Invalid::Version);
    }
    if message.to.is_undefined() {
        return Err(Invalid::NoTo);
    }
    if Some(&message.to) == ZERO_ADDRESS.as_ref() {
        return Err(Invalid::ZeroTo);
    }
    if message.from.is_undefined() {
        return Err(Invalid::NoFrom);
    }
    if value.is_negative() {
        return Err(Invalid::NegativeValue);
    }
    if *value > total_supply() {
        return Err(Invalid::ValueAboveSupply);
    }
    if fee_cap.is_negative() {
        return Err(Invalid::NegativeFeeCap);
    }
    if premium.is_negative() {
        return Err(Invalid::NegativePremium);
    }
    if premium > fee_cap {
        return Err(Invalid::PremiumAboveFeeCap);
    }
    if limit > BLOCK_GAS_LIMIT.cast_signed() {
        return Err(Invalid::GasLimitTooHigh(limit));
    }
    if limit <= 0 {
        return Err(Invalid::GasLimitNotPositive(limit));
    }
    if limit.cast_unsigned() < min_gas {
        return Err(Invalid::GasLimitTooLow {
            limit,
            needed: min_gas,
        });
    }
    Ok(())
}

/// What being on the chain costs a message of this many bytes, in gas units.
pub(super) fn min_gas(chain_length: usize) -> u64 {
    gas::MESSAGE + gas::STORAGE_BYTE * chain_length as u64
}

/// Everything about a message but its signature that does not depend on the chain.
pub(super) fn check(signed: SignedMessage) -> Result<Entry, MempoolError> {
    let params = signed.message.params.len() + signed.signature.data.len();
    if params > MAX_MESSAGE_SIZE {
        return Err(MempoolError::TooBig(params));
    }
    check_inclusion(&signed.message, 0).map_err(MempoolError::Invalid)?;
    let entry = Entry::new(signed)?;
    if entry.size > MAX_MESSAGE_SIZE {
        return Err(MempoolError::TooBig(entry.size));
    }
    if *entry.signed.message.value.inner() >= total_supply() {
        return Err(MempoolError::ValueTooHigh);
    }
    if *entry.fee_cap() < econ::TokenAmount::from_atto(MIN_FEE_CAP) {
        return Err(MempoolError::FeeCapTooLow);
    }
    Ok(entry)
}

fn total_supply() -> econ::TokenAmount {
    econ::TokenAmount::from_whole(TOTAL_FIL)
}

#[cfg(test)]
mod tests {
    use lotus_types::TokenAmount;

    use super::*;

    fn message() -> Message {
        Message {
            to: Address::new_id(1),
            from: Address::new_id(2),
            gas_limit: 1000,
            gas_fee_cap: TokenAmount::from_atto(200),
            gas_premium: TokenAmount::from_atto(100),
            ..Message::default()
        }
    }

    #[test]
    fn the_zero_address_is_that_of_lotus() {
        let text = ZERO_ADDRESS.unwrap().to_string();
        assert_eq!(text.len(), 86);
        assert!(
            text[1..].starts_with("3yaaaa") && text.ends_with("aaaaby2smx7a"),
            "{text}"
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_lotus_words() {
        type Change = fn(&mut Message);
        assert_eq!(check_inclusion(&message(), 1000), Ok(()));
        let cases: [(Change, &str); 11] = [
            (|m| m.version = 1, "'Version' unsupported"),
            (
                |m| m.to = Address::default(),
                "'To' address cannot be empty",
            ),
            (
                |m| m.to = ZERO_ADDRESS.expect("it parses"),
                "invalid 'To' address",
            ),
            (
                |m| m.from = Address::default(),
                "'From' address cannot be empty",
            ),
            (
                |m| m.value = TokenAmount::from_atto(-1),
                "'Value' field cannot be negative",
            ),
            (
                |m| m.value = TokenAmount::from_whole(2_000_000_001),
                "'Value' field cannot be greater than total filecoin supply",
            ),
            (
                |m| m.gas_premium = TokenAmount::from_atto(-1),
                "'GasPremium' field cannot be negative",
            ),
            (
                |m| m.gas_premium = TokenAmount::from_atto(201),
                "'GasFeeCap' less than 'GasPremium'",
            ),
            (
                |m| m.gas_limit = 10_000_000_001,
                "'GasLimit' field cannot be greater than a block's gas limit (10000000001 > \
                 10000000000)",
            ),
            (|m| m.gas_limit = -1, "'GasLimit' field -1 must be positive"),
            (
                |m| m.gas_limit = 999,
                "'GasLimit' field cannot be less than the cost of storing a message on chain 999 < \
                 1000",
            ),
        ];
        for (change, words) in cases {
            let mut message = message();
            change(&mut message);
            let error = check_inclusion(&message, 1000).unwrap_err();
            assert_eq!(error.to_string(), words);
        }
    }
}
