//! The peer-to-peer network as a node sees it.

mod bandwidth;
mod limit;
mod nat;
mod peer;
mod score;

pub use bandwidth::BandwidthStats;
pub use limit::{NetLimit, NetStat, ScopeStat};
pub use nat::{NatInfo, Reachability};
pub use peer::{AddrInfo, ConnMgrInfo, Connectedness, ExtendedPeerInfo, NetBlockList};
pub use score::{PeerScore, PubsubScore, TopicScore};
