//! What the multisig's methods take and return.

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{RawBytes, strict_bytes};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;

use super::state::TxnId;

/// What the constructor takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ConstructorParams {
    /// Who decides: at most [`super::SIGNERS_MAX`], each once.
    pub signers: Vec<Address>,
    /// How many of them must agree.
    pub num_approvals_threshold: u64,
    /// Over how many epochs the funds that come with the creation unlock; 0 for none locked.
    pub unlock_duration: ChainEpoch,
    /// When they begin to.
    pub start_epoch: ChainEpoch,
}

/// What [`super::PROPOSE`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ProposeParams {
    /// Who is to be called.
    pub to: Address,
    /// With how much.
    pub value: TokenAmount,
    /// Which method.
    pub method: MethodNum,
    /// Its parameters.
    pub params: RawBytes,
}

/// What [`super::PROPOSE`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ProposeReturn {
    /// The new transaction's id.
    pub txn_id: TxnId,
    /// It had all the approvals that it needed, and was executed.
    pub applied: bool,
    /// Its exit code, if it was executed.
    pub code: ExitCode,
    /// What it returned, if it was executed.
    pub ret: RawBytes,
}

/// What [`super::APPROVE`] and [`super::CANCEL`] take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct TxnIdParams {
    /// Which transaction.
    pub id: TxnId,
    /// The hash that it must have ([`super::Transaction::hash`]), against a reorganisation that puts
    /// another one under this id; empty for any.
    #[serde(with = "strict_bytes")]
    pub proposal_hash: Vec<u8>,
}

/// What [`super::APPROVE`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ApproveReturn {
    /// It had all the approvals that it needed, and was executed.
    pub applied: bool,
    /// Its exit code, if it was executed.
    pub code: ExitCode,
    /// What it returned, if it was executed.
    pub ret: RawBytes,
}

/// What [`super::ADD_SIGNER`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct AddSignerParams {
    /// Who joins.
    pub signer: Address,
    /// One more must agree from now on.
    pub increase: bool,
}

/// What [`super::REMOVE_SIGNER`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct RemoveSignerParams {
    /// Who leaves.
    pub signer: Address,
    /// One less must agree from now on.
    pub decrease: bool,
}

/// What [`super::SWAP_SIGNER`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct SwapSignerParams {
    /// Who leaves.
    pub from: Address,
    /// Who joins.
    pub to: Address,
}

/// What [`super::CHANGE_THRESHOLD`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ChangeThresholdParams {
    /// How many must agree.
    pub new_threshold: u64,
}

/// What [`super::LOCK_BALANCE`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct LockBalanceParams {
    /// When the funds begin to unlock.
    pub start_epoch: ChainEpoch,
    /// Over how many epochs they do.
    pub unlock_duration: ChainEpoch,
    /// How much is locked.
    pub amount: TokenAmount,
}
