//! Upkeep of the store of blocks: exports and garbage collection.

use crate::object;

/// What to export between two tipsets, and how (Lotus `api.ChainExportConfig`).
#[object]
#[derive(Eq, Hash)]
pub struct ChainExportConfig {
    /// The size of the write buffer, in bytes.
    pub write_buffer_size: i64,
    /// How many workers read.
    pub num_workers: i64,
    /// Whether to export messages.
    pub include_messages: bool,
    /// Whether to export receipts.
    pub include_receipts: bool,
    /// Whether to export state.
    pub include_state_roots: bool,
}

/// How to prune the cold store (Lotus `api.PruneOpts`).
#[object]
#[derive(Eq, Hash)]
pub struct PruneOpts {
    /// Whether to collect garbage by moving everything, which takes twice the space.
    #[serde(rename = "MovingGC")]
    pub moving_gc: bool,
    /// The epochs of state to keep beyond finality; negative keeps all.
    pub retain_state: i64,
}

/// How to collect garbage in the hot store (Lotus `api.HotGCOpts`).
#[object]
pub struct HotGcOpts {
    /// The part of a file that must be garbage for it to be rewritten, from 0 to 1.
    pub threshold: f64,
    /// Whether to do what is done periodically anyway.
    pub periodic: bool,
    /// Whether to collect by moving everything, which takes twice the space.
    pub moving: bool,
}
