//! Whether others can reach a node.

use crate::object;
use crate::open_enum::int_enum;

/// What a node knows of how others reach it (Lotus `api.NatInfo`).
#[object]
#[derive(Eq)]
pub struct NatInfo {
    /// Whether they can.
    pub reachability: Reachability,
    /// Its public addresses, as multiaddrs.
    #[nil]
    pub public_addrs: Vec<String>,
}

int_enum! {
    /// Whether peers can dial a node (libp2p `network.Reachability`).
    pub enum Reachability: i64 {
        /// Not known.
        Unknown = 0,
        /// They can.
        Public = 1,
        /// They cannot: it is behind a NAT or a firewall.
        Private = 2,
    }
}
