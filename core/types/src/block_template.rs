//! What a miner needs to know to make a block, and what it asks the node to make.

use super::{
    Address, BeaconEntry, BigInt, Cid, ElectionProof, PoStProof, SignedMessage, Ticket, TipSetKey,
};
use crate::object;

/// Whether a miner may take part in the election of an epoch, and with what (Lotus
/// `api.MiningBaseInfo`).
#[object]
#[derive(Eq)]
pub struct MiningBaseInfo {
    /// The miner's quality-adjusted power, in bytes.
    pub miner_power: BigInt,
    /// The whole network's quality-adjusted power, in bytes.
    pub network_power: BigInt,
    /// The sectors that it must prove when it wins.
    pub sectors: Vec<ExtendedSectorInfo>,
    /// The key that signs its blocks.
    pub worker_key: Address,
    /// The size of its sectors, in bytes.
    pub sector_size: u64,
    /// The last beacon entry of the chain so far.
    pub prev_beacon_entry: BeaconEntry,
    /// The beacon entries that a block of the epoch must carry. On the wire none are `null`.
    #[nil]
    pub beacon_entries: Vec<BeaconEntry>,
    /// Whether it has the power and owes nothing, so that its block would be valid.
    pub eligible_for_mining: bool,
}

/// A sector to be proven (go-state-types `proof.ExtendedSectorInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct ExtendedSectorInfo {
    /// How it was sealed (go-state-types `abi.RegisteredSealProof`).
    pub seal_proof: i64,
    /// Its number.
    pub sector_number: u64,
    /// The commitment to the replica before deals were put into it; `null` if none ever were.
    pub sector_key: Option<Cid>,
    /// The commitment to the replica.
    #[required]
    #[serde(rename = "SealedCID")]
    pub sealed_cid: Cid,
}

/// A block to be made: everything but the state, the roots and the signature, which the node adds
/// (Lotus `api.BlockTemplate`).
#[object]
#[derive(Eq)]
pub struct BlockTemplate {
    /// The miner, by its ID address.
    pub miner: Address,
    /// The tipset to build on.
    pub parents: TipSetKey,
    /// The ticket.
    pub ticket: Option<Ticket>,
    /// The proof that the miner was elected.
    pub eproof: Option<ElectionProof>,
    /// The beacon entries since the parents. On the wire none are `null`.
    #[nil]
    pub beacon_values: Vec<BeaconEntry>,
    /// The messages to include. On the wire none are `null`.
    #[nil]
    pub messages: Vec<SignedMessage>,
    /// The epoch.
    pub epoch: i64,
    /// When it is made, in seconds since 1970.
    pub timestamp: u64,
    /// The proof that the miner still stores what it won with. On the wire none are `null`.
    #[nil]
    #[serde(rename = "WinningPoStProof")]
    pub winning_po_st_proof: Vec<PoStProof>,
}
