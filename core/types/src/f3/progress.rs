//! What F3 is doing.

use super::F3TipSet;
use crate::object;
use crate::open_enum::int_enum;

/// How far a node's instance of F3 is (go-f3 `gpbft.InstanceProgress`).
#[object]
pub struct F3Progress {
    /// The instance's number.
    #[serde(rename = "ID")]
    pub id: u64,
    /// The round in it.
    pub round: u64,
    /// The phase of the round.
    pub phase: F3Phase,
    /// The chain that this node proposed.
    #[nil]
    pub input: Vec<F3TipSet>,
}

int_enum! {
    /// A phase of a round of F3 (go-f3 `gpbft.Phase`).
    pub enum F3Phase: u8 {
        /// Nothing has been sent.
        Initial = 0,
        /// Proposals are exchanged.
        Quality = 1,
        /// A proposal is chosen for a round after the first.
        Converge = 2,
        /// Votes for a proposal.
        Prepare = 3,
        /// Votes for what a quorum prepared.
        Commit = 4,
        /// A decision is spread.
        Decide = 5,
        /// The instance is over.
        Terminated = 6,
    }
}
