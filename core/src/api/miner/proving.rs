//! Proving that sectors are still there.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Bytes, Cid, ExtendedSectorInfo, PoStProof, SectorRef, SubmitWindowedPoStParams, TipSetKey,
};
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Proving.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Proving {
    /// Checks that the files of sectors can be read, and returns those that cannot by number, each
    /// with the reason.
    ///
    /// `proof` is the kind of proof that they must serve (go-state-types
    /// `abi.RegisteredPoStProof`).
    #[method(name = "CheckProvable", perm = admin)]
    async fn check_provable(
        &self,
        proof: i64,
        sectors: Vec<SectorRef>,
    ) -> Result<BTreeMap<u64, String>, Error>;

    /// Computes a winning proof over sectors, as for a block, without making one.
    ///
    /// `randomness` is that of the chain for `epoch`; `network_version` says which rules hold.
    #[method(name = "ComputeProof", perm = read)]
    async fn compute_proof(
        &self,
        sectors: Vec<ExtendedSectorInfo>,
        randomness: Bytes,
        epoch: i64,
        network_version: u64,
    ) -> Result<Vec<PoStProof>, Error>;

    /// Computes the proofs of a deadline, and returns the messages' parameters without sending
    /// them.
    ///
    /// `deadline` is its index, from 0. The sectors are those of the state after `tipset`; an empty
    /// key is the head. It takes as long as a real proof.
    #[method(name = "ComputeWindowPoSt", perm = admin)]
    async fn compute_window_po_st(
        &self,
        deadline: u64,
        tipset: TipSetKey,
    ) -> Result<Vec<SubmitWindowedPoStParams>, Error>;

    /// Tells the chain that faulty sectors, given by number, are back, and returns the CIDs of the
    /// messages.
    ///
    /// An error if one is not faulty, or its deadline is about to begin.
    #[method(name = "RecoverFault", perm = admin)]
    async fn recover_fault(&self, sectors: Vec<u64>) -> Result<Vec<Cid>, Error>;
}
