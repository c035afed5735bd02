//! Numbers of 64 bits.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::schema::schema;

/// A number of 64 bits (Lotus `EthUint64`), written as a quantity: `0x5`, and zero as `0x0`.
///
/// Read from that, from decimal digits (`"5"`), or from a JSON number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EthUint64(pub u64);

/// A text that is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EthNumberError {
    /// It is no number, or larger than 64 bits.
    #[error("not a number of 64 bits: write it as 0x5, or 5")]
    Uint64,
    /// It is no number.
    #[error("not a number in hexadecimal: write it as 0x5")]
    BigInt,
}

impl From<u64> for EthUint64 {
    fn from(number: u64) -> EthUint64 {
        EthUint64(number)
    }
}

impl From<EthUint64> for u64 {
    fn from(number: EthUint64) -> u64 {
        number.0
    }
}

impl FromStr for EthUint64 {
    type Err = EthNumberError;

    fn from_str(text: &str) -> Result<EthUint64, EthNumberError> {
        let (digits, radix) = match text.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        // Rust's own parser takes a sign.
        if digits.starts_with('+') {
            return Err(EthNumberError::Uint64);
        }
        u64::from_str_radix(digits, radix)
            .map(EthUint64)
            .map_err(|_| EthNumberError::Uint64)
    }
}

impl fmt::Display for EthUint64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for EthUint64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EthUint64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EthUint64, D::Error> {
        struct TextOrNumber;

        impl Visitor<'_> for TextOrNumber {
            type Value = EthUint64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number such as \"0x5\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<EthUint64, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E>(self, number: u64) -> Result<EthUint64, E> {
                Ok(EthUint64(number))
            }
        }

        deserializer.deserialize_any(TextOrNumber)
    }
}

schema!(EthUint64, "EthUint64", {
    "type": "string",
    "pattern": "^0x[0-9a-f]{1,16}$",
    "description": "A number of 64 bits. Decimal digits and JSON numbers are read too.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Option<u64> {
        serde_json::from_str(json)
            .ok()
            .map(|EthUint64(number)| number)
    }

    proptest! {
        #[test]
        fn every_form_reads_back(number in any::<u64>()) {
            let json = serde_json::to_string(&EthUint64(number)).unwrap();
            prop_assert_eq!(&json, &format!("\"0x{number:x}\""));
            prop_assert_eq!(read(&json), Some(number));
            prop_assert_eq!(read(&number.to_string()), Some(number));
            prop_assert_eq!(read(&format!("\"{number}\"")), Some(number));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(serde_json::to_string(&EthUint64(0)).unwrap(), r#""0x0""#);
        for bad in [
            r#""""#,
            r#""0x""#,
            r#""+5""#,
            r#""0x+5""#,
            r#""-5""#,
            r#""5f""#,
            r#""0x5g""#,
            r#""0x10000000000000000""#,
            "-5",
            "5.0",
            "null",
            "[]",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
