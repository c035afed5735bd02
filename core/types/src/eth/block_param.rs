//! Which block a question is about.

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{EthHash, EthUint64};
use crate::object;
use crate::schema::schema;

/// A block by its role, its number (an epoch) or its hash (Lotus `EthBlockNumberOrHash`).
///
/// Read from `"latest"`, `"0x5"`, `"5"`, a hash of 32 bytes, or an object of EIP-1898; written as
/// Lotus does: a role as text, the others as an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EthBlockNumberOrHash {
    /// By its role.
    Tag(EthBlockTag),
    /// By its number.
    Number(EthUint64),
    /// By its hash.
    Hash {
        /// The hash.
        hash: EthHash,
        /// Whether it must be part of the chain.
        require_canonical: bool,
    },
}

/// The role of a block in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EthBlockTag {
    /// The first block.
    Earliest,
    /// The head, which has not been executed yet.
    Pending,
    /// The newest block that has been executed.
    Latest,
    /// The newest block that will stay.
    Finalized,
    /// The newest block that almost surely will stay.
    Safe,
}

/// A text that names no block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid block param: write earliest, pending, latest, finalized, safe, a number such as 0x5, \
    or a hash of 32 bytes"
)]
pub struct EthBlockParamError;

/// All roles, with their names.
const TAGS: [(EthBlockTag, &str); 5] = [
    (EthBlockTag::Earliest, "earliest"),
    (EthBlockTag::Pending, "pending"),
    (EthBlockTag::Latest, "latest"),
    (EthBlockTag::Finalized, "finalized"),
    (EthBlockTag::Safe, "safe"),
];

impl FromStr for EthBlockTag {
    type Err = EthBlockParamError;

    fn from_str(text: &str) -> Result<EthBlockTag, EthBlockParamError> {
        let tag = TAGS.iter().find(|(_, name)| *name == text);
        tag.map(|(tag, _)| *tag).ok_or(EthBlockParamError)
    }
}

impl fmt::Display for EthBlockTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = TAGS.iter().find(|(tag, _)| tag == self);
        f.pad(name.map_or("", |(_, name)| name))
    }
}

impl From<EthBlockTag> for EthBlockNumberOrHash {
    fn from(tag: EthBlockTag) -> EthBlockNumberOrHash {
        EthBlockNumberOrHash::Tag(tag)
    }
}

impl From<u64> for EthBlockNumberOrHash {
    fn from(number: u64) -> EthBlockNumberOrHash {
        EthBlockNumberOrHash::Number(number.into())
    }
}

impl From<EthHash> for EthBlockNumberOrHash {
    fn from(hash: EthHash) -> EthBlockNumberOrHash {
        EthBlockNumberOrHash::Hash {
            hash,
            require_canonical: false,
        }
    }
}

impl FromStr for EthBlockNumberOrHash {
    type Err = EthBlockParamError;

    fn from_str(text: &str) -> Result<EthBlockNumberOrHash, EthBlockParamError> {
        if let Ok(tag) = text.parse::<EthBlockTag>() {
            return Ok(tag.into());
        }
        if text.len() == 66 && text.starts_with("0x") {
            let hash: EthHash = text.parse().map_err(|_| EthBlockParamError)?;
            return Ok(hash.into());
        }
        let number = text.parse().map_err(|_| EthBlockParamError)?;
        Ok(EthBlockNumberOrHash::Number(number))
    }
}

impl fmt::Display for EthBlockNumberOrHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EthBlockNumberOrHash::Tag(tag) => tag.fmt(f),
            EthBlockNumberOrHash::Number(number) => number.fmt(f),
            EthBlockNumberOrHash::Hash { hash, .. } => hash.fmt(f),
        }
    }
}

impl Serialize for EthBlockNumberOrHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            EthBlockNumberOrHash::Tag(tag) => serializer.collect_str(tag),
            EthBlockNumberOrHash::Number(number) => {
                let mut object = serializer.serialize_map(Some(1))?;
                object.serialize_entry("blockNumber", number)?;
                object.end()
            }
            EthBlockNumberOrHash::Hash {
                hash,
                require_canonical,
            } => {
                let mut object = serializer.serialize_map(None)?;
                object.serialize_entry("blockHash", hash)?;
                if *require_canonical {
                    object.serialize_entry("requireCanonical", &true)?;
                }
                object.end()
            }
        }
    }
}

