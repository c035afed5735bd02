//! What happened when a message was executed.

use super::{Cid, ExecutionTrace, Message, MessageReceipt, TokenAmount};
use crate::object;

/// The outcome of executing a message, with everything it did (Lotus `api.InvocResult`).
#[object]
pub struct InvocResult {
    /// The message's CID.
    #[required]
    pub msg_cid: Cid,
    /// The message.
    pub msg: Option<Message>,
    /// The receipt; `null` when it could not be executed at all.
    pub msg_rct: Option<MessageReceipt>,
    /// Who paid what for its gas.
    pub gas_cost: MsgGasCost,
    /// The calls that it made.
    pub execution_trace: ExecutionTrace,
    /// Why it failed; empty when it did not.
    pub error: String,
    /// How long that took, in nanoseconds.
    pub duration: i64,
}

/// What a message's gas cost, all amounts in attoFIL (Lotus `api.MsgGasCost`).
#[object]
#[derive(Eq, Hash)]
pub struct MsgGasCost {
    /// The message; `null` where it was not charged.
    pub message: Option<Cid>,
    /// The gas that it used. In gas units, although Lotus gives it the type of an amount.
    pub gas_used: TokenAmount,
    /// Burned for the gas that it used, at the base fee.
    pub base_fee_burn: TokenAmount,
    /// Burned for the gas that it asked for and did not use.
    pub over_estimation_burn: TokenAmount,
    /// Taken from the miner, who should not have included it.
    pub miner_penalty: TokenAmount,
    /// Paid to the miner.
    pub miner_tip: TokenAmount,
    /// Returned to the sender.
    pub refund: TokenAmount,
    /// What the sender paid in the end.
    pub total_cost: TokenAmount,
}
