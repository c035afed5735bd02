//! Whether a node is behind the chain.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::EthUint64;
use crate::object;
use crate::schema::schema;

/// Whether a node is behind the chain, and how far it has come (Lotus `EthSyncingResult`).
///
/// On the wire it is `false` when it is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EthSyncingResult {
    /// It is not.
    #[default]
    Done,
    /// It is; all are epochs.
    Syncing {
        /// Where it began.
        starting_block: EthUint64,
        /// Where it is.
        current_block: EthUint64,
        /// Where the chain is.
        highest_block: EthUint64,
    },
}

/// What is written while it is behind.
#[object]
#[serde(rename_all = "camelCase")]
struct Progress {
    starting_block: EthUint64,
    current_block: EthUint64,
    highest_block: EthUint64,
}

impl Serialize for EthSyncingResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            EthSyncingResult::Done => serializer.serialize_bool(false),
            EthSyncingResult::Syncing {
                starting_block,
                current_block,
                highest_block,
            } => serde::Serialize::serialize(
                &Progress {
                    starting_block,
                    current_block,
                    highest_block,
                },
                serializer,
            ),
        }
    }
}

impl<'de> Deserialize<'de> for EthSyncingResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EthSyncingResult, D::Error> {
        struct FalseOrProgress;

        impl<'de> Visitor<'de> for FalseOrProgress {
            type Value = EthSyncingResult;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("false, or the progress of synchronisation")
            }

            fn visit_bool<E: Error>(self, syncing: bool) -> Result<EthSyncingResult, E> {
                match syncing {
                    false => Ok(EthSyncingResult::Done),
                    true => Err(E::custom("a node that is syncing says how far it is")),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EthSyncingResult, A::Error> {
                // `Progress::deserialize` would be the derived one, which `#[object]` wraps.
                let progress: Progress = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                Ok(EthSyncingResult::Syncing {
                    starting_block: progress.starting_block,
                    current_block: progress.current_block,
                    highest_block: progress.highest_block,
                })
            }
        }

        deserializer.deserialize_any(FalseOrProgress)
    }
}

schema!(EthSyncingResult, "EthSyncingResult", {
    "anyOf": [
        { "const": false },
        {
            "type": "object",
            "properties": {
                "startingBlock": { "type": "string" },
                "currentBlock": { "type": "string" },
                "highestBlock": { "type": "string" },
            },
        },
    ],
    "description": "`false`, or how far a node that is behind the chain has come, in epochs.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn progress_round_trips(numbers in any::<[u64; 3]>()) {
            let [starting_block, current_block, highest_block] = numbers.map(EthUint64);
            let syncing = EthSyncingResult::Syncing { starting_block, current_block, highest_block };
            let json = serde_json::to_string(&syncing).unwrap();
            prop_assert_eq!(serde_json::from_str::<EthSyncingResult>(&json).unwrap(), syncing);
        }
    }

    #[test]
    fn a_node_that_is_not_behind_says_false() {
        assert_eq!(
            serde_json::to_string(&EthSyncingResult::Done).unwrap(),
            "false"
        );
        let read = |json| serde_json::from_str::<EthSyncingResult>(json);
        assert_eq!(read("false").unwrap(), EthSyncingResult::Done);
        let lower = r#"{"startingblock":"0x1","currentblock":"0x2","highestblock":"0x3"}"#;
        let [starting_block, current_block, highest_block] = [1, 2, 3].map(EthUint64);
        let syncing = EthSyncingResult::Syncing {
            starting_block,
            current_block,
            highest_block,
        };
        assert_eq!(read(lower).unwrap(), syncing);
        for bad in ["true", "null", "0", r#""false""#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
