//! Who owns a miner, works for it and benefits from it, and where it is reachable.

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{BytesDe, strict_bytes};
use fvm_shared::address::Address;
use fvm_shared::bigint::Zero;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{RegisteredPoStProof, SectorSize};

use crate::vm::{ActorError, Runtime};

/// All that is known about a miner but its sectors and funds. Addresses are id addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct MinerInfo {
    /// Who owns it.
    pub owner: Address,
    /// Whose BLS key signs its blocks.
    pub worker: Address,
    /// Who else may send its proofs.
    pub control_addresses: Vec<Address>,
    /// The next worker.
    pub pending_worker_key: Option<WorkerKeyChange>,
    /// Its libp2p peer id.
    #[serde(with = "strict_bytes")]
    pub peer_id: Vec<u8>,
    /// Where it is reachable.
    pub multi_address: Vec<BytesDe>,
    /// The proofs it makes.
    pub window_post_proof_type: RegisteredPoStProof,
    /// The size of its sectors.
    pub sector_size: SectorSize,
    /// How many sectors are in a proof.
    pub window_post_partition_sectors: u64,
    /// Until when it is punished for a consensus fault.
    pub consensus_fault_elapsed: ChainEpoch,
    /// The next owner, who has not confirmed yet.
    pub pending_owner_address: Option<Address>,
    /// Who gets what is withdrawn.
    pub beneficiary: Address,
    /// How much, until when.
    pub beneficiary_term: BeneficiaryTerm,
    /// The next beneficiary, whom not all have confirmed yet.
    pub pending_beneficiary_term: Option<PendingBeneficiaryChange>,
}

/// The worker after the delay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct WorkerKeyChange {
    /// Who.
    pub new_worker: Address,
    /// From when on.
    pub effective_at: ChainEpoch,
}

/// What a beneficiary may withdraw (FIP-0029).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct BeneficiaryTerm {
    /// How much in all.
    pub quota: TokenAmount,
    /// How much it has.
    pub used_quota: TokenAmount,
    /// Until when.
    pub expiration: ChainEpoch,
}

impl BeneficiaryTerm {
    /// What it may still withdraw at an epoch.
    pub fn available(&self, epoch: ChainEpoch) -> TokenAmount {
        if self.expiration > epoch {
            (&self.quota - &self.used_quota).max(TokenAmount::zero())
        } else {
            TokenAmount::zero()
        }
    }
}

/// A proposed beneficiary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct PendingBeneficiaryChange {
    /// Who.
    pub new_beneficiary: Address,
    /// How much it may withdraw.
    pub new_quota: TokenAmount,
    /// Until when.
    pub new_expiration: ChainEpoch,
    /// The present one agrees, or has nothing to lose.
    pub approved_by_beneficiary: bool,
    /// The proposed one agrees.
    pub approved_by_nominee: bool,
}

impl MinerInfo {
    /// Whether an address is the owner's, the worker's or a control address.
    pub fn is_controlling(&self, address: &Address) -> bool {
        self.owner == *address
            || self.worker == *address
            || self.control_addresses.contains(address)
    }

    /// The caller must be the owner, the worker or a control address.
    ///
    /// # Errors
    /// `USR_FORBIDDEN`.
    pub(super) fn require_controlling(&self, rt: &Runtime<'_>) -> Result<(), ActorError> {
        if self.is_controlling(&rt.caller_address()) {
            return Ok(());
        }
        Err(ActorError::forbidden(format!(
            "f0{} is not one of the miner's addresses",
            rt.caller()
        )))
    }

    /// The caller must be the one named.
    ///
    /// # Errors
    /// `USR_FORBIDDEN`.
    pub(super) fn require(rt: &Runtime<'_>, allowed: &[Address]) -> Result<(), ActorError> {
        if allowed.contains(&rt.caller_address()) {
            return Ok(());
        }
        Err(ActorError::forbidden(format!(
            "f0{} may not do this; the miner's owner or beneficiary may",
            rt.caller()
        )))
    }

    /// Makes the pending worker the worker if it is time; whether it was.
    pub(super) fn process_pending_worker(&mut self, epoch: ChainEpoch) -> bool {
        let due = |change: &WorkerKeyChange| change.effective_at <= epoch;
        if !self.pending_worker_key.as_ref().is_some_and(due) {
            return false;
        }
        if let Some(change) = self.pending_worker_key.take() {
            self.worker = change.new_worker;
        }
        true
    }
}
