//! Multisigs, as of old: the message is not only made but also signed and sent.

#![expect(
    clippy::too_many_arguments,
    reason = "a method has the parameters that Lotus gives it"
)]

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, Bytes, Cid, TokenAmount};
use crate::{Error, permissioned};

/// Lotus `api/v0api/full.go`, group Msig, where it differs from v1. Each signs its message with
/// the node's key of `source` (or `proposer`), pushes it, and returns its CID; amounts are in attoFIL.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait MsigV0 {
    /// Approves a proposal to add a signer, which `proposer` made as transaction `transaction`. With
    /// `increase`, one more approval is needed from then on.
    #[method(name = "MsigAddApprove", perm = sign)]
    async fn msig_add_approve_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        proposer: Address,
        signer: Address,
        increase: bool,
    ) -> Result<Cid, Error>;

    /// Cancels one's own proposal to add a signer.
    #[method(name = "MsigAddCancel", perm = sign)]
    async fn msig_add_cancel_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        signer: Address,
        increase: bool,
    ) -> Result<Cid, Error>;

    /// Proposes to add a signer. With `increase`, one more approval is needed from then on.
    #[method(name = "MsigAddPropose", perm = sign)]
    async fn msig_add_propose_v0(
        &self,
        multisig: Address,
        source: Address,
        signer: Address,
        increase: bool,
    ) -> Result<Cid, Error>;

    /// Approves a transaction by its number alone. If it is not the one that was meant, neither is
    /// what was approved: see `MsigApproveTxnHash`.
    #[method(name = "MsigApprove", perm = sign)]
    async fn msig_approve_v0(
        &self,
        multisig: Address,
        transaction: u64,
        source: Address,
    ) -> Result<Cid, Error>;

    /// Approves a transaction if it is what the rest says: who proposed it, its receiver, amount,
    /// method and parameters.
    #[method(name = "MsigApproveTxnHash", perm = sign)]
    async fn msig_approve_txn_hash_v0(
        &self,
        multisig: Address,
        transaction: u64,
        proposer: Address,
        to: Address,
        value: TokenAmount,
        source: Address,
        method: u64,
        params: Bytes,
    ) -> Result<Cid, Error>;

    /// Cancels one's own transaction if it is what the rest says: its receiver, amount, method and
    /// parameters.
    #[method(name = "MsigCancel", perm = sign)]
    async fn msig_cancel_v0(
        &self,
        multisig: Address,
        transaction: u64,
        to: Address,
        value: TokenAmount,
        source: Address,
        method: u64,
        params: Bytes,
    ) -> Result<Cid, Error>;

    /// Makes a multisig that needs `required` of the signers' approvals, and funds it. The funds are
    /// locked at first and unlock evenly over `unlock_duration` epochs; `gas_price` is ignored.
    #[method(name = "MsigCreate", perm = sign)]
    async fn msig_create_v0(
        &self,
        required: u64,
        signers: Vec<Address>,
        unlock_duration: i64,
        initial_balance: TokenAmount,
        source: Address,
        gas_price: TokenAmount,
    ) -> Result<Cid, Error>;

    /// Proposes a transaction: an amount to a receiver, with a method and its parameters.
    #[method(name = "MsigPropose", perm = sign)]
    async fn msig_propose_v0(
        &self,
        multisig: Address,
        to: Address,
        value: TokenAmount,
        source: Address,
        method: u64,
        params: Bytes,
    ) -> Result<Cid, Error>;

    /// Proposes to remove a signer. With `decrease`, one approval less is needed from then on.
    #[method(name = "MsigRemoveSigner", perm = sign)]
    async fn msig_remove_signer_v0(
        &self,
        multisig: Address,
        proposer: Address,
        signer: Address,
        decrease: bool,
    ) -> Result<Cid, Error>;

    /// Approves a proposal to replace a signer, which `proposer` made as transaction `transaction`.
    #[method(name = "MsigSwapApprove", perm = sign)]
    async fn msig_swap_approve_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        proposer: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<Cid, Error>;

    /// Cancels one's own proposal to replace a signer.
    #[method(name = "MsigSwapCancel", perm = sign)]
    async fn msig_swap_cancel_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<Cid, Error>;

    /// Proposes to replace a signer.
    #[method(name = "MsigSwapPropose", perm = sign)]
    async fn msig_swap_propose_v0(
        &self,
        multisig: Address,
        source: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<Cid, Error>;
}
