//! What the miner's methods take and return.

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{BytesDe, strict_bytes};
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{SectorNumber, StoragePower};

use super::info::{BeneficiaryTerm, PendingBeneficiaryChange};

/// What [`super::CONTROL_ADDRESSES`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ControlAddressesReturn {
    /// The owner.
    pub owner: Address,
    /// The worker.
    pub worker: Address,
    /// Who else may send its proofs.
    pub control_addresses: Vec<Address>,
}

/// What [`super::CHANGE_WORKER_ADDRESS`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ChangeWorkerAddressParams {
    /// The worker, after a delay.
    pub new_worker: Address,
    /// The control addresses, at once.
    pub new_control_addresses: Vec<Address>,
}

/// What [`super::CHANGE_PEER_ID`] takes and [`super::GET_PEER_ID`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct PeerId {
    /// The libp2p peer id.
    #[serde(with = "strict_bytes")]
    pub id: Vec<u8>,
}

/// What [`super::CHANGE_MULTIADDRS`] takes and [`super::GET_MULTIADDRS`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Multiaddrs {
    /// Where the miner is reachable.
    pub addresses: Vec<BytesDe>,
}

/// What [`super::CHECK_SECTOR_PROVEN`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct CheckSectorProvenParams {
    /// Which.
    pub sector_number: SectorNumber,
}

/// What [`super::WITHDRAW_BALANCE`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct WithdrawBalanceParams {
    /// How much at most.
    pub amount_requested: TokenAmount,
}

/// What [`super::CHANGE_BENEFICIARY`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ChangeBeneficiaryParams {
    /// Who.
    pub new_beneficiary: Address,
    /// How much it may withdraw.
    pub new_quota: TokenAmount,
    /// Until when.
    pub new_expiration: ChainEpoch,
}

/// What [`super::GET_BENEFICIARY`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct GetBeneficiaryReturn {
    /// The present one.
    pub active: ActiveBeneficiary,
    /// The proposed one.
    pub proposed: Option<PendingBeneficiaryChange>,
}

/// A beneficiary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ActiveBeneficiary {
    /// Who.
    pub beneficiary: Address,
    /// What it may.
    pub term: BeneficiaryTerm,
}

/// What [`super::GET_OWNER`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct GetOwnerReturn {
    /// The owner.
    pub owner: Address,
    /// The proposed one.
    pub proposed: Option<Address>,
}

/// What [`super::GET_VESTING_FUNDS`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct GetVestingFundsReturn {
    /// After which epoch how much is free.
    pub vesting_funds: Vec<(ChainEpoch, TokenAmount)>,
}

/// What [`super::MAX_TERMINATION_FEE`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct MaxTerminationFeeParams {
    /// The sectors' quality-adjusted power.
    #[serde(with = "bigint_ser")]
    pub power: StoragePower,
    /// What is pledged for them.
    pub initial_pledge: TokenAmount,
}
