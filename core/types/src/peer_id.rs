//! Identities in the peer-to-peer network.

use std::fmt;
use std::str::FromStr;

use cid::multihash::Multihash;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::schema;

/// The multicodec of a libp2p public key, in the CID form of a peer's identity.
const LIBP2P_KEY: u64 = 0x72;

/// Characters of the longest text that is read. Reading base58 takes time that grows with the
/// square of its length, and the longest identity in use has 53 characters.
const MAX_LEN: usize = 128;

/// The identity of a peer: the multihash of its public key (libp2p `peer.ID`).
///
/// It prints as base58 (`12D3KooW…`, `Qm…`), and is read from that or from a CID of the codec
/// `libp2p-key` (`bafz…`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(Multihash<64>);

/// A text or bytes that are no peer's identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerIdError {
    /// The text has more than 128 characters.
    #[error("invalid peer ID: {0} characters; the longest have 128")]
    TooLong(usize),
    /// The text is neither base58 nor a CID.
    #[error("invalid peer ID {text:?}: {reason}")]
    Text {
        /// What was read.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The bytes are no multihash.
    #[error("invalid peer ID: not a multihash: {0}")]
    Multihash(String),
}

impl PeerId {
    /// Reads the binary form.
    ///
    /// # Errors
    /// The bytes are not one multihash of at most 64 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<PeerId, PeerIdError> {
        Multihash::from_bytes(bytes)
            .map(PeerId)
            .map_err(|error| PeerIdError::Multihash(error.to_string()))
    }

    /// The binary form: the multihash.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}

impl FromStr for PeerId {
    type Err = PeerIdError;

    fn from_str(text: &str) -> Result<PeerId, PeerIdError> {
        if text.len() > MAX_LEN {
            return Err(PeerIdError::TooLong(text.len()));
        }
        let wrong = |reason: String| PeerIdError::Text {
            text: text.to_owned(),
            reason,
        };
        // A multihash of SHA-256 begins with Qm, one that is the key itself with 1; a CID with
        // neither.
        if text.starts_with("Qm") || text.starts_with('1') {
            let bytes = bs58::decode(text)
                .into_vec()
                .map_err(|error| wrong(error.to_string()))?;
            return PeerId::from_bytes(&bytes);
        }
        let cid: cid::Cid = text
            .parse()
            .map_err(|error: cid::Error| wrong(error.to_string()))?;
        match cid.codec() {
            LIBP2P_KEY => Ok(PeerId(*cid.hash())),
            codec => Err(wrong(format!(
                "a CID of codec {codec:#x}; a peer's has {LIBP2P_KEY:#x}"
            ))),
        }
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&bs58::encode(self.to_bytes()).into_string())
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerId({self})")
    }
}

impl Serialize for PeerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PeerId, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

schema!(PeerId, "PeerId", {
    "type": "string",
    "description": "The identity of a peer in the network, in base58: `12D3KooW…`.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ED25519: &str = "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf";

    proptest! {
        #[test]
        fn text_json_and_bytes_round_trip(code in prop::sample::select(vec![0u64, 0x12]), digest in any::<[u8; 32]>()) {
            let id = PeerId(Multihash::wrap(code, &digest).unwrap());
            prop_assert_eq!(id.to_string().parse::<PeerId>().unwrap(), id);
            prop_assert_eq!(PeerId::from_bytes(&id.to_bytes()).unwrap(), id);
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<PeerId>(&json).unwrap(), id);
            let cid = cid::Cid::new_v1(LIBP2P_KEY, id.0).to_string();
            prop_assert_eq!(cid.parse::<PeerId>().unwrap(), id);
        }

        #[test]
        fn no_text_panics(text in "(1|Qm|b|\\PC)[a-zA-Z0-9\\PC]{0,140}") {
            let _ = text.parse::<PeerId>();
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let error = |text: &str| text.parse::<PeerId>().unwrap_err().to_string();
        assert!(error("").contains("invalid peer ID"));
        assert!(error("hello").contains("invalid peer ID \"hello\""));
        assert!(error("1O").contains("invalid peer ID \"1O\""));
        assert!(error(&ED25519[..30]).contains("not a multihash"));
        assert!(error(&"1".repeat(1_000_000)).contains("1000000 characters"));
        let block = "bafy2bzacebbpdegvr3i4cosewthysg5xkxpqfn2wfcz6mv2hmoktwbdxkax4s";
        assert!(error(block).contains("codec 0x71"));
        assert!(serde_json::from_str::<PeerId>("null").is_err());
        assert_eq!(ED25519.parse::<PeerId>().unwrap().to_string(), ED25519);
    }
}
