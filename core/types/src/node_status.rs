//! How a node is doing, at a glance.

use crate::object;

/// How a node is doing (Lotus `api.NodeStatus`).
#[object]
pub struct NodeStatus {
    /// How far it has come.
    pub sync_status: NodeSyncStatus,
    /// Who hears it.
    pub peer_status: NodePeerStatus,
    /// How the chain is doing; zeros unless that was asked for.
    pub chain_status: NodeChainStatus,
}

/// How far a node has come with the chain (Lotus `api.NodeSyncStatus`).
#[object]
#[derive(Eq, Hash)]
pub struct NodeSyncStatus {
    /// The epoch of its head.
    pub epoch: u64,
    /// How many epochs could have passed since its head was made.
    pub behind: u64,
}

/// How many peers hear what a node publishes (Lotus `api.NodePeerStatus`).
#[object]
#[derive(Eq, Hash)]
pub struct NodePeerStatus {
    /// Its messages.
    pub peers_to_publish_msgs: i64,
    /// Its blocks.
    pub peers_to_publish_blocks: i64,
}

/// How full the chain has been lately (Lotus `api.NodeChainStatus`).
#[object]
pub struct NodeChainStatus {
    /// The mean number of blocks in the last 100 tipsets.
    pub blocks_per_tipset_last100: f64,
    /// The mean number of blocks in the tipsets of the last finality (900 epochs).
    pub blocks_per_tipset_last_finality: f64,
}
