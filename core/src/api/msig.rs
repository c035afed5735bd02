//! Multisig wallets.

#![allow(clippy::too_many_arguments, reason = "they are Lotus's")]

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, Bytes, MessagePrototype, MsigTransaction, MsigVesting, TipSetKey, TokenAmount,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Msig.
///
/// The methods that need the permission `sign` do not send anything: they return a message without
/// gas and signature, for `MpoolPushMessage`.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait Msig {
    /// Returns how many attoFIL a wallet can spend: what it owns less what is still locked.
    #[method(name = "MsigGetAvailableBalance", perm = read)]
    async fn msig_get_available_balance(
        &self,
        wallet: Address,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns how a wallet's locked funds become free.
    #[method(name = "MsigGetVestingSchedule", perm = read)]
    async fn msig_get_vesting_schedule(
        &self,
        wallet: Address,
        tipset: TipSetKey,
    ) -> Result<MsigVesting, Error>;

    /// Returns how many attoFIL of a wallet became free between two tipsets.
    ///
    /// An error if the second is the earlier one.
    #[method(name = "MsigGetVested", perm = read)]
    async fn msig_get_vested(
        &self,
        wallet: Address,
        start: TipSetKey,
        end: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns the proposals that wait for approvals.
    #[method(name = "MsigGetPending", perm = read)]
    async fn msig_get_pending(
        &self,
        wallet: Address,
        tipset: TipSetKey,
    ) -> Result<Vec<MsigTransaction>, Error>;

    /// Returns the message that makes a wallet of the `signers`, of whom `required` have to approve.
    ///
    /// `source` sends it with the initial balance in attoFIL, which becomes free over
    /// `unlock_duration` epochs. Lotus ignores `gas_price`.
    #[method(name = "MsigCreate", perm = sign)]
    async fn msig_create(
        &self,
        required: u64,
        signers: Vec<Address>,
        unlock_duration: i64,
        initial_balance: TokenAmount,
        source: Address,
        gas_price: TokenAmount,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `proposer` proposes that the wallet sends `value` attoFIL to
    /// `to`, and calls a method with CBOR parameters (0 and none for only sending).
    #[method(name = "MsigPropose", perm = sign)]
    async fn msig_propose(
        &self,
        wallet: Address,
        to: Address,
        value: TokenAmount,
        proposer: Address,
        method: u64,
        params: Bytes,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `signer` approves a proposal by its number alone.
    #[method(name = "MsigApprove", perm = sign)]
    async fn msig_approve(
        &self,
        wallet: Address,
        transaction: u64,
        signer: Address,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `signer` approves a proposal; it fails on the chain if the
    /// proposal with that number is another than described here.
    #[method(name = "MsigApproveTxnHash", perm = sign)]
    async fn msig_approve_txn_hash(
        &self,
        wallet: Address,
        transaction: u64,
        proposer: Address,
        to: Address,
        value: TokenAmount,
        signer: Address,
        method: u64,
        params: Bytes,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which its proposer cancels a proposal by its number alone.
    #[method(name = "MsigCancel", perm = sign)]
    async fn msig_cancel(
        &self,
        wallet: Address,
        transaction: u64,
        proposer: Address,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which its proposer cancels a proposal; it fails on the chain if the
    /// proposal with that number is another than described here.
    #[method(name = "MsigCancelTxnHash", perm = sign)]
    async fn msig_cancel_txn_hash(
        &self,
        wallet: Address,
        transaction: u64,
        to: Address,
        value: TokenAmount,
        proposer: Address,
        method: u64,
        params: Bytes,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `proposer` proposes another signer; with `increase`, one more
    /// has to approve from then on.
    #[method(name = "MsigAddPropose", perm = sign)]
    async fn msig_add_propose(
        &self,
        wallet: Address,
        proposer: Address,
        new_signer: Address,
        increase: bool,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `signer` approves the proposal of another signer.
    #[method(name = "MsigAddApprove", perm = sign)]
    async fn msig_add_approve(
        &self,
        wallet: Address,
        signer: Address,
        transaction: u64,
        proposer: Address,
        new_signer: Address,
        increase: bool,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which its proposer cancels the proposal of another signer.
    #[method(name = "MsigAddCancel", perm = sign)]
    async fn msig_add_cancel(
        &self,
        wallet: Address,
        proposer: Address,
        transaction: u64,
        new_signer: Address,
        increase: bool,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `proposer` proposes a new signer in the place of an old one.
    #[method(name = "MsigSwapPropose", perm = sign)]
    async fn msig_swap_propose(
        &self,
        wallet: Address,
        proposer: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `signer` approves the exchange of a signer.
    #[method(name = "MsigSwapApprove", perm = sign)]
    async fn msig_swap_approve(
        &self,
        wallet: Address,
        signer: Address,
        transaction: u64,
        proposer: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which its proposer cancels the exchange of a signer.
    #[method(name = "MsigSwapCancel", perm = sign)]
    async fn msig_swap_cancel(
        &self,
        wallet: Address,
        proposer: Address,
        transaction: u64,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<MessagePrototype, Error>;

    /// Returns the message with which `proposer` proposes that a signer leaves; with `decrease`,
    /// one less has to approve from then on.
    #[method(name = "MsigRemoveSigner", perm = sign)]
    async fn msig_remove_signer(
        &self,
        wallet: Address,
        proposer: Address,
        signer: Address,
        decrease: bool,
    ) -> Result<MessagePrototype, Error>;
}
