//! What the index of the chain knows of an epoch.

use super::TipSetKey;
use crate::object;

/// What validating an epoch of the index found (Lotus `types.IndexValidation`).
#[object]
#[derive(Eq, Hash)]
pub struct IndexValidation {
    /// The tipset of the epoch; empty when there is none.
    pub tip_set_key: TipSetKey,
    /// The epoch.
    pub height: i64,
    /// How many messages are indexed.
    pub indexed_messages_count: u64,
    /// How many events are indexed.
    pub indexed_events_count: u64,
    /// How many entries those events have.
    pub indexed_event_entries_count: u64,
    /// Whether it was missing and was added now.
    pub backfilled: bool,
    /// Whether the epoch has no tipset.
    pub is_null_round: bool,
}
