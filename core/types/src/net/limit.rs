//! What the network may use of the machine, and what it uses.

use std::collections::BTreeMap;

use crate::object;

/// The limits of a scope of libp2p's resource manager (Lotus `api.NetLimit`).
#[object]
#[derive(Eq)]
pub struct NetLimit {
    /// Bytes of memory; 0 if it has no limit of its own.
    #[serde(skip_serializing_if = "is_zero")]
    pub memory: i64,
    /// Streams in both directions.
    pub streams: i64,
    /// Streams that peers opened.
    pub streams_inbound: i64,
    /// Streams that this node opened.
    pub streams_outbound: i64,
    /// Connections in both directions.
    pub conns: i64,
    /// Connections that peers opened.
    pub conns_inbound: i64,
    /// Connections that this node opened.
    pub conns_outbound: i64,
    /// File descriptors.
    #[serde(rename = "FD")]
    pub fd: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// What scopes of libp2p's resource manager use (Lotus `api.NetStat`). It holds the scopes that
/// were asked for, and no others.
#[object]
#[derive(Eq)]
pub struct NetStat {
    /// Everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<ScopeStat>,
    /// What is not yet known to belong to a peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transient: Option<ScopeStat>,
    /// By the name of the service.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, ScopeStat>,
    /// By the name of the protocol.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub protocols: BTreeMap<String, ScopeStat>,
    /// By the identity of the peer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub peers: BTreeMap<String, ScopeStat>,
}

/// What one scope uses (libp2p `network.ScopeStat`).
#[object]
#[derive(Copy, Eq)]
pub struct ScopeStat {
    /// Streams that peers opened.
    pub num_streams_inbound: i64,
    /// Streams that this node opened.
    pub num_streams_outbound: i64,
    /// Connections that peers opened.
    pub num_conns_inbound: i64,
    /// Connections that this node opened.
    pub num_conns_outbound: i64,
    /// File descriptors.
    #[serde(rename = "NumFD")]
    pub num_fd: i64,
    /// Bytes of memory.
    pub memory: i64,
}
