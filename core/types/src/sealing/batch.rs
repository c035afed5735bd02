//! What became of sectors that were sent to the chain together.

use std::collections::BTreeMap;

use crate::Cid;
use crate::object;

/// A message that commits sectors, or why there is none (Lotus `sealiface.CommitBatchRes`).
#[object]
#[derive(Eq, Hash)]
pub struct CommitBatchResult {
    /// The numbers of the sectors in it.
    #[nil]
    pub sectors: Vec<u64>,
    /// The numbers of those that were left out, with the reason.
    #[nil]
    pub failed_sectors: BTreeMap<u64, String>,
    /// The message; `null` if none was sent.
    pub msg: Option<Cid>,
    /// Why it could not be sent; empty if it was.
    pub error: String,
}

/// A message that pre-commits sectors, or why there is none (Lotus `sealiface.PreCommitBatchRes`).
#[object]
#[derive(Eq, Hash)]
pub struct PreCommitBatchResult {
    /// The numbers of the sectors in it.
    #[nil]
    pub sectors: Vec<u64>,
    /// The message; `null` if none was sent.
    pub msg: Option<Cid>,
    /// Why it could not be sent; empty if it was.
    pub error: String,
}
