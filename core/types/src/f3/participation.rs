//! Which miners take part in F3 through a node.

use crate::object;

/// A miner for which a node takes part in F3 (Lotus `api.F3Participant`).
#[object]
#[derive(Copy, Eq, Hash)]
pub struct F3Participant {
    /// The miner's actor ID.
    #[serde(rename = "MinerID")]
    pub miner_id: u64,
    /// The first instance.
    pub from_instance: u64,
    /// The number of instances.
    pub validity_term: u64,
}

/// A node's promise to take part in F3 for a miner (Lotus `api.F3ParticipationLease`).
#[object]
#[derive(Eq, Hash)]
pub struct F3ParticipationLease {
    /// The network's name at F3.
    pub network: String,
    /// The identity of the node that promises, in the peer-to-peer network.
    pub issuer: String,
    /// The miner's actor ID.
    #[serde(rename = "MinerID")]
    pub miner_id: u64,
    /// The first instance.
    pub from_instance: u64,
    /// The number of instances.
    pub validity_term: u64,
}
