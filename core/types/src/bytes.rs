//! Byte strings, as Go's `[]byte` travels in JSON.

use std::fmt;
use std::ops::Deref;

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::schema;

/// Bytes, written as standard padded base64.
///
/// Read from a base64 string, from an array of numbers (Go takes those, and some clients send them)
/// or from `null`, which is empty.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// The bytes, without a copy.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Bytes {
        Bytes(bytes.to_vec())
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", BASE64.encode(self))
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&BASE64.encode_display(self))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        struct AnyForm;

        impl<'de> Visitor<'de> for AnyForm {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes, as a base64 string or an array of numbers from 0 to 255")
            }

            // Neither error repeats what it was given: it may be a private key.
            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
                // Like Go: line breaks are skipped, and unused bits of the last digit are not checked.
                let bytes = BASE64_MIME_PERMISSIVE
                    .decode(text.as_bytes())
                    .map_err(|error| {
                        E::custom(format_args!(
                            "illegal base64 data at input byte {}",
                            error.position
                        ))
                    })?;
                Ok(Bytes(bytes))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = numbers.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }

            fn visit_unit<E>(self) -> Result<Bytes, E> {
                Ok(Bytes::default())
            }
        }

        deserializer.deserialize_any(AnyForm)
    }
}

schema!(Bytes, "Bytes", {
    "type": ["string", "null"],
    "contentEncoding": "base64",
    "description": "Bytes; `null` for none.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_read_back(bytes in any::<Vec<u8>>()) {
            let bytes = Bytes(bytes);
            let base64 = serde_json::to_string(&bytes).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Bytes>(&base64).unwrap(), &bytes);
            let numbers = serde_json::to_string(&bytes.0).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Bytes>(&numbers).unwrap(), &bytes);
        }
    }

    #[test]
    fn is_padded_standard_base64() {
        assert_eq!(
            serde_json::to_string(&Bytes(b"byte array".to_vec())).unwrap(),
            r#""Ynl0ZSBhcnJheQ==""#
        );
        assert_eq!(
            serde_json::to_string(&Bytes(vec![0xfb, 0xff])).unwrap(),
            r#""+/8=""#
        );
        assert_eq!(serde_json::to_string(&Bytes::default()).unwrap(), r#""""#);
    }

    #[test]
    fn reads_what_go_reads() {
        let read = |json: &str| serde_json::from_str::<Bytes>(json).map(Bytes::into_vec);
        assert_eq!(read("null").unwrap(), b"");
        assert_eq!(read("[104,105]").unwrap(), b"hi");
        assert_eq!(read("[]").unwrap(), b"");
        assert_eq!(read(r#""aG\nk=""#).unwrap(), b"hi");
        for bad in [
            r#""aGk""#,
            r#""a?""#,
            r#""-_8=""#,
            "[256]",
            "[-1]",
            "[1.5]",
            "7",
            "{}",
            "true",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_the_text() {
        let error = serde_json::from_str::<Bytes>(r#""hunter2 hunter2""#)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("illegal base64 data at input byte"),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}
