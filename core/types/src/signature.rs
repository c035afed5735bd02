//! Signatures: which kind, and the bytes.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Bytes;
use super::schema::schema;
use crate::go::Object;

/// The kind of a signature; on the wire a number (go-state-types `crypto.SigType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SignatureType {
    /// ECDSA on secp256k1 over the message's blake2b-256 hash: 65 bytes, `r ‖ s ‖ v`.
    Secp256k1 = 1,
    /// BLS on BLS12-381, signatures in G2: 96 bytes.
    Bls = 2,
    /// ECDSA on secp256k1 over the message's keccak-256 hash, as Ethereum signs: 65 bytes.
    Delegated = 3,
}

impl TryFrom<u8> for SignatureType {
    type Error = SignatureError;

    fn try_from(number: u8) -> Result<SignatureType, SignatureError> {
        match number {
            1 => Ok(SignatureType::Secp256k1),
            2 => Ok(SignatureType::Bls),
            3 => Ok(SignatureType::Delegated),
            other => Err(SignatureError::UnknownType(other)),
        }
    }
}

impl fmt::Display for SignatureType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignatureType::Secp256k1 => "secp256k1",
            SignatureType::Bls => "bls",
            SignatureType::Delegated => "delegated",
        })
    }
}

impl Serialize for SignatureType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

impl<'de> Deserialize<'de> for SignatureType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SignatureType, D::Error> {
        u8::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

/// Bytes that are no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A type number that Filecoin does not know.
    #[error("unknown signature type {0}; known are 1 (secp256k1), 2 (bls) and 3 (delegated)")]
    UnknownType(u8),
    /// No bytes at all: even the type is missing.
    #[error("the signature is empty; it starts with its type: 1, 2 or 3")]
    Empty,
}

/// A signature (go-state-types `crypto.Signature`): `{"Type":1,"Data":"<base64>"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub struct Signature {
    /// Its kind.
    #[serde(rename = "Type")]
    pub signature_type: SignatureType,
    /// The signature itself; its length depends on the kind and is checked when it is verified.
    #[serde(default)]
    pub data: Bytes,
}

impl Signature {
    /// The binary form: the type's byte, then the signature. `lotus wallet sign` prints it in hex.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + self.data.len());
        bytes.push(self.signature_type as u8);
        bytes.extend_from_slice(&self.data);
        bytes
    }

    /// Reads what [`Signature::to_bytes`] wrote.
    ///
    /// # Errors
    /// There are no bytes, or the first is not the number of a [`SignatureType`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Signature, SignatureError> {
        let (kind, data) = bytes.split_first().ok_or(SignatureError::Empty)?;
        Ok(Signature {
            signature_type: (*kind).try_into()?,
            data: data.into(),
        })
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Signature::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Signature, D::Error> {
        Signature::deserialize(Object(deserializer))
    }
}

schema!(SignatureType, "SignatureType", {
    "type": "integer",
    "enum": [1, 2, 3],
    "description": "1 is secp256k1, 2 BLS, 3 delegated (as Ethereum signs).",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_round_trip(kind in 1u8..=3, data in any::<Vec<u8>>()) {
            let signature =
                Signature { signature_type: kind.try_into().unwrap(), data: Bytes(data) };
            let json = serde_json::to_string(&signature).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Signature>(&json).unwrap(), &signature);
            prop_assert_eq!(Signature::from_bytes(&signature.to_bytes()).unwrap(), signature);
        }
    }

    #[test]
    fn the_documented_example_round_trips() {
        let json = r#"{"Type":2,"Data":"Ynl0ZSBhcnJheQ=="}"#;
        let signature: Signature = serde_json::from_str(json).unwrap();
        assert_eq!(signature.signature_type, SignatureType::Bls);
        assert_eq!(serde_json::to_string(&signature).unwrap(), json);
        assert_eq!(signature.to_bytes(), b"\x02byte array");
        let lower: Signature = serde_json::from_str(r#"{"data":[1],"type":1}"#).unwrap();
        assert_eq!(lower.to_bytes(), [1, 1]);
    }

    #[test]
    fn refuses_unknown_types() {
        assert_eq!(Signature::from_bytes(&[]), Err(SignatureError::Empty));
        assert_eq!(
            Signature::from_bytes(&[9, 1]),
            Err(SignatureError::UnknownType(9))
        );
        for bad in [
            r#"{"Type":0,"Data":""}"#,
            r#"{"Type":255}"#,
            r#"{"Data":""}"#,
            "{}",
            "[1,2]",
        ] {
            assert!(serde_json::from_str::<Signature>(bad).is_err(), "{bad}");
        }
    }
}
