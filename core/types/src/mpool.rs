//! The pool of messages that wait for a block.

use super::open_enum::int_enum;
use super::{Address, Percent, SignedMessage};
use crate::object;

/// Limits of the pool (Lotus `types.MpoolConfig`).
#[object]
pub struct MpoolConfig {
    /// Senders whose messages are kept whatever they pay. On the wire none are `null`.
    #[nil]
    pub priority_addrs: Vec<Address>,
    /// How many messages the pool may hold before it is pruned.
    pub size_limit_high: i64,
    /// How many messages pruning leaves.
    pub size_limit_low: i64,
    /// How much more than the old one a message must pay to replace it.
    pub replace_by_fee_ratio: Percent,
    /// How long pruning rests after it ran, in nanoseconds.
    pub prune_cooldown: i64,
    /// By what the estimate of a message's gas is multiplied, to be safe.
    pub gas_limit_overestimation: f64,
}

/// A message that came into the pool or left it (Lotus `api.MpoolUpdate`).
#[object]
#[derive(Eq)]
pub struct MpoolUpdate {
    /// Which of the two.
    #[serde(rename = "Type")]
    pub kind: MpoolChange,
    /// The message.
    pub message: Option<SignedMessage>,
}

int_enum! {
    /// What happened to a message of the pool.
    pub enum MpoolChange: i64 {
        /// It came.
        Add = 0,
        /// It left.
        Remove = 1,
    }
}
