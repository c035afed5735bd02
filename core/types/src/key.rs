//! Private keys as they are exported, imported and stored.

use std::fmt;

use data_encoding::BASE64;
use schemars::JsonSchema;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::Bytes;
use super::schema::schema;
use crate::go::Object;

/// What a key is for; on the wire a string (Lotus `types.KeyType`).
///
/// The numbers 1, 2 and 3 of old exports are read too: secp256k1, bls, delegated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// `bls`: an `f3` address.
    Bls,
    /// `secp256k1`: an `f1` address.
    Secp256k1,
    /// `secp256k1-ledger`: an `f1` address whose key never leaves a Ledger device.
    Secp256k1Ledger,
    /// `delegated`: an `f410f` address, the same key as an Ethereum account's.
    Delegated,
    /// `jwt-hmac-secret`: the secret that signs a daemon's API tokens. No wallet key.
    JwtHmacSecret,
    /// `libp2p-host`: a node's identity on the network. No wallet key.
    Libp2pHost,
    /// A type that we do not know. It is kept as it is, so that storing a key again loses nothing.
    Other(String),
}

impl KeyType {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            KeyType::Bls => "bls",
            KeyType::Secp256k1 => "secp256k1",
            KeyType::Secp256k1Ledger => "secp256k1-ledger",
            KeyType::Delegated => "delegated",
            KeyType::JwtHmacSecret => "jwt-hmac-secret",
            KeyType::Libp2pHost => "libp2p-host",
            KeyType::Other(name) => name,
        }
    }
}

impl From<&str> for KeyType {
    fn from(name: &str) -> KeyType {
        match name {
            "bls" => KeyType::Bls,
            "secp256k1" => KeyType::Secp256k1,
            "secp256k1-ledger" => KeyType::Secp256k1Ledger,
            "delegated" => KeyType::Delegated,
            "jwt-hmac-secret" => KeyType::JwtHmacSecret,
            "libp2p-host" => KeyType::Libp2pHost,
            other => KeyType::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for KeyType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<KeyType, D::Error> {
        struct NameOrNumber;

        impl Visitor<'_> for NameOrNumber {
            type Value = KeyType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key type: \"secp256k1\", \"bls\" or \"delegated\"")
            }

            fn visit_str<E>(self, name: &str) -> Result<KeyType, E> {
                Ok(name.into())
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<KeyType, E> {
                match number {
                    1 => Ok(KeyType::Secp256k1),
                    2 => Ok(KeyType::Bls),
                    3 => Ok(KeyType::Delegated),
                    other => Err(E::invalid_value(
                        serde::de::Unexpected::Unsigned(other),
                        &self,
                    )),
                }
            }
        }

        deserializer.deserialize_any(NameOrNumber)
    }
}

/// A private key (Lotus `types.KeyInfo`): `{"Type":"bls","PrivateKey":"<base64>"}`.
///
/// The key is wiped from memory when this is dropped, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub struct KeyInfo {
    #[serde(rename = "Type")]
    key_type: KeyType,
    #[serde(default, with = "secret")]
    #[schemars(with = "Bytes")]
    private_key: Zeroizing<Vec<u8>>,
}

impl KeyInfo {
    /// A key of this type. The bytes are not checked here: what they must be depends on the type.
    pub fn new(key_type: KeyType, private_key: impl Into<Zeroizing<Vec<u8>>>) -> KeyInfo {
        KeyInfo {
            key_type,
            private_key: private_key.into(),
        }
    }

    /// What the key is for.
    pub fn key_type(&self) -> &KeyType {
        &self.key_type
    }

    /// The secret itself: for secp256k1 and delegated keys a big-endian scalar of 32 bytes, for BLS
    /// keys a little-endian one.
    pub fn private_key(&self) -> &[u8] {
        &self.private_key
    }
}

impl fmt::Debug for KeyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyInfo")
            .field("key_type", &self.key_type)
            .finish_non_exhaustive()
    }
}

impl Serialize for KeyInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        KeyInfo::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for KeyInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<KeyInfo, D::Error> {
        KeyInfo::deserialize(Object(deserializer))
    }
}

/// Like [`Bytes`], and leaves no copy of the key behind.
mod secret {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        key: &Zeroizing<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64.encode(key)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Zeroizing<Vec<u8>>, D::Error> {
        Ok(Bytes::deserialize(deserializer)?.into_vec().into())
    }
}

schema!(KeyType, "KeyType", {
    "type": "string",
    "examples": ["secp256k1", "bls", "delegated"],
    "description": "What a key is for.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_round_trips(name in "[a-z0-9-]{0,20}", key in any::<Vec<u8>>()) {
            let info = KeyInfo::new(name.as_str().into(), key);
            let json = serde_json::to_string(&info).unwrap();
            prop_assert_eq!(serde_json::from_str::<KeyInfo>(&json).unwrap(), info);
        }
    }

    #[test]
    fn the_documented_example_round_trips() {
        let json = r#"{"Type":"bls","PrivateKey":"Ynl0ZSBhcnJheQ=="}"#;
        let info: KeyInfo = serde_json::from_str(json).unwrap();
        assert_eq!(
            (info.key_type(), info.private_key()),
            (&KeyType::Bls, &b"byte array"[..])
        );
        assert_eq!(serde_json::to_string(&info).unwrap(), json);
    }

    #[test]
    fn reads_the_numbers_of_old_exports() {
        let read = |json: &str| serde_json::from_str::<KeyType>(json);
        assert_eq!(read("1").unwrap(), KeyType::Secp256k1);
        assert_eq!(read("2").unwrap(), KeyType::Bls);
        assert_eq!(read("3").unwrap(), KeyType::Delegated);
        for bad in ["0", "4", "-1", "1.5", "[]", "{}", "true"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shows_the_key_nowhere() {
        let info = KeyInfo::new(KeyType::Secp256k1, b"hunter2".to_vec());
        assert_eq!(format!("{info:?}"), "KeyInfo { key_type: Secp256k1, .. }");
        let json = serde_json::to_string(&info).unwrap();
        for wrapped in [format!("{json:?}"), json.replace("aHVu", "!aHVu")] {
            let error = serde_json::from_str::<KeyInfo>(&wrapped)
                .unwrap_err()
                .to_string();
            assert!(!error.contains("dGVyMg"), "{error}");
        }
    }
}
