//! Where on the chain a message was executed, and how it went.

use serde_json::Value;

use super::{Cid, MessageReceipt, TipSetKey};
use crate::object;

/// What a search for a message found (Lotus `api.MsgLookup`).
#[object]
#[derive(Eq)]
pub struct MsgLookup {
    /// The message that was executed. It differs from the one that was asked for when it replaced
    /// it: same sender, same nonce, other gas.
    #[required]
    pub message: Cid,
    /// Its outcome.
    pub receipt: MessageReceipt,
    /// The return value decoded, by `StateWaitMsg` only; `null` otherwise.
    pub return_dec: Value,
    /// The tipset of which the state contains the outcome: the one after the message's.
    pub tip_set: TipSetKey,
    /// That tipset's epoch.
    pub height: i64,
}
