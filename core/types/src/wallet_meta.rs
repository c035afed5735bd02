//! What a remote wallet is told about the bytes that it signs.

use super::Bytes;
use super::open_enum::text_enum;
use crate::object;

/// What the bytes to be signed are (Lotus `api.MsgMeta`), so that a wallet can check and show them.
#[object]
#[derive(Eq, Hash)]
pub struct MsgMeta {
    /// What kind of thing is signed.
    #[serde(rename = "Type")]
    pub kind: MsgType,
    /// The thing itself where only its CID is signed: the CBOR of a message.
    #[nil]
    pub extra: Bytes,
}

text_enum! {
    /// What kind of thing is signed (Lotus `api.MsgType`).
    pub enum MsgType {
        /// Bytes of which nothing is known.
        Unknown = "unknown",
        /// The CID of a message to the chain; `extra` is the message.
        ChainMsg = "message",
        /// A block header.
        Block = "block",
        /// A proposal of a storage deal.
        DealProposal = "dealproposal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_lotus_sends_and_goes_by_its_names() {
        let json = r#"{"Type":"message","Extra":"Ynl0ZSBhcnJheQ=="}"#;
        let meta: MsgMeta = serde_json::from_str(json).unwrap();
        assert_eq!(meta.kind, MsgType::ChainMsg);
        assert_eq!(serde_json::to_string(&meta).unwrap(), json);
        let nothing = MsgMeta {
            kind: MsgType::Unknown,
            ..MsgMeta::default()
        };
        let json = r#"{"Type":"unknown","Extra":null}"#;
        assert_eq!(serde_json::to_string(&nothing).unwrap(), json);
    }
}
