//! Messages to the chain, unsigned and signed.

use fvm_ipld_encoding::{BytesDe, strict_bytes};
use fvm_shared::address as fvm;
use fvm_shared::econ;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Address, Bytes, Cid, Signature, SignatureError, SignatureType, TokenAmount};
use crate::go::Object;

/// An unsigned message (Lotus `types.Message`): who calls which method of which actor, with what.
///
/// On the wire its fields are in Go's order, followed by its computed `CID` (`null` while it cannot
/// be encoded). On input the case of names is ignored, an absent field is zero, and unknown fields
/// and the `CID` are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, JsonSchema, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase", default)]
pub struct Message {
    /// Always 0.
    pub version: u64,
    /// The actor that receives it.
    pub to: Address,
    /// The account that sends it, signs it and pays for it.
    pub from: Address,
    /// How many messages the sender has sent before.
    pub nonce: u64,
    /// What is sent along, in attoFIL.
    pub value: TokenAmount,
    /// The gas that it may use, in gas units.
    pub gas_limit: i64,
    /// The most that the sender pays for a unit of gas, in attoFIL.
    pub gas_fee_cap: TokenAmount,
    /// What of that goes to the miner, in attoFIL per unit of gas.
    pub gas_premium: TokenAmount,
    /// The number of the method; 0 only sends the value.
    pub method: u64,
    /// The method's parameters, usually CBOR. On the wire no parameters are `null`.
    pub params: Bytes,
}

/// A message that has no binary form, and so no CID and no signature; or bytes that are none.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// An address is missing.
    #[error("the message has no {0} address; set it first")]
    UndefinedAddress(&'static str),
    /// An amount is larger than the chain can hold.
    #[error("the message cannot be encoded: {0}")]
    Encode(#[from] fvm_ipld_encoding::Error),
    /// It is not the CBOR of a message.
    #[error("not the CBOR of a message: {0}")]
    Decode(fvm_ipld_encoding::Error),
    /// The signature in it is none.
    #[error("not a signed message: {0}")]
    Signature(#[from] SignatureError),
}

/// What a message's CBOR consists of, in order.
type Decoded = (
    u64,
    fvm::Address,
    fvm::Address,
    u64,
    econ::TokenAmount,
    i64,
    econ::TokenAmount,
    econ::TokenAmount,
    u64,
    BytesDe,
);

impl Message {
    /// The message in Filecoin's CBOR: an array of ten, addresses and amounts as bytes.
    ///
    /// # Errors
    /// An address is undefined, or an amount exceeds the 128 bytes that the chain allows.
    pub fn to_cbor(&self) -> Result<Vec<u8>, MessageError> {
        Ok(fvm_ipld_encoding::to_vec(&self.tuple()?)?)
    }

    /// The message's CID: that of its CBOR. Its bytes are what secp256k1 and BLS keys sign.
    ///
    /// # Errors
    /// As [`Message::to_cbor`].
    pub fn cid(&self) -> Result<Cid, MessageError> {
        Ok(Cid::of_dag_cbor(&self.to_cbor()?))
    }

    /// Reads what [`Message::to_cbor`] wrote.
    ///
    /// # Errors
    /// The bytes are not the CBOR of a message.
    pub fn from_cbor(bytes: &[u8]) -> Result<Message, MessageError> {
        let decoded = fvm_ipld_encoding::from_slice(bytes).map_err(MessageError::Decode)?;
        Ok(Message::from_tuple(decoded))
    }

    fn from_tuple(
        (version, to, from, nonce, value, gas_limit, gas_fee_cap, gas_premium, method, params): Decoded,
    ) -> Message {
        Message {
            version,
            to: to.into(),
            from: from.into(),
            nonce,
            value: value.into(),
            gas_limit,
            gas_fee_cap: gas_fee_cap.into(),
            gas_premium: gas_premium.into(),
            method,
            params: Bytes(params.into_vec()),
        }
    }

    /// The fields in the order and the types in which they are encoded.
    fn tuple(&self) -> Result<impl Serialize + '_, MessageError> {
        fn defined<'a>(
            name: &'static str,
            address: &'a Address,
        ) -> Result<&'a fvm::Address, MessageError> {
            address.inner().ok_or(MessageError::UndefinedAddress(name))
        }
        Ok((
            self.version,
            defined("To", &self.to)?,
            defined("From", &self.from)?,
            self.nonce,
            self.value.inner(),
            self.gas_limit,
            self.gas_fee_cap.inner(),
            self.gas_premium.inner(),
            self.method,
            CborBytes(&self.params),
        ))
    }
}

