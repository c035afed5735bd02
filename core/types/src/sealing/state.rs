//! Where a sector is on its way.

use crate::open_enum::text_enum;

text_enum! {
    /// Where a sector is on its way: the state of the sealing state machine (Lotus
    /// `storage/pipeline/sector_state.go`). `Other("")` is a sector that was only just thought of.
    pub enum SectorState {
        /// Nothing is in it yet.
        Empty = "Empty",
        /// It waits for more deals.
        WaitDeals = "WaitDeals",
        /// A piece is being written to it.
        AddPiece = "AddPiece",
        /// What is left of it is being filled.
        Packing = "Packing",
        /// It waits for randomness of the chain to be sealed with.
        GetTicket = "GetTicket",
        /// Pre-commit phase 1 is computed.
        PreCommit1 = "PreCommit1",
        /// Pre-commit phase 2 is computed.
        PreCommit2 = "PreCommit2",
        /// Its pre-commit is being sent.
        PreCommitting = "PreCommitting",
        /// Its pre-commit is on its way to the chain.
        PreCommitWait = "PreCommitWait",
        /// Its pre-commit waits for others, to be sent with them.
        SubmitPreCommitBatch = "SubmitPreCommitBatch",
        /// Its pre-commit is on its way to the chain, with others.
        PreCommitBatchWait = "PreCommitBatchWait",
        /// It waits for the randomness that its proof must answer.
        WaitSeed = "WaitSeed",
        /// Its proof is computed.
        Committing = "Committing",
        /// Its files are put in order before its proof is sent.
        CommitFinalize = "CommitFinalize",
        /// That failed.
        CommitFinalizeFailed = "CommitFinalizeFailed",
        /// Its proof is being sent.
        SubmitCommit = "SubmitCommit",
        /// Its proof is on its way to the chain.
        CommitWait = "CommitWait",
        /// Its proof waits for others, to be aggregated with them.
        SubmitCommitAggregate = "SubmitCommitAggregate",
        /// Its proof is on its way to the chain, aggregated with others.
        CommitAggregateWait = "CommitAggregateWait",
        /// Its files are put in order and moved to long-term storage.
        FinalizeSector = "FinalizeSector",
        /// It is on the chain and proven every day.
        Proving = "Proving",
        /// It is proven, holds no data, and can take some.
        Available = "Available",
        /// It is proven, and waits for deals to be put in it.
        SnapDealsWaitDeals = "SnapDealsWaitDeals",
        /// A piece of a snap deal is being written.
        SnapDealsAddPiece = "SnapDealsAddPiece",
        /// What the snap deals leave of it is being filled.
        SnapDealsPacking = "SnapDealsPacking",
        /// The new data is being encoded into its replica.
        UpdateReplica = "UpdateReplica",
        /// The proof of the new replica is computed.
        ProveReplicaUpdate = "ProveReplicaUpdate",
        /// The proof of the new replica is being sent.
        SubmitReplicaUpdate = "SubmitReplicaUpdate",
        /// It waits for its deadline to end: while that is open it cannot be changed.
        WaitMutable = "WaitMutable",
        /// The proof of the new replica is on its way to the chain.
        ReplicaUpdateWait = "ReplicaUpdateWait",
        /// The files of the new replica are put in order.
        FinalizeReplicaUpdate = "FinalizeReplicaUpdate",
        /// It waits until the update can no longer be reverted.
        UpdateActivating = "UpdateActivating",
        /// The old replica is deleted.
        ReleaseSectorKey = "ReleaseSectorKey",
        /// It is taken over from another machine.
        ReceiveSector = "ReceiveSector",
        /// It failed, and nothing will help.
        FailedUnrecoverable = "FailedUnrecoverable",
        /// Writing a piece failed.
        AddPieceFailed = "AddPieceFailed",
        /// Pre-commit phase 1 failed.
        SealPreCommit1Failed = "SealPreCommit1Failed",
        /// Pre-commit phase 2 failed.
        SealPreCommit2Failed = "SealPreCommit2Failed",
        /// Its pre-commit failed on the chain.
        PreCommitFailed = "PreCommitFailed",
        /// Its proof could not be computed.
        ComputeProofFailed = "ComputeProofFailed",
        /// Its proof could not be computed at the URL that was to do so.
        RemoteCommitFailed = "RemoteCommitFailed",
        /// Its proof failed on the chain.
        CommitFailed = "CommitFailed",
        /// Filling it failed. No longer in use.
        PackingFailed = "PackingFailed",
        /// Putting its files in order failed.
        FinalizeFailed = "FinalizeFailed",
        /// A deal in it was not sealed in time.
        DealsExpired = "DealsExpired",
        /// The chain knows its deals by other numbers; they are looked up.
        RecoverDealIds = "RecoverDealIDs",
        /// Writing a piece of a snap deal failed.
        SnapDealsAddPieceFailed = "SnapDealsAddPieceFailed",
        /// A snap deal in it was not sealed in time.
        SnapDealsDealsExpired = "SnapDealsDealsExpired",
        /// The chain knows its snap deals by other numbers; they are looked up.
        SnapDealsRecoverDealIds = "SnapDealsRecoverDealIDs",
        /// The snap deals are given up.
        AbortUpgrade = "AbortUpgrade",
        /// Updating its replica failed.
        ReplicaUpdateFailed = "ReplicaUpdateFailed",
        /// Deleting the old replica failed.
        ReleaseSectorKeyFailed = "ReleaseSectorKeyFailed",
        /// Putting the files of the new replica in order failed.
        FinalizeReplicaUpdateFailed = "FinalizeReplicaUpdateFailed",
        /// It is lost or damaged.
        Faulty = "Faulty",
        /// It is lost or damaged, and the chain was told.
        FaultReported = "FaultReported",
        /// It was faulty for so long that the chain dropped it.
        FaultedFinal = "FaultedFinal",
        /// Its termination is being sent.
        Terminating = "Terminating",
        /// Its termination is on its way to the chain.
        TerminateWait = "TerminateWait",
        /// It waits until its termination can no longer be reverted.
        TerminateFinality = "TerminateFinality",
        /// Its termination failed.
        TerminateFailed = "TerminateFailed",
        /// Its files are being deleted.
        Removing = "Removing",
        /// Deleting its files failed.
        RemoveFailed = "RemoveFailed",
        /// Its files are gone.
        Removed = "Removed",
    }
}
