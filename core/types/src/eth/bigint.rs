//! Numbers of any size.

use std::fmt;
use std::str::FromStr;

use fvm_shared::bigint::{BigInt, Sign};

use super::hex::by_text;
use super::uint64::EthNumberError;
use crate::TokenAmount;
use crate::schema::schema;

/// A number of any size (Lotus `EthBigInt`), such as an amount of attoFIL, which Ethereum calls
/// wei. Written as a quantity: `0x5`, and zero as `0x0`.
///
/// Read from that, with or without `0x`. Nothing (`""`, `"0x"`) is zero.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EthBigInt(BigInt);

impl EthBigInt {
    /// The number.
    pub fn inner(&self) -> &BigInt {
        &self.0
    }

    /// The number as an amount, in attoFIL.
    pub fn to_amount(&self) -> TokenAmount {
        TokenAmount::from_atto(self.0.clone())
    }
}

impl<N: Into<BigInt>> From<N> for EthBigInt {
    fn from(number: N) -> EthBigInt {
        EthBigInt(number.into())
    }
}

impl From<&TokenAmount> for EthBigInt {
    fn from(amount: &TokenAmount) -> EthBigInt {
        EthBigInt(amount.atto().clone())
    }
}

impl FromStr for EthBigInt {
    type Err = EthNumberError;

    fn from_str(text: &str) -> Result<EthBigInt, EthNumberError> {
        let text = text.strip_prefix("0x").unwrap_or(text);
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (Sign::Minus, digits),
            None => (Sign::Plus, text),
        };
        // A digit is a byte of its value for `from_radix_be`, which takes no signs or separators.
        let digits = digits
            .chars()
            .map(|digit| {
                digit
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            })
            .collect::<Option<Vec<u8>>>()
            .ok_or(EthNumberError::BigInt)?;
        BigInt::from_radix_be(sign, &digits, 16)
            .map(EthBigInt)
            .ok_or(EthNumberError::BigInt)
    }
}

impl fmt::Display for EthBigInt {
    /// A negative number, which no chain has, as Go prints it: `0x-5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("0x{}", self.0.to_str_radix(16)))
    }
}

by_text!(EthBigInt);

schema!(EthBigInt, "EthBigInt", {
    "type": "string",
    "pattern": "^0x[0-9a-f]+$",
    "description": "A number of any size.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Option<EthBigInt> {
        serde_json::from_str(json).ok()
    }

    proptest! {
        #[test]
        fn json_round_trips(number in any::<i128>()) {
            let json = serde_json::to_string(&EthBigInt::from(number)).unwrap();
            prop_assert_eq!(read(&json), Some(number.into()));
            if number >= 0 {
                prop_assert_eq!(&json, &format!("\"0x{number:x}\""));
                prop_assert_eq!(read(&format!("\"{number:X}\"")), Some(number.into()));
            }
        }

        #[test]
        fn an_amount_stays_the_same(atto in any::<i128>()) {
            let amount = TokenAmount::from_atto(atto);
            prop_assert_eq!(EthBigInt::from(&amount).to_amount(), amount);
        }
    }

    #[test]
    fn nothing_is_zero_and_rubbish_is_refused() {
        for zero in [r#""0x0""#, r#""0x""#, r#""""#, r#""0x000""#] {
            assert_eq!(read(zero), Some(EthBigInt::default()), "{zero}");
        }
        assert_eq!(crate::go::from_str::<EthBigInt>("null").unwrap(), 0.into());
        assert_eq!(
            serde_json::to_string(&EthBigInt::default()).unwrap(),
            r#""0x0""#
        );
        for bad in [r#""0xg""#, r#""0x1_0""#, r#""+5""#, r#""0x5.""#, "5", "[]"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
