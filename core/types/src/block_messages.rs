//! Messages as blocks carry them.

use super::{BlockHeader, Cid, Message, SignedMessage};
use crate::object;

/// The messages of one block (Lotus `api.BlockMessages`).
#[object]
#[derive(Eq)]
pub struct BlockMessages {
    /// Those with a BLS signature, which the block only has in aggregate.
    pub bls_messages: Vec<Message>,
    /// Those with a signature of their own.
    pub secpk_messages: Vec<SignedMessage>,
    /// The CIDs of both, in this order.
    pub cids: Vec<Cid>,
}

/// A message beside the CID under which a block includes it (Lotus `api.Message`): for one with a
/// signature of its own, that is not the CID of the message alone.
#[object]
#[derive(Eq)]
pub struct IncludedMessage {
    /// The CID.
    #[required]
    pub cid: Cid,
    /// The message, without its signature.
    pub message: Option<Message>,
}

/// A block as it is published: its header and the CIDs of its messages (Lotus `types.BlockMsg`).
#[object]
#[derive(Eq)]
pub struct BlockMsg {
    /// The header.
    pub header: Option<BlockHeader>,
    /// The messages with a BLS signature. On the wire none are `null`.
    #[nil]
    pub bls_messages: Vec<Cid>,
    /// The messages with a signature of their own. On the wire none are `null`.
    #[nil]
    pub secpk_messages: Vec<Cid>,
}
