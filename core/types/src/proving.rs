//! Proofs of space-time in the making: what is challenged, and what came of it.

use super::{BitField, Bytes, Cid, PoStProof, SectorId};
use crate::object;

/// The parameters of the miner actor's method `SubmitWindowedPoSt` (go-state-types
/// `miner.SubmitWindowedPoStParams`).
#[object]
#[derive(Eq)]
pub struct SubmitWindowedPoStParams {
    /// Which of the proving period's deadlines, from 0.
    pub deadline: u64,
    /// The partitions that are proven.
    #[nil]
    pub partitions: Vec<PoStPartition>,
    /// The proofs, one for each kind of proof.
    #[nil]
    pub proofs: Vec<PoStProof>,
    /// The epoch that the proofs commit to.
    pub chain_commit_epoch: i64,
    /// The chain's randomness of that epoch.
    #[nil]
    pub chain_commit_rand: Bytes,
}

/// A partition of a deadline, as it is proven (go-state-types `miner.PoStPartition`).
#[object]
#[derive(Eq)]
pub struct PoStPartition {
    /// Its index in the deadline, from 0.
    pub index: u64,
    /// The numbers of its sectors that are not proven, and so become faulty.
    pub skipped: BitField,
}

/// A sector that must answer challenges (Lotus `storiface.PostSectorChallenge`).
#[object]
#[derive(Eq, Hash)]
pub struct PostSectorChallenge {
    /// How it was sealed (go-state-types `abi.RegisteredSealProof`).
    pub seal_proof: i64,
    /// Its number.
    pub sector_number: u64,
    /// The commitment to its replica (CommR).
    #[serde(rename = "SealedCID")]
    #[required]
    pub sealed_cid: Cid,
    /// The indexes of the leaves to be opened.
    #[nil]
    pub challenge: Vec<u64>,
    /// Whether the replica is one that a snap deal updated.
    pub update: bool,
}

/// What a worker made of a partition (Lotus `storiface.WindowPoStResult`).
#[object]
#[derive(Eq)]
pub struct WindowPoStResult {
    /// The proof.
    #[serde(rename = "PoStProofs")]
    pub po_st_proofs: PoStProof,
    /// The sectors that could not be read.
    #[nil]
    pub skipped: Vec<SectorId>,
}
