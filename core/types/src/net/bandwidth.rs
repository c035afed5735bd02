//! How much a node sends and receives.

use crate::{go, object};

/// The traffic with one peer, of one protocol, or altogether (libp2p `metrics.Stats`).
#[object]
pub struct BandwidthStats {
    /// Bytes received since the node started.
    pub total_in: i64,
    /// Bytes sent since the node started.
    pub total_out: i64,
    /// Bytes received per second, lately.
    #[serde(serialize_with = "go::float")]
    pub rate_in: f64,
    /// Bytes sent per second, lately.
    #[serde(serialize_with = "go::float")]
    pub rate_out: f64,
}
