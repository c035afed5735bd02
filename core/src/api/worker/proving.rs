//! Proofs of space-time, which a worker answers directly.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Bytes, PoStProof, PostSectorChallenge, WindowPoStResult};
use crate::{Error, permissioned};

/// Lotus `api/api_worker.go`, group Proving. `proof` is a kind of proof (go-state-types
/// `abi.RegisteredPoStProof`), `miner` the ID of the miner's actor.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Proving {
    /// Computes the proof of a partition.
    ///
    /// `partition` is its index in the deadline, `randomness` that of the chain for the deadline.
    #[method(name = "GenerateWindowPoSt", perm = admin)]
    async fn generate_window_po_st(
        &self,
        proof: i64,
        miner: u64,
        sectors: Vec<PostSectorChallenge>,
        partition: i64,
        randomness: Bytes,
    ) -> Result<WindowPoStResult, Error>;

    /// Computes the proof that a block needs. `randomness` is that of the chain for its epoch.
    #[method(name = "GenerateWinningPoSt", perm = admin)]
    async fn generate_winning_po_st(
        &self,
        proof: i64,
        miner: u64,
        sectors: Vec<PostSectorChallenge>,
        randomness: Bytes,
    ) -> Result<Vec<PoStProof>, Error>;
}
