//! Numbers of any size that are no amounts of money.

use std::fmt;
use std::str::FromStr;

use fvm_shared::bigint;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::TokenAmount;
use super::schema::schema;

/// A whole number of any size (Lotus `types.BigInt`), such as a chain's weight or a miner's power.
///
/// On the wire it is a decimal string.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BigInt(bigint::BigInt);

impl BigInt {
    /// The number as the FVM's own libraries know it.
    pub fn inner(&self) -> &bigint::BigInt {
        &self.0
    }
}

impl<N: Into<bigint::BigInt>> From<N> for BigInt {
    fn from(number: N) -> BigInt {
        BigInt(number.into())
    }
}

impl FromStr for BigInt {
    type Err = bigint::ParseBigIntError;

    fn from_str(text: &str) -> Result<BigInt, bigint::ParseBigIntError> {
        text.parse().map(BigInt)
    }
}

impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BigInt({})", self.0)
    }
}

impl Serialize for BigInt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BigInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<BigInt, D::Error> {
        // In Go both are the same type, so what is read and refused is the same.
        let amount = TokenAmount::deserialize(deserializer)?;
        Ok(BigInt(amount.atto().clone()))
    }
}

schema!(BigInt, "BigInt", {
    "type": "string",
    "pattern": "^[-+]?[0-9]+$",
    "description": "A whole number of any size.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_round_trips(number in any::<i128>()) {
            let json = serde_json::to_string(&BigInt::from(number)).unwrap();
            prop_assert_eq!(&json, &format!("\"{number}\""));
            prop_assert_eq!(serde_json::from_str::<BigInt>(&json).unwrap(), number.into());
        }
    }

    #[test]
    fn the_wire_form_is_a_decimal_string_only() {
        for bad in ["12", r#""""#, r#""0x10""#, "null", r#""1_000""#, "{}"] {
            assert!(serde_json::from_str::<BigInt>(bad).is_err(), "{bad}");
        }
    }
}
