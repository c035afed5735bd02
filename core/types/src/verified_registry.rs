//! Data cap at work: allocations that clients make and claims that providers lay to them.

use super::Cid;
use crate::object;

/// Data cap that a client has set aside for a piece of data (go-state-types
/// `verifreg.Allocation`). All times are epochs.
#[object]
#[derive(Eq, Hash)]
pub struct Allocation {
    /// The client's actor ID.
    pub client: u64,
    /// The actor ID of the only miner that may claim it.
    pub provider: u64,
    /// The data's piece commitment.
    #[required]
    pub data: Cid,
    /// The size of the piece with its padding, in bytes.
    pub size: u64,
    /// The least time that the data has to be stored.
    pub term_min: i64,
    /// The longest time for which it counts as verified.
    pub term_max: i64,
    /// When it is void if nobody has claimed it.
    pub expiration: i64,
}

/// A provider's claim to an allocation: the data is in one of its sectors (go-state-types
/// `verifreg.Claim`). All times are epochs.
#[object]
#[derive(Eq, Hash)]
pub struct Claim {
    /// The provider's actor ID.
    pub provider: u64,
    /// The client's actor ID.
    pub client: u64,
    /// The data's piece commitment.
    #[required]
    pub data: Cid,
    /// The size of the piece with its padding, in bytes.
    pub size: u64,
    /// The least time that the data has to be stored.
    pub term_min: i64,
    /// The longest time for which it counts as verified.
    pub term_max: i64,
    /// When the sector was proven or the claim was laid.
    pub term_start: i64,
    /// The number of the sector.
    pub sector: u64,
}