/// Bytes that CBOR encodes as a byte string, rather than as an array of numbers.
#[derive(Serialize)]
struct CborBytes<'a>(#[serde(with = "strict_bytes")] &'a [u8]);

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire<'a> {
            version: u64,
            to: &'a Address,
            from: &'a Address,
            nonce: u64,
            value: &'a TokenAmount,
            gas_limit: i64,
            gas_fee_cap: &'a TokenAmount,
            gas_premium: &'a TokenAmount,
            method: u64,
            params: Option<&'a Bytes>,
            #[serde(rename = "CID")]
            cid: Option<Cid>,
        }

        let wire = Wire {
            version: self.version,
            to: &self.to,
            from: &self.from,
            nonce: self.nonce,
            value: &self.value,
            gas_limit: self.gas_limit,
            gas_fee_cap: &self.gas_fee_cap,
            gas_premium: &self.gas_premium,
            method: self.method,
            params: Some(&self.params).filter(|params| !params.is_empty()),
            cid: self.cid().ok(),
        };
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Message, D::Error> {
        Message::deserialize(Object(deserializer))
    }
}

/// A message and the sender's signature (Lotus `types.SignedMessage`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, JsonSchema, Deserialize)]
#[serde(remote = "Self", rename_all = "PascalCase")]
pub struct SignedMessage {
    /// What was signed.
    pub message: Message,
    /// The signature by the key of `message.from`.
    pub signature: Signature,
}

impl SignedMessage {
    /// The signed message in Filecoin's CBOR: an array of the message and the signature's bytes.
    ///
    /// # Errors
    /// As [`Message::to_cbor`].
    pub fn to_cbor(&self) -> Result<Vec<u8>, MessageError> {
        let signature = self.signature.to_bytes();
        Ok(fvm_ipld_encoding::to_vec(&(
            self.message.tuple()?,
            CborBytes(&signature),
        ))?)
    }

    /// Reads what [`SignedMessage::to_cbor`] wrote.
    ///
    /// # Errors
    /// The bytes are not the CBOR of a signed message.
    pub fn from_cbor(bytes: &[u8]) -> Result<SignedMessage, MessageError> {
        let (message, signature): (Decoded, BytesDe) =
            fvm_ipld_encoding::from_slice(bytes).map_err(MessageError::Decode)?;
        Ok(SignedMessage {
            message: Message::from_tuple(message),
            signature: Signature::from_bytes(&signature.into_vec())?,
        })
    }

    /// The CID by which the chain knows it. BLS signatures are aggregated in a block, so there the
    /// message is stored without one and this is the CID of the message alone.
    ///
    /// # Errors
    /// As [`Message::to_cbor`].
    pub fn cid(&self) -> Result<Cid, MessageError> {
        match self.signature.signature_type {
            SignatureType::Bls => self.message.cid(),
            SignatureType::Secp256k1 | SignatureType::Delegated => {
                Ok(Cid::of_dag_cbor(&self.to_cbor()?))
            }
        }
    }
}

