//! Content identifiers, in the dag-json form `{"/":"bafy…"}`.

use std::fmt;
use std::str::FromStr;

use cid::multihash::Multihash;
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::schema;
use crate::go::Object;

/// The multicodec of a blake2b hash of 256 bits.
const BLAKE2B_256: u64 = 0xb220;

/// A CID. On the wire it is `{"/":"bafy…"}`; where it may be undefined, use `Option<Cid>`: Lotus
/// writes an undefined CID as `null`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cid(cid::Cid);

/// A text that is no CID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid cid: {0}")]
pub struct CidError(String);

impl Cid {
    /// The CID that Filecoin gives to a block of DAG-CBOR: version 1, blake2b-256.
    pub fn of_dag_cbor(block: &[u8]) -> Cid {
        let digest = blake2b_simd::Params::new().hash_length(32).hash(block);
        let hash = Multihash::wrap(BLAKE2B_256, digest.as_bytes())
            .expect("a digest of 32 bytes fits a multihash of 64");
        Cid(cid::Cid::new_v1(fvm_ipld_encoding::DAG_CBOR, hash))
    }

    /// The binary form, which is also what a key signs to sign a message.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// The CID as the `cid` crate knows it.
    pub fn inner(&self) -> &cid::Cid {
        &self.0
    }
}

impl From<cid::Cid> for Cid {
    fn from(inner: cid::Cid) -> Cid {
        Cid(inner)
    }
}

impl FromStr for Cid {
    type Err = CidError;

    fn from_str(text: &str) -> Result<Cid, CidError> {
        text.parse()
            .map(Cid)
            .map_err(|error: cid::Error| CidError(error.to_string()))
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cid({})", self.0)
    }
}

impl Serialize for Cid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut link = serializer.serialize_map(Some(1))?;
        link.serialize_entry("/", &format_args!("{}", self.0))?;
        link.end()
    }
}

impl<'de> Deserialize<'de> for Cid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cid, D::Error> {
        #[derive(Deserialize)]
        struct Link {
            #[serde(rename = "/")]
            target: String,
        }

        let link = Link::deserialize(Object(deserializer))?;
        link.target.parse().map_err(D::Error::custom)
    }
}

schema!(Cid, "Cid", {
    "type": "object",
    "properties": { "/": { "type": "string" } },
    "required": ["/"],
    "description": "A content identifier.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_round_trips(block in any::<Vec<u8>>()) {
            let cid = Cid::of_dag_cbor(&block);
            let json = serde_json::to_string(&cid).unwrap();
            prop_assert_eq!(serde_json::from_str::<Cid>(&json).unwrap(), cid);
        }

        #[test]
        fn no_text_panics(text in "(/ipfs/)?[bzQm]?\\PC{0,100}") {
            let _ = text.parse::<Cid>();
        }
    }

    #[test]
    fn is_a_dag_json_link() {
        let json = r#"{"/":"bafy2bzacebbpdegvr3i4cosewthysg5xkxpqfn2wfcz6mv2hmoktwbdxkax4s"}"#;
        let cid: Cid = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&cid).unwrap(), json);
        assert_eq!(serde_json::from_str::<Option<Cid>>("null").unwrap(), None);
    }

    #[test]
    fn the_empty_array_has_its_well_known_cid() {
        // EmptyArrayCid of the builtin actors: the CBOR `[]`.
        let cid = Cid::of_dag_cbor(&[0x80]);
        let known = "bafy2bzacebc3bt6cedhoyw34drrmjvazhu4oj25er2ebk4u445pzycvq4ta4a";
        assert_eq!(cid.to_string(), known);
    }

    #[test]
    fn refuses_what_is_no_link() {
        for bad in [
            r#"{"/":""}"#,
            r#"{"/":"hello"}"#,
            "{}",
            r#""bafy""#,
            "[]",
            "5",
        ] {
            assert!(serde_json::from_str::<Cid>(bad).is_err(), "{bad}");
        }
    }
}
