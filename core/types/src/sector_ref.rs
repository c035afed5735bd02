//! How sectors are named: by miner and number, and with the kind of their proof.

use crate::object;

/// A sector (go-state-types `abi.SectorID`): whose it is, and its number there.
#[object]
#[derive(Copy, Eq, Hash, PartialOrd, Ord)]
pub struct SectorId {
    /// The ID of the miner's actor: the number in `f01000`.
    pub miner: u64,
    /// The sector's number, unique for the miner.
    pub number: u64,
}

/// A sector and how it is sealed (Lotus `storiface.SectorRef`), which is what its files depend on.
#[object]
#[derive(Eq, Hash)]
pub struct SectorRef {
    /// Which sector.
    #[serde(rename = "ID")]
    pub id: SectorId,
    /// How it is sealed, which says its size (go-state-types `abi.RegisteredSealProof`).
    pub proof_type: i64,
}
