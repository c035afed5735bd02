//! The miner's sectors, from the first piece to the termination.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    BitField, Bytes, Cid, CommitBatchResult, NumAssignerMeta, PieceDealInfo, PreCommitBatchResult,
    ReaderStream, RemoteSectorMeta, SealedRef, SectorId, SectorInfo, SectorOffset, SectorRef,
    SectorState,
};
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Sector. Sectors are given by their numbers.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Sector {
    /// Begins to seal a sector without deals, and returns which it is.
    #[method(name = "PledgeSector", perm = write)]
    async fn pledge_sector(&self) -> Result<SectorId, Error>;

    /// Gives the snap deals of a sector up that are on their way into it.
    ///
    /// An error if there are none, or they are on the chain already.
    #[method(name = "SectorAbortUpgrade", perm = admin)]
    async fn sector_abort_upgrade(&self, sector: u64) -> Result<(), Error>;

    /// Puts a piece into whichever sector takes it, and returns where it begins.
    ///
    /// `size` is that of the data in bytes, without padding. Where no open sector has room one is
    /// opened; where none may be, the call waits.
    #[method(name = "SectorAddPieceToAny", perm = admin)]
    async fn sector_add_piece_to_any(
        &self,
        size: u64,
        data: ReaderStream,
        deal: PieceDealInfo,
    ) -> Result<SectorOffset, Error>;

    /// Sends the proofs that wait to be aggregated, and returns what became of them.
    #[method(name = "SectorCommitFlush", perm = admin)]
    async fn sector_commit_flush(&self) -> Result<Vec<CommitBatchResult>, Error>;

    /// Lists the sectors of which the proofs wait to be aggregated.
    #[method(name = "SectorCommitPending", perm = admin)]
    async fn sector_commit_pending(&self) -> Result<Vec<SectorId>, Error>;

    /// Returns how long sealing is expected to take, in nanoseconds: deals that begin sooner are
    /// refused.
    #[method(name = "SectorGetExpectedSealDuration", perm = read)]
    async fn sector_get_expected_seal_duration(&self) -> Result<i64, Error>;

    /// Returns how long an open sector waits for more deals, in nanoseconds.
    #[method(name = "SectorGetSealDelay", perm = read)]
    async fn sector_get_seal_delay(&self) -> Result<i64, Error>;

    /// Makes a sector that is proven and holds no data available to snap deals.
    ///
    /// `snap` must be true: the other way to upgrade a sector is gone from the network.
    #[method(name = "SectorMarkForUpgrade", perm = admin)]
    async fn sector_mark_for_upgrade(&self, sector: u64, snap: bool) -> Result<(), Error>;

    /// Assigns pieces that wait to sectors that are open, at once.
    #[method(name = "SectorMatchPendingPiecesToOpenSectors", perm = admin)]
    async fn sector_match_pending_pieces_to_open_sectors(&self) -> Result<(), Error>;

    /// Returns which sector numbers are used, which are reserved, and which comes next.
    #[method(name = "SectorNumAssignerMeta", perm = read)]
    async fn sector_num_assigner_meta(&self) -> Result<NumAssignerMeta, Error>;

    /// Frees the sector numbers that are reserved under a name. An error if there are none.
    #[method(name = "SectorNumFree", perm = admin)]
    async fn sector_num_free(&self, name: String) -> Result<(), Error>;

    /// Lists the sector numbers that are reserved, by the name of the reservation.
    #[method(name = "SectorNumReservations", perm = read)]
    async fn sector_num_reservations(&self) -> Result<BTreeMap<String, BitField>, Error>;

    /// Reserves sector numbers under a name, so that no sector of this process gets them.
    ///
    /// An error if the name exists already, or a number is reserved or in use; `force` does it
    /// nevertheless.
    #[method(name = "SectorNumReserve", perm = admin)]
    async fn sector_num_reserve(
        &self,
        name: String,
        sectors: BitField,
        force: bool,
    ) -> Result<(), Error>;

    /// Reserves as many sector numbers under a name as asked for, and returns them.
    #[method(name = "SectorNumReserveCount", perm = admin)]
    async fn sector_num_reserve_count(&self, name: String, count: u64) -> Result<BitField, Error>;

    /// Sends the pre-commits that wait for others, and returns what became of them.
    #[method(name = "SectorPreCommitFlush", perm = admin)]
    async fn sector_pre_commit_flush(&self) -> Result<Vec<PreCommitBatchResult>, Error>;

    /// Lists the sectors of which the pre-commits wait for others.
    #[method(name = "SectorPreCommitPending", perm = admin)]
    async fn sector_pre_commit_pending(&self) -> Result<Vec<SectorId>, Error>;

    /// Takes a sector over that was sealed elsewhere, in part or wholly, and goes on with it.
    #[method(name = "SectorReceive", perm = admin)]
    async fn sector_receive(&self, meta: RemoteSectorMeta) -> Result<(), Error>;

    /// Deletes a sector's files. The chain is not told, and penalises the miner if it is proven.
    #[method(name = "SectorRemove", perm = admin)]
    async fn sector_remove(&self, sector: u64) -> Result<(), Error>;

    /// Sets how long sealing is expected to take, in nanoseconds.
    #[method(name = "SectorSetExpectedSealDuration", perm = write)]
    async fn sector_set_expected_seal_duration(&self, nanoseconds: i64) -> Result<(), Error>;

    /// Sets how long an open sector waits for more deals, in nanoseconds.
    #[method(name = "SectorSetSealDelay", perm = write)]
    async fn sector_set_seal_delay(&self, nanoseconds: i64) -> Result<(), Error>;

    /// Seals an open sector at once, without more deals.
    #[method(name = "SectorStartSealing", perm = write)]
    async fn sector_start_sealing(&self, sector: u64) -> Result<(), Error>;

    /// Terminates a sector on the chain, which costs a fee, and then deletes its files.
    #[method(name = "SectorTerminate", perm = admin)]
    async fn sector_terminate(&self, sector: u64) -> Result<(), Error>;

    /// Sends the terminations that wait for others, and returns the message's CID, or `null` if
    /// there were none.
    #[method(name = "SectorTerminateFlush", perm = admin)]
    async fn sector_terminate_flush(&self) -> Result<Option<Cid>, Error>;

    /// Lists the sectors of which the terminations wait for others.
    #[method(name = "SectorTerminatePending", perm = admin)]
    async fn sector_terminate_pending(&self) -> Result<Vec<SectorId>, Error>;

    /// Makes an unsealed copy of a sector.
    #[method(name = "SectorUnseal", perm = admin)]
    async fn sector_unseal(&self, sector: u64) -> Result<(), Error>;

    /// Lists all sectors that this process knows.
    #[method(name = "SectorsList", perm = read)]
    async fn sectors_list(&self) -> Result<Vec<u64>, Error>;

    /// Lists the sectors that are in one of some states.
    #[method(name = "SectorsListInStates", perm = read)]
    async fn sectors_list_in_states(&self, states: Vec<SectorState>) -> Result<Vec<u64>, Error>;

    /// Lists where the data of deals is, by the number of the deal.
    #[method(name = "SectorsRefs", perm = read)]
    async fn sectors_refs(&self) -> Result<BTreeMap<String, Vec<SealedRef>>, Error>;

    /// Returns what is known of a sector; with `show_on_chain_info`, also what the chain says.
    ///
    /// An error if this process does not know the sector.
    #[method(name = "SectorsStatus", perm = read)]
    async fn sectors_status(
        &self,
        sector: u64,
        show_on_chain_info: bool,
    ) -> Result<SectorInfo, Error>;

    /// Counts the sectors in each state.
    #[method(name = "SectorsSummary", perm = read)]
    async fn sectors_summary(&self) -> Result<BTreeMap<SectorState, i64>, Error>;

    /// Makes an unsealed copy of a part of a sector, so that it can be read.
    ///
    /// `offset` and `size` are in bytes without padding. `randomness` is that with which the
    /// replica was sealed, `comm_d` the commitment to its data.
    #[method(name = "SectorsUnsealPiece", perm = admin)]
    async fn sectors_unseal_piece(
        &self,
        sector: SectorRef,
        offset: u64,
        size: u64,
        randomness: Bytes,
        comm_d: Option<Cid>,
    ) -> Result<(), Error>;

    /// Puts a sector into a state, whatever state it is in. For repairs: nothing is checked.
    #[method(name = "SectorsUpdate", perm = admin)]
    async fn sectors_update(&self, sector: u64, state: SectorState) -> Result<(), Error>;
}