/// The object of EIP-1898.
#[object]
#[serde(rename_all = "camelCase")]
struct Eip1898 {
    block_number: Option<EthUint64>,
    block_hash: Option<EthHash>,
    require_canonical: bool,
}

impl<'de> Deserialize<'de> for EthBlockNumberOrHash {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<EthBlockNumberOrHash, D::Error> {
        struct TextOrObject;

        impl<'de> Visitor<'de> for TextOrObject {
            type Value = EthBlockNumberOrHash;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a block such as \"latest\", \"0x5\" or {\"blockHash\": …}")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<EthBlockNumberOrHash, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<EthBlockNumberOrHash, A::Error> {
                // `Eip1898::deserialize` would be the derived one, which `#[object]` wraps.
                let object: Eip1898 = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                match (object.block_number, object.block_hash) {
                    (Some(number), None) => Ok(EthBlockNumberOrHash::Number(number)),
                    (None, Some(hash)) => Ok(EthBlockNumberOrHash::Hash {
                        hash,
                        require_canonical: object.require_canonical,
                    }),
                    (Some(_), Some(_)) => Err(A::Error::custom(
                        "cannot specify both blockNumber and blockHash",
                    )),
                    (None, None) => Err(A::Error::custom(
                        "a block needs a blockNumber or a blockHash",
                    )),
                }
            }
        }

        deserializer.deserialize_any(TextOrObject)
    }
}

schema!(EthBlockNumberOrHash, "EthBlockNumberOrHash", {
    "anyOf": [
        { "type": "string", "examples": ["latest", "0x5"] },
        {
            "type": "object",
            "properties": {
                "blockNumber": { "type": "string" },
                "blockHash": { "type": "string" },
                "requireCanonical": { "type": "boolean" },
            },
        },
    ],
    "description": "A block: `earliest`, `pending`, `latest`, `finalized`, `safe`, a number, a \
        hash, or an object of EIP-1898.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_block() -> impl Strategy<Value = EthBlockNumberOrHash> {
        let hash = (any::<[u8; 32]>(), any::<bool>()).prop_map(|(hash, require_canonical)| {
            EthBlockNumberOrHash::Hash {
                hash: EthHash(hash),
                require_canonical,
            }
        });
        prop_oneof![
            prop::sample::select(TAGS.to_vec()).prop_map(|(tag, _)| tag.into()),
            any::<u64>().prop_map(EthBlockNumberOrHash::from),
            hash,
        ]
    }

    proptest! {
        #[test]
        fn json_round_trips(block in any_block()) {
            let json = serde_json::to_string(&block).unwrap();
            prop_assert_eq!(serde_json::from_str::<EthBlockNumberOrHash>(&json).unwrap(), block);
        }

        #[test]
        fn text_round_trips_but_for_what_it_cannot_say(block in any_block()) {
            let read: EthBlockNumberOrHash = block.to_string().parse().unwrap();
            let require_canonical = false;
            let expected = match block {
                EthBlockNumberOrHash::Hash { hash, .. } => {
                    EthBlockNumberOrHash::Hash { hash, require_canonical }
                }
                other => other,
            };
            prop_assert_eq!(read, expected);
        }
    }

    #[test]
    fn is_written_as_lotus_writes_it() {
        let written = |block| serde_json::to_string::<EthBlockNumberOrHash>(&block).unwrap();
        assert_eq!(written(EthBlockTag::Safe.into()), r#""safe""#);
        assert_eq!(written(5.into()), r#"{"blockNumber":"0x5"}"#);
        let hash = EthHash::default();
        assert_eq!(written(hash.into()), format!(r#"{{"blockHash":"{hash}"}}"#));
    }

    #[test]
    fn what_names_no_block_or_two_is_refused() {
        for bad in [
            r#""""#,
            r#""Latest""#,
            r#""0x""#,
            r#""string value""#,
            "{}",
            "null",
            "[]",
            "5",
            r#"{"blockNumber":"0x5","blockHash":"0x0000000000000000000000000000000000000000000000000000000000000000"}"#,
        ] {
            assert!(
                serde_json::from_str::<EthBlockNumberOrHash>(bad).is_err(),
                "{bad}"
            );
        }
        let read: EthBlockNumberOrHash = serde_json::from_str(r#"{"BLOCKNUMBER":5}"#).unwrap();
        assert_eq!(read, 5.into());
    }
}
