//! Hexadecimal as Ethereum writes it: `0x`, then lower-case digits.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// A text that is no hexadecimal, or not as much as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// A character is no hexadecimal digit.
    #[error("not hexadecimal at character {0}: only 0-9 and a-f may follow 0x")]
    Digit(usize),
    /// It has the wrong length.
    #[error("expected {wanted} hexadecimal digits after 0x, got {got}")]
    Length {
        /// The digits that it must have.
        wanted: usize,
        /// The digits that it has.
        got: usize,
    },
}

/// The bytes as text.
pub(super) fn encode(bytes: &[u8]) -> String {
    format!("0x{}", HEXLOWER.encode(bytes))
}

/// Reads bytes, with or without `0x`, in either case. Like Lotus it adds the zero that clients
/// forget in front of an odd number of digits.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    let prefix = prefix(text);
    let digits = &text.as_bytes()[prefix..];
    let even = match digits.len() % 2 {
        0 => HEXLOWER_PERMISSIVE.decode(digits),
        _ => HEXLOWER_PERMISSIVE.decode(&[b"0", digits].concat()),
    };
    even.map_err(|error| HexError::Digit(prefix + error.position.saturating_sub(digits.len() % 2)))
}

/// [`decode`] for a known number of bytes.
pub(super) fn decode_exactly<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let digits = text.len() - prefix(text);
    // Checked first: what is much too long need not be decoded.
    if digits.div_ceil(2) != N {
        return Err(HexError::Length {
            wanted: 2 * N,
            got: digits,
        });
    }
    decode(text)?
        .try_into()
        .map_err(|bytes: Vec<u8>| HexError::Length {
            wanted: 2 * N,
            got: 2 * bytes.len(),
        })
}

/// The length of the `0x` that a text begins with.
fn prefix(text: &str) -> usize {
    match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => 2,
        _ => 0,
    }
}

/// JSON by way of the text: a type writes what it prints, and reads what it parses.
macro_rules! by_text {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<$name, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use by_text;

/// A type of a fixed number of bytes, in hexadecimal on the wire.
macro_rules! fixed_hex {
    ($(#[$meta:meta])* pub struct $name:ident([u8; $len:literal]);) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl From<[u8; $len]> for $name {
            fn from(bytes: [u8; $len]) -> $name {
                $name(bytes)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::HexError;

            fn from_str(text: &str) -> Result<$name, $crate::HexError> {
                $crate::eth::hex::decode_exactly(text).map($name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&$crate::eth::hex::encode(&self.0))
            }
        }

        $crate::eth::hex::by_text!($name);

        $crate::schema::schema!($name, stringify!($name), {
            "type": "string",
            "pattern": concat!("^0x([0-9a-fA-F][0-9a-fA-F]){", stringify!($len), "}$"),
        });
    };
}
pub(super) use fixed_hex;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_round_trip(bytes in any::<Vec<u8>>()) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(&text).unwrap(), &bytes[..]);
            prop_assert_eq!(decode(&text[2..]).unwrap(), &bytes[..]);
            prop_assert_eq!(decode(&text[2..].to_uppercase()).unwrap(), bytes);
        }

        #[test]
        fn no_text_panics(text in "(0x)?[0-9a-f\\PC]{0,70}") {
            let _ = decode(&text);
            let _ = decode_exactly::<32>(&text);
        }
    }

    #[test]
    fn an_odd_number_of_digits_is_padded() {
        assert_eq!(decode("0x7").unwrap(), [7]);
        assert_eq!(decode("0X100").unwrap(), [1, 0]);
        assert_eq!(decode_exactly::<2>("0x7ff").unwrap(), [7, 255]);
        assert!(decode("").unwrap().is_empty() && decode("0x").unwrap().is_empty());
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(decode("0x12g4"), Err(HexError::Digit(4)));
        assert_eq!(decode("0x2g4"), Err(HexError::Digit(3)));
        assert_eq!(decode("-1"), Err(HexError::Digit(0)));
        let error = decode_exactly::<20>("0x00").unwrap_err().to_string();
        assert_eq!(error, "expected 40 hexadecimal digits after 0x, got 2");
    }
}
