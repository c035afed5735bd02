//! What the chain knows of a storage miner.

use super::{Address, Bytes, PeerId, TokenAmount};
use crate::object;

/// Who owns, controls and gains from a miner, and where it is reached (Lotus `api.MinerInfo`).
#[object]
#[derive(Eq)]
pub struct MinerInfo {
    /// The owner, who may change everything else.
    pub owner: Address,
    /// The key that signs blocks and messages.
    pub worker: Address,
    /// The worker from `worker_change_epoch` on; undefined if none was proposed.
    pub new_worker: Address,
    /// More keys that may sign the miner's messages. On the wire none are `null`.
    #[nil]
    pub control_addresses: Vec<Address>,
    /// The epoch at which `new_worker` takes over; -1 if none was proposed.
    pub worker_change_epoch: i64,
    /// The miner's identity in the peer-to-peer network, if it has set one.
    pub peer_id: Option<PeerId>,
    /// Where it is reached: multiaddrs in their binary form. On the wire none are `null`.
    #[nil]
    pub multiaddrs: Vec<Bytes>,
    /// The kind of its proofs of space-time (go-state-types `abi.RegisteredPoStProof`).
    #[serde(rename = "WindowPoStProofType")]
    pub window_post_proof_type: i64,
    /// The size of its sectors, in bytes.
    pub sector_size: u64,
    /// How many sectors a partition holds.
    #[serde(rename = "WindowPoStPartitionSectors")]
    pub window_post_partition_sectors: u64,
    /// The epoch until which it may not mine because of a consensus fault; -1 if there was none.
    pub consensus_fault_elapsed: i64,
    /// The owner that was proposed and has not accepted yet.
    pub pending_owner_address: Option<Address>,
    /// Who receives what the miner withdraws.
    pub beneficiary: Address,
    /// How much and how long the beneficiary may receive, unless it is the owner.
    pub beneficiary_term: Option<BeneficiaryTerm>,
    /// A change of the beneficiary that not everybody has approved yet.
    pub pending_beneficiary_term: Option<PendingBeneficiaryChange>,
}

/// What a beneficiary is entitled to (go-state-types `miner.BeneficiaryTerm`).
#[object]
#[derive(Eq, Hash)]
pub struct BeneficiaryTerm {
    /// The most that it may receive, in attoFIL.
    pub quota: TokenAmount,
    /// What it has received, in attoFIL.
    pub used_quota: TokenAmount,
    /// The epoch at which it ends.
    pub expiration: i64,
}

/// A proposed change of a miner's beneficiary (go-state-types `miner.PendingBeneficiaryChange`).
#[object]
#[derive(Eq, Hash)]
pub struct PendingBeneficiaryChange {
    /// Who is to be the beneficiary.
    pub new_beneficiary: Address,
    /// The most that it is to receive, in attoFIL.
    pub new_quota: TokenAmount,
    /// The epoch at which that is to end.
    pub new_expiration: i64,
    /// Whether the present beneficiary has approved.
    pub approved_by_beneficiary: bool,
    /// Whether the proposed one has.
    pub approved_by_nominee: bool,
}

/// How many sectors a miner has (Lotus `api.MinerSectors`).
#[object]
#[derive(Eq, Hash)]
pub struct MinerSectors {
    /// Those that have not expired or been terminated.
    pub live: u64,
    /// Those that count as power: live, proven and not faulty.
    pub active: u64,
    /// Those that it has not proven.
    pub faulty: u64,
}

/// A consensus fault that a miner was reported for (Lotus `api.Fault`).
#[object]
#[derive(Eq, Hash)]
pub struct Fault {
    /// The miner.
    pub miner: Address,
    /// The epoch of the report.
    pub epoch: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_miner_has_not_set_is_null() {
        let info = serde_json::to_value(MinerInfo::default()).unwrap();
        let object = info.as_object().unwrap();
        let nothing: Vec<_> = object.keys().filter(|key| object[*key].is_null()).collect();
        assert_eq!(
            nothing,
            [
                "BeneficiaryTerm",
                "ControlAddresses",
                "Multiaddrs",
                "PeerId",
                "PendingBeneficiaryTerm",
                "PendingOwnerAddress",
            ]
        );
        assert_eq!(
            serde_json::from_value::<MinerInfo>(info).unwrap(),
            MinerInfo::default()
        );
    }
}
