//! Peers: who they are, where they are, how a node stands with them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::PeerId;
use crate::object;
use crate::open_enum::int_enum;

/// A peer and where it may be reached (libp2p `peer.AddrInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct AddrInfo {
    /// The peer.
    #[serde(rename = "ID")]
    #[required]
    pub id: PeerId,
    /// Its addresses, as multiaddrs: `/ip4/192.0.2.1/tcp/1347`.
    pub addrs: Vec<String>,
}

/// What a node knows of a peer (Lotus `api.ExtendedPeerInfo`).
#[object]
#[derive(Eq)]
pub struct ExtendedPeerInfo {
    /// The peer.
    #[serde(rename = "ID")]
    #[required]
    pub id: PeerId,
    /// The program that it says it runs.
    pub agent: String,
    /// Its addresses, as multiaddrs.
    #[nil]
    pub addrs: Vec<String>,
    /// The protocols that it speaks.
    #[nil]
    pub protocols: Vec<String>,
    /// How the connection manager values it, if it does.
    pub conn_mgr_meta: Option<ConnMgrInfo>,
}

/// How the connection manager values a peer: the connections to the least valued are closed first
/// (Lotus `api.ConnMgrInfo`).
#[object]
#[derive(Eq)]
pub struct ConnMgrInfo {
    /// When the peer was first seen.
    pub first_seen: Timestamp,
    /// The sum of its tags.
    pub value: i64,
    /// What parts of the node hold for or against it.
    pub tags: BTreeMap<String, i64>,
    /// Since when there is a connection to it, by the connection's description.
    pub conns: BTreeMap<String, Timestamp>,
}

/// Peers and addresses with which a node has nothing to do (Lotus `api.NetBlockList`).
#[object]
#[derive(Eq)]
pub struct NetBlockList {
    /// Peers.
    pub peers: Vec<PeerId>,
    /// IP addresses.
    #[serde(rename = "IPAddrs")]
    #[nil]
    pub ip_addrs: Vec<String>,
    /// Ranges of IP addresses: `192.0.2.0/24`.
    #[serde(rename = "IPSubnets")]
    #[nil]
    pub ip_subnets: Vec<String>,
}

int_enum! {
    /// Whether there is a connection to a peer (libp2p `network.Connectedness`).
    pub enum Connectedness: i64 {
        /// None, and no way to get one is known.
        NotConnected = 0,
        /// There is.
        Connected = 1,
        /// None, but there recently was. Not in use any more.
        CanConnect = 2,
        /// None, and recent attempts failed. Not in use any more.
        CannotConnect = 3,
        /// There is one through a relay, with limits of time and volume.
        Limited = 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_peer_is_an_error() {
        for bad in ["{}", r#"{"ID":null}"#, r#"{"ID":"","Addrs":[]}"#, "null"] {
            assert!(serde_json::from_str::<AddrInfo>(bad).is_err(), "{bad}");
        }
        let id = "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf";
        let info: AddrInfo = serde_json::from_str(&format!(r#"{{"id":"{id}"}}"#)).unwrap();
        let json = serde_json::to_string(&info).unwrap();
        assert_eq!(json, format!(r#"{{"ID":"{id}","Addrs":[]}}"#));
    }

    #[test]
    fn an_empty_block_list_is_written_as_go_builds_it() {
        let json = serde_json::to_string(&NetBlockList::default()).unwrap();
        assert_eq!(json, r#"{"Peers":[],"IPAddrs":null,"IPSubnets":null}"#);
    }
}
