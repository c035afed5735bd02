//! Byte strings.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use super::hex::{self, HexError, by_text};
use crate::schema::schema;

/// Bytes (Lotus `EthBytes`), written in hexadecimal: `0x07`, and none as `0x`.
///
/// An odd number of digits is read as if a zero stood in front.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EthBytes(pub Vec<u8>);

impl Deref for EthBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for EthBytes {
    fn from(bytes: Vec<u8>) -> EthBytes {
        EthBytes(bytes)
    }
}

impl FromStr for EthBytes {
    type Err = HexError;

    fn from_str(text: &str) -> Result<EthBytes, HexError> {
        hex::decode(text).map(EthBytes)
    }
}

impl fmt::Display for EthBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self))
    }
}

by_text!(EthBytes);

schema!(EthBytes, "EthBytes", {
    "type": "string",
    "pattern": "^0x([0-9a-fA-F][0-9a-fA-F])*$",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_round_trips(bytes in any::<Vec<u8>>()) {
            let bytes = EthBytes(bytes);
            let json = serde_json::to_string(&bytes).unwrap();
            prop_assert_eq!(serde_json::from_str::<EthBytes>(&json).unwrap(), bytes);
        }
    }

    #[test]
    fn nothing_has_a_prefix() {
        assert_eq!(
            serde_json::to_string(&EthBytes::default()).unwrap(),
            r#""0x""#
        );
        assert!(crate::go::from_str::<EthBytes>("null").unwrap().is_empty());
        assert!(serde_json::from_str::<EthBytes>("7").is_err());
    }
}
