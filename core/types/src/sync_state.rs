//! How a node catches up with the chain.

use jiff::Timestamp;

use super::TipSet;
use super::open_enum::int_enum;
use crate::object;

/// What the syncer is doing (Lotus `api.SyncState`).
#[object]
#[derive(Eq)]
pub struct SyncState {
    /// What its workers do, or did last. On the wire none are `null`.
    #[nil]
    pub active_syncs: Vec<ActiveSync>,
    /// How many messages the virtual machine has executed since the node started.
    #[serde(rename = "VMApplied")]
    pub vm_applied: u64,
}

/// One attempt to reach a tipset (Lotus `api.ActiveSync`).
#[object]
#[derive(Eq)]
pub struct ActiveSync {
    /// Which worker makes it.
    #[serde(rename = "WorkerID")]
    pub worker_id: u64,
    /// The tipset that the node had.
    pub base: Option<TipSet>,
    /// The tipset that it wants.
    pub target: Option<TipSet>,
    /// How far it is.
    pub stage: SyncStateStage,
    /// The epoch that it has reached.
    pub height: i64,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; the year 1 while it has not.
    pub end: Timestamp,
    /// Why it failed, if it did.
    pub message: String,
}

int_enum! {
    /// What a node does to reach a tipset, in this order (Lotus `api.SyncStateStage`).
    pub enum SyncStateStage: i64 {
        /// Nothing yet.
        Idle = 0,
        /// Fetch headers.
        Headers = 1,
        /// Store headers.
        PersistHeaders = 2,
        /// Execute messages and validate blocks.
        Messages = 3,
        /// Done.
        SyncComplete = 4,
        /// Failed.
        SyncErrored = 5,
        /// Fetch messages.
        FetchingMessages = 6,
    }
}
