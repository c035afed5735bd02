//! The tasks of a worker.
//!
//! Every call answers as soon as the task is accepted. When it is done the worker calls the miner
//! back with the same id ([`returns`](crate::api::miner::returns)).

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    AcquireMode, Bytes, CallId, Cid, PathType, PieceInfo, ReaderStream, SectorCids, SectorFileType,
    SectorLocation, SectorRef, UnpaddedRange,
};
use crate::{Error, permissioned};

/// Lotus `api/api_worker.go`, group Sealing. Sizes are in bytes without padding.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Sealing {
    /// Writes a piece to a sector, after those that it has.
    ///
    /// `piece_sizes` are the sizes of the pieces that it has, `size` that of the new one.
    #[method(name = "AddPiece", perm = admin)]
    async fn add_piece(
        &self,
        sector: SectorRef,
        piece_sizes: Vec<u64>,
        size: u64,
        data: ReaderStream,
    ) -> Result<CallId, Error>;

    /// Computes the commitment of a piece.
    #[method(name = "DataCid", perm = admin)]
    async fn data_cid(&self, size: u64, data: ReaderStream) -> Result<CallId, Error>;

    /// Downloads files of a sector, each from its own place.
    ///
    /// `finalized` says that the sector is sealed and its cache reduced to what proofs need.
    #[method(name = "DownloadSectorData", perm = admin)]
    async fn download_sector_data(
        &self,
        sector: SectorRef,
        finalized: bool,
        sources: BTreeMap<SectorFileType, SectorLocation>,
    ) -> Result<CallId, Error>;

    /// Fetches files of a sector from other machines of the miner.
    #[method(name = "Fetch", perm = admin)]
    async fn fetch(
        &self,
        sector: SectorRef,
        file_types: SectorFileType,
        path_type: PathType,
        mode: AcquireMode,
    ) -> Result<CallId, Error>;

    /// Puts the files of an updated replica in order.
    #[method(name = "FinalizeReplicaUpdate", perm = admin)]
    async fn finalize_replica_update(&self, sector: SectorRef) -> Result<CallId, Error>;

    /// Puts the files of a sealed sector in order: what only sealing needed is deleted.
    #[method(name = "FinalizeSector", perm = admin)]
    async fn finalize_sector(&self, sector: SectorRef) -> Result<CallId, Error>;

    /// Computes the old replica back from an updated one and its data, to which `comm_d` is the
    /// commitment.
    #[method(name = "GenerateSectorKeyFromData", perm = admin)]
    async fn generate_sector_key_from_data(
        &self,
        sector: SectorRef,
        comm_d: Cid,
    ) -> Result<CallId, Error>;

    /// Moves files of a sector to long-term storage.
    #[method(name = "MoveStorage", perm = admin)]
    async fn move_storage(
        &self,
        sector: SectorRef,
        file_types: SectorFileType,
    ) -> Result<CallId, Error>;

    /// Computes the vanilla proofs of an updated replica.
    ///
    /// The commitments are those to the old replica, the new replica and the new data.
    #[method(name = "ProveReplicaUpdate1", perm = admin)]
    async fn prove_replica_update1(
        &self,
        sector: SectorRef,
        sector_key: Cid,
        new_sealed: Cid,
        new_unsealed: Cid,
    ) -> Result<CallId, Error>;

    /// Computes the proof of an updated replica from its vanilla proofs.
    #[method(name = "ProveReplicaUpdate2", perm = admin)]
    async fn prove_replica_update2(
        &self,
        sector: SectorRef,
        sector_key: Cid,
        new_sealed: Cid,
        new_unsealed: Cid,
        vanilla_proofs: Vec<Bytes>,
    ) -> Result<CallId, Error>;

    /// Frees a sector's unsealed file but for some ranges.
    #[method(name = "ReleaseUnsealed", perm = admin)]
    async fn release_unsealed(
        &self,
        sector: SectorRef,
        keep: Vec<UnpaddedRange>,
    ) -> Result<CallId, Error>;

    /// Encodes pieces into a sector that holds no data: a snap deal.
    #[method(name = "ReplicaUpdate", perm = admin)]
    async fn replica_update(
        &self,
        sector: SectorRef,
        pieces: Vec<PieceInfo>,
    ) -> Result<CallId, Error>;

    /// Computes phase 1 of a commit: the vanilla proofs.
    ///
    /// `ticket` is the randomness that the replica is bound to, `seed` that which the proof
    /// answers.
    #[method(name = "SealCommit1", perm = admin)]
    async fn seal_commit1(
        &self,
        sector: SectorRef,
        ticket: Bytes,
        seed: Bytes,
        pieces: Vec<PieceInfo>,
        cids: SectorCids,
    ) -> Result<CallId, Error>;

    /// Computes phase 2 of a commit: the proof of replication, from what phase 1 put out.
    #[method(name = "SealCommit2", perm = admin)]
    async fn seal_commit2(&self, sector: SectorRef, phase1: Bytes) -> Result<CallId, Error>;

    /// Computes phase 1 of a pre-commit. `ticket` is the randomness that binds the replica.
    #[method(name = "SealPreCommit1", perm = admin)]
    async fn seal_pre_commit1(
        &self,
        sector: SectorRef,
        ticket: Bytes,
        pieces: Vec<PieceInfo>,
    ) -> Result<CallId, Error>;

    /// Computes phase 2 of a pre-commit: the replica's commitments, from what phase 1 put out.
    #[method(name = "SealPreCommit2", perm = admin)]
    async fn seal_pre_commit2(&self, sector: SectorRef, phase1: Bytes) -> Result<CallId, Error>;

    /// Unseals a part of a sector.
    ///
    /// `randomness` is that with which the replica was sealed, `comm_d` the commitment to its
    /// data.
    #[method(name = "UnsealPiece", perm = admin)]
    async fn unseal_piece(
        &self,
        sector: SectorRef,
        offset: u64,
        size: u64,
        randomness: Bytes,
        comm_d: Cid,
    ) -> Result<CallId, Error>;
}
