//! Which logs are looked for, and what a filter finds.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{EthAddress, EthHash, EthLog};
use crate::object;

/// Which logs are looked for (Lotus `EthFilterSpec`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthFilterSpec {
    /// The first block: a number, or `earliest`, `latest`, `pending`; the latest if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_block: Option<String>,
    /// The last block, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_block: Option<String>,
    /// The contracts of which one emitted the log; any if there are none. One address may stand
    /// without a list.
    #[nil]
    #[serde(deserialize_with = "one_or_many")]
    pub address: Vec<EthAddress>,
    /// What the log's topics must be, position by position.
    #[nil]
    pub topics: Vec<EthTopic>,
    /// The only block; then there may be neither a first nor a last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_hash: Option<EthHash>,
}

/// What a topic must be: one of these, or anything if there are none.
///
/// On the wire it is a hash, a list of hashes, or `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EthTopic(pub Vec<EthHash>);

impl Serialize for EthTopic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::go::nil(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for EthTopic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EthTopic, D::Error> {
        one_or_many(deserializer).map(EthTopic)
    }
}

impl JsonSchema for EthTopic {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EthTopic".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let hash = generator.subschema_for::<EthHash>();
        json_schema!({
            "anyOf": [hash, { "type": "array", "items": hash }, { "type": "null" }],
            "description": "What a topic must be: one of these, or anything if there are none.",
        })
    }
}

/// Reads a list, or the one element of a list. `null` is empty.
pub(super) fn one_or_many<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct OneOrMany<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text in hexadecimal, or a list of them")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
            T::deserialize(text.into_deserializer()).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
    }

    deserializer.deserialize_any(OneOrMany(std::marker::PhantomData))
}

/// What a filter found: a log, or the hash of a block or a transaction (an element of Lotus's
/// `EthFilterResult`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum EthFilterMatch {
    /// A block or a transaction.
    Hash(EthHash),
    /// A log.
    Log(Box<EthLog>),
}

impl<'de> Deserialize<'de> for EthFilterMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EthFilterMatch, D::Error> {
        struct HashOrLog;

        impl<'de> Visitor<'de> for HashOrLog {
            type Value = EthFilterMatch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hash of 32 bytes, or a log")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<EthFilterMatch, E> {
                text.parse().map(EthFilterMatch::Hash).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, log: A) -> Result<EthFilterMatch, A::Error> {
                // `EthLog::deserialize` would be the derived one, which `#[object]` wraps.
                Deserialize::deserialize(MapAccessDeserializer::new(log))
                    .map(|log| EthFilterMatch::Log(Box::new(log)))
            }
        }

        deserializer.deserialize_any(HashOrLog)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashes() -> impl Strategy<Value = Vec<EthHash>> {
        prop::collection::vec(any::<[u8; 32]>().prop_map(EthHash), 0..4)
    }

    proptest! {
        #[test]
        fn a_filter_round_trips(
            address in prop::collection::vec(any::<[u8; 20]>().prop_map(EthAddress), 0..4),
            topics in prop::collection::vec(hashes().prop_map(EthTopic), 0..4),
            block_hash in any::<Option<[u8; 32]>>(),
        ) {
            let block_hash = block_hash.map(EthHash);
            let filter = EthFilterSpec { address, topics, block_hash, ..EthFilterSpec::default() };
            let json = serde_json::to_string(&filter).unwrap();
            prop_assert_eq!(serde_json::from_str::<EthFilterSpec>(&json).unwrap(), filter);
        }

        #[test]
        fn a_match_round_trips(hash in any::<[u8; 32]>(), address in any::<[u8; 20]>()) {
            let log = EthLog { address: EthAddress(address), ..EthLog::default() };
            for found in [EthFilterMatch::Hash(EthHash(hash)), EthFilterMatch::Log(Box::new(log))] {
                let json = serde_json::to_string(&found).unwrap();
                prop_assert_eq!(serde_json::from_str::<EthFilterMatch>(&json).unwrap(), found);
            }
        }
    }

    #[test]
    fn one_may_stand_for_many() {
        let (hash, address) = (EthHash([7; 32]), EthAddress([5; 20]));
        let json =
            format!(r#"{{"address":"{address}","topics":["{hash}",null,["{hash}","{hash}"]]}}"#);
        let filter: EthFilterSpec = serde_json::from_str(&json).unwrap();
        assert_eq!(filter.address, [address]);
        let topics: Vec<_> = filter.topics.iter().map(|topic| topic.0.len()).collect();
        assert_eq!(topics, [1, 0, 2]);
        let written = serde_json::to_string(&filter).unwrap();
        let expected = format!(
            r#"{{"address":["{address}"],"topics":[["{hash}"],null,["{hash}","{hash}"]]}}"#
        );
        assert_eq!(written, expected);
        assert_eq!(
            serde_json::to_string(&EthFilterSpec::default()).unwrap(),
            r#"{"address":null,"topics":null}"#
        );
        for bad in [
            r#"{"address":"0x05"}"#,
            r#"{"address":{}}"#,
            r#"{"topics":"0x"}"#,
        ] {
            assert!(serde_json::from_str::<EthFilterSpec>(bad).is_err(), "{bad}");
        }
        let read: EthFilterMatch =
            serde_json::from_str(r#"{"LOGINDEX":"0x5","topics":null}"#).unwrap();
        let log = EthLog {
            log_index: 5.into(),
            ..EthLog::default()
        };
        assert_eq!(read, EthFilterMatch::Log(Box::new(log)));
        for bad in ["{}x", "null", "7", r#""0x""#] {
            assert!(
                serde_json::from_str::<EthFilterMatch>(bad).is_err(),
                "{bad}"
            );
        }
    }
}
