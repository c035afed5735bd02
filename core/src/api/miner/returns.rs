//! What workers call when a task is done (Lotus `storiface.WorkerReturn`).
//!
//! Each method answers one of the [calls](crate::api::worker::sealing) by its id: with its result,
//! or with `error` set and an empty result. A worker repeats it until the miner has it.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Bytes, CallError, CallId, PieceInfo, ReplicaUpdateOut, SectorCids};
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Return.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Return {
    /// Returns the piece that was written to a sector.
    #[method(name = "ReturnAddPiece", perm = admin, retry)]
    async fn return_add_piece(
        &self,
        call: CallId,
        piece: PieceInfo,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns the commitment of a piece.
    #[method(name = "ReturnDataCid", perm = admin, retry)]
    async fn return_data_cid(
        &self,
        call: CallId,
        piece: PieceInfo,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says that a sector has been downloaded.
    #[method(name = "ReturnDownloadSector", perm = admin, retry)]
    async fn return_download_sector(
        &self,
        call: CallId,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says that files of a sector have been fetched.
    #[method(name = "ReturnFetch", perm = admin, retry)]
    async fn return_fetch(&self, call: CallId, error: Option<CallError>) -> Result<(), Error>;

    /// Says that the files of an updated replica are in order.
    #[method(name = "ReturnFinalizeReplicaUpdate", perm = admin, retry)]
    async fn return_finalize_replica_update(
        &self,
        call: CallId,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says that the files of a sealed sector are in order.
    #[method(name = "ReturnFinalizeSector", perm = admin, retry)]
    async fn return_finalize_sector(
        &self,
        call: CallId,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says that the old replica of an updated sector has been computed back.
    #[method(name = "ReturnGenerateSectorKeyFromData", perm = admin, retry)]
    async fn return_generate_sector_key_from_data(
        &self,
        call: CallId,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says that files of a sector have been moved to long-term storage.
    #[method(name = "ReturnMoveStorage", perm = admin, retry)]
    async fn return_move_storage(
        &self,
        call: CallId,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns the vanilla proofs of an updated replica.
    #[method(name = "ReturnProveReplicaUpdate1", perm = admin, retry)]
    async fn return_prove_replica_update1(
        &self,
        call: CallId,
        vanilla_proofs: Vec<Bytes>,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns the proof of an updated replica.
    #[method(name = "ReturnProveReplicaUpdate2", perm = admin, retry)]
    async fn return_prove_replica_update2(
        &self,
        call: CallId,
        proof: Bytes,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says whether a piece could be read. No worker calls it any more.
    #[method(name = "ReturnReadPiece", perm = admin, retry)]
    async fn return_read_piece(
        &self,
        call: CallId,
        ok: bool,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says that the parts of a sector's unsealed file that are not needed have been freed.
    #[method(name = "ReturnReleaseUnsealed", perm = admin, retry)]
    async fn return_release_unsealed(
        &self,
        call: CallId,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns the commitments of an updated replica.
    #[method(name = "ReturnReplicaUpdate", perm = admin, retry)]
    async fn return_replica_update(
        &self,
        call: CallId,
        out: ReplicaUpdateOut,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns what phase 1 of a commit put out: the vanilla proofs.
    #[method(name = "ReturnSealCommit1", perm = admin, retry)]
    async fn return_seal_commit1(
        &self,
        call: CallId,
        out: Bytes,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns what phase 2 of a commit put out: the proof of replication.
    #[method(name = "ReturnSealCommit2", perm = admin, retry)]
    async fn return_seal_commit2(
        &self,
        call: CallId,
        proof: Bytes,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns what phase 1 of a pre-commit put out.
    #[method(name = "ReturnSealPreCommit1", perm = admin, retry)]
    async fn return_seal_pre_commit1(
        &self,
        call: CallId,
        out: Bytes,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Returns what phase 2 of a pre-commit put out: the commitments of the sector.
    #[method(name = "ReturnSealPreCommit2", perm = admin, retry)]
    async fn return_seal_pre_commit2(
        &self,
        call: CallId,
        sealed: SectorCids,
        error: Option<CallError>,
    ) -> Result<(), Error>;

    /// Says that a piece has been unsealed.
    #[method(name = "ReturnUnsealPiece", perm = admin, retry)]
    async fn return_unseal_piece(
        &self,
        call: CallId,
        error: Option<CallError>,
    ) -> Result<(), Error>;
}
