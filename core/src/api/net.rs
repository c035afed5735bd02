//! The peer-to-peer network.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    AddrInfo, BandwidthStats, Connectedness, ExtendedPeerInfo, NatInfo, NetBlockList, NetLimit,
    NetStat, PeerId, PubsubScore,
};
use crate::{Error, permissioned};

/// Lotus `api/api_net.go`.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait Net {
    /// Returns the node's own identity in the network.
    #[method(name = "ID", perm = read)]
    async fn id(&self) -> Result<PeerId, Error>;

    /// Returns the addresses on which the node listens for peers.
    #[method(name = "NetAddrsListen", perm = read)]
    async fn net_addrs_listen(&self) -> Result<AddrInfo, Error>;

    /// Returns the name of the program that a peer says it runs; an error if the peer is not known.
    #[method(name = "NetAgentVersion", perm = read)]
    async fn net_agent_version(&self, peer: PeerId) -> Result<String, Error>;

    /// Returns whether others can reach the node, and under which addresses.
    #[method(name = "NetAutoNatStatus", perm = read)]
    async fn net_auto_nat_status(&self) -> Result<NatInfo, Error>;

    /// Returns the node's traffic since it started.
    #[method(name = "NetBandwidthStats", perm = read)]
    async fn net_bandwidth_stats(&self) -> Result<BandwidthStats, Error>;

    /// Returns the traffic since the node started, by the identity of the peer.
    #[method(name = "NetBandwidthStatsByPeer", perm = read)]
    async fn net_bandwidth_stats_by_peer(&self) -> Result<BTreeMap<String, BandwidthStats>, Error>;

    /// Returns the traffic since the node started, by the name of the protocol.
    #[method(name = "NetBandwidthStatsByProtocol", perm = read)]
    async fn net_bandwidth_stats_by_protocol(
        &self,
    ) -> Result<BTreeMap<String, BandwidthStats>, Error>;

    /// Adds peers and IP addresses to those with which the node has nothing to do.
    ///
    /// Connections to them are closed. The list survives a restart.
    #[method(name = "NetBlockAdd", perm = admin)]
    async fn net_block_add(&self, block: NetBlockList) -> Result<(), Error>;

    /// Lists the peers and IP addresses with which the node has nothing to do.
    #[method(name = "NetBlockList", perm = read)]
    async fn net_block_list(&self) -> Result<NetBlockList, Error>;

    /// Removes peers and IP addresses from those with which the node has nothing to do.
    #[method(name = "NetBlockRemove", perm = admin)]
    async fn net_block_remove(&self, block: NetBlockList) -> Result<(), Error>;

    /// Connects to a peer; an error if none of its addresses answers.
    #[method(name = "NetConnect", perm = write)]
    async fn net_connect(&self, peer: AddrInfo) -> Result<(), Error>;

    /// Returns whether the node is connected to a peer.
    #[method(name = "NetConnectedness", perm = read)]
    async fn net_connectedness(&self, peer: PeerId) -> Result<Connectedness, Error>;

    /// Closes the connections to a peer.
    #[method(name = "NetDisconnect", perm = write)]
    async fn net_disconnect(&self, peer: PeerId) -> Result<(), Error>;

    /// Looks for the addresses of a peer in the network; an error if they are not found.
    #[method(name = "NetFindPeer", perm = read)]
    async fn net_find_peer(&self, peer: PeerId) -> Result<AddrInfo, Error>;

    /// Returns the limits of a scope: `system`, `transient`, `svc:NAME`, `proto:NAME` or
    /// `peer:ID`.
    #[method(name = "NetLimit", perm = read)]
    async fn net_limit(&self, scope: String) -> Result<NetLimit, Error>;

    /// Returns what is known of a peer.
    #[method(name = "NetPeerInfo", perm = read)]
    async fn net_peer_info(&self, peer: PeerId) -> Result<ExtendedPeerInfo, Error>;

    /// Lists the peers to which the node is connected, with the addresses in use.
    #[method(name = "NetPeers", perm = read)]
    async fn net_peers(&self) -> Result<Vec<AddrInfo>, Error>;

    /// Returns the time of a message to a peer and back, in nanoseconds.
    #[method(name = "NetPing", perm = read)]
    async fn net_ping(&self, peer: PeerId) -> Result<i64, Error>;

    /// Adds peers to those to which the node never closes its connections.
    #[method(name = "NetProtectAdd", perm = admin)]
    async fn net_protect_add(&self, peers: Vec<PeerId>) -> Result<(), Error>;

    /// Lists the peers to which the node never closes its connections.
    #[method(name = "NetProtectList", perm = read)]
    async fn net_protect_list(&self) -> Result<Vec<PeerId>, Error>;

    /// Removes peers from those to which the node never closes its connections.
    #[method(name = "NetProtectRemove", perm = admin)]
    async fn net_protect_remove(&self, peers: Vec<PeerId>) -> Result<(), Error>;

    /// Lists the peers with their scores in gossipsub, sorted by identity.
    #[method(name = "NetPubsubScores", perm = read)]
    async fn net_pubsub_scores(&self) -> Result<Vec<PubsubScore>, Error>;

    /// Sets the limits of a scope, named as for `NetLimit`.
    #[method(name = "NetSetLimit", perm = admin)]
    async fn net_set_limit(&self, scope: String, limit: NetLimit) -> Result<(), Error>;

    /// Returns what a scope uses: one named as for `NetLimit`, or `all`.
    #[method(name = "NetStat", perm = read)]
    async fn net_stat(&self, scope: String) -> Result<NetStat, Error>;
}