impl Serialize for SignedMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Wire<'a> {
            message: &'a Message,
            signature: &'a Signature,
            #[serde(rename = "CID")]
            cid: Option<Cid>,
        }

        Wire {
            message: &self.message,
            signature: &self.signature,
            cid: self.cid().ok(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SignedMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SignedMessage, D::Error> {
        SignedMessage::deserialize(Object(deserializer))
    }
}

#[cfg(test)]
mod tests {
    use fvm_ipld_encoding::RawBytes;
    use proptest::prelude::*;

    use super::*;

    // The example of Filecoin.WalletSignMessage in Lotus's API documentation; the CIDs are Lotus's.
    const MESSAGE: &str = r#"{"Version":42,"To":"f01234","From":"f01234","Nonce":42,"Value":"0","GasLimit":9,"GasFeeCap":"0","GasPremium":"0","Method":1,"Params":"Ynl0ZSBhcnJheQ==","CID":{"/":"bafy2bzacebbpdegvr3i4cosewthysg5xkxpqfn2wfcz6mv2hmoktwbdxkax4s"}}"#;
    const SIGNATURE: &str = r#"{"Type":2,"Data":"Ynl0ZSBhcnJheQ=="}"#;

    fn any_amount() -> impl Strategy<Value = TokenAmount> {
        any::<i128>().prop_map(TokenAmount::from_atto)
    }

    fn any_message() -> impl Strategy<Value = Message> {
        let ids = (any::<u32>(), any::<u32>())
            .prop_map(|(to, from)| (Address::new_id(to.into()), Address::new_id(from.into())));
        let numbers = (any::<u64>(), any::<u64>(), any::<i64>(), any::<u64>());
        let amounts = (any_amount(), any_amount(), any_amount());
        (ids, numbers, amounts, any::<Vec<u8>>()).prop_map(
            |((to, from), (version, nonce, gas_limit, method), amounts, params)| Message {
                version,
                to,
                from,
                nonce,
                value: amounts.0,
                gas_limit,
                gas_fee_cap: amounts.1,
                gas_premium: amounts.2,
                method,
                params: Bytes(params),
            },
        )
    }

    proptest! {
        #[test]
        fn json_round_trips(message in any_message()) {
            let json = serde_json::to_string(&message).unwrap();
            prop_assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
        }

        #[test]
        fn the_fvm_decodes_what_we_encode(mut message in any_message()) {
            message.gas_limit &= i64::MAX; // The FVM's own type is unsigned.
            let read: fvm_shared::message::Message =
                fvm_ipld_encoding::from_slice(&message.to_cbor().unwrap()).unwrap();
            prop_assert_eq!(read.version, message.version);
            prop_assert_eq!(Address::from(read.to), message.to);
            prop_assert_eq!(Address::from(read.from), message.from);
            prop_assert_eq!(read.sequence, message.nonce);
            prop_assert_eq!(TokenAmount::from(read.value), message.value);
            prop_assert_eq!(read.gas_limit, message.gas_limit as u64);
            prop_assert_eq!(TokenAmount::from(read.gas_fee_cap), message.gas_fee_cap);
            prop_assert_eq!(TokenAmount::from(read.gas_premium), message.gas_premium);
            prop_assert_eq!(read.method_num, message.method);
            prop_assert_eq!(read.params, RawBytes::new(message.params.into_vec()));
        }

        #[test]
        fn what_is_encoded_is_decoded(
            message in any_message(),
            kind in 1u8..=3,
            data in any::<Vec<u8>>(),
        ) {
            let cbor = message.to_cbor().unwrap();
            prop_assert_eq!(&Message::from_cbor(&cbor).unwrap(), &message);
            let signature =
                Signature { signature_type: kind.try_into().unwrap(), data: Bytes(data) };
            let signed = SignedMessage { message, signature };
            let cbor = signed.to_cbor().unwrap();
            prop_assert_eq!(SignedMessage::from_cbor(&cbor).unwrap(), signed);
        }

        #[test]
        fn damaged_cbor_is_an_error(
            message in any_message(),
            at in any::<prop::sample::Index>(),
            cut in any::<bool>(),
            byte in any::<u8>(),
        ) {
            let mut cbor = message.to_cbor().unwrap();
            let at = at.index(cbor.len());
            if cut {
                cbor.truncate(at);
                prop_assert!(Message::from_cbor(&cbor).is_err());
            } else {
                cbor[at] = byte;
                if let Ok(read) = Message::from_cbor(&cbor) {
                    prop_assert_eq!(read == message, read.to_cbor().unwrap() == message.to_cbor().unwrap());
                }
            }
        }
    }

    #[test]
    fn the_documented_message_round_trips_with_its_cid() {
        let message: Message = serde_json::from_str(MESSAGE).unwrap();
        assert_eq!(serde_json::to_string(&message).unwrap(), MESSAGE);
    }

    #[test]
    fn a_bls_signed_message_has_the_cid_of_the_message() {
        let cid = r#"{"/":"bafy2bzacebbpdegvr3i4cosewthysg5xkxpqfn2wfcz6mv2hmoktwbdxkax4s"}"#;
        let json = format!(r#"{{"Message":{MESSAGE},"Signature":{SIGNATURE},"CID":{cid}}}"#);
        let signed: SignedMessage = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&signed).unwrap(), json);

        let mut secp = signed.clone();
        secp.signature.signature_type = SignatureType::Secp256k1;
        assert_ne!(secp.cid().unwrap(), signed.cid().unwrap());
    }

    #[test]
    fn reads_what_clients_send() {
        let message: Message = serde_json::from_str(
            r#"{"to":"t01","FROM":"f02","Value":"5","Nonce":null,"Params":null,"Extra":1,"CID":7}"#,
        )
        .unwrap();
        assert_eq!(message.to, Address::new_id(1));
        assert_eq!(message.value, TokenAmount::from_atto(5));
        assert_eq!(
            message,
            Message {
                to: message.to,
                from: message.from,
                value: message.value.clone(),
                ..Message::default()
            }
        );
        for bad in [
            r#"{"Value":5}"#,
            r#"{"Value":null}"#,
            r#"{"Nonce":5.0}"#,
            r#"{"Nonce":-1}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Message>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn without_an_address_there_is_no_cid() {
        let message = Message {
            from: Address::new_id(1),
            ..Message::default()
        };
        let error = message.cid().unwrap_err().to_string();
        assert!(error.contains("no To address"), "{error}");
        let json = serde_json::to_string(&message).unwrap();
        assert!(json.ends_with(r#""Params":null,"CID":null}"#), "{json}");
    }
}
