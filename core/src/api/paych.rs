//! Payment channels and their vouchers.

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, Bytes, ChannelAvailableFunds, ChannelInfo, Cid, PaychGetOpts, PaychStatus,
    PaymentInfo, SignedVoucher, TokenAmount, VoucherCreateResult, VoucherSpec,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Paych.
///
/// Every method is error 13 on a node whose configuration switches payment channels off. Amounts
/// are in attoFIL.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Paych {
    /// Reserves an amount in the channel between two addresses, for one payment; makes the channel
    /// or adds to it if it does not hold enough.
    #[method(name = "PaychGet", perm = sign)]
    async fn paych_get(
        &self,
        from: Address,
        to: Address,
        amount: TokenAmount,
        options: PaychGetOpts,
    ) -> Result<ChannelInfo, Error>;

    /// Adds an amount to the channel between two addresses, for payments to come; makes the
    /// channel if there is none.
    #[method(name = "PaychFund", perm = sign)]
    async fn paych_fund(
        &self,
        from: Address,
        to: Address,
        amount: TokenAmount,
    ) -> Result<ChannelInfo, Error>;

    /// Waits until the message that makes or funds a channel has been executed, and returns the
    /// channel; an error if the message failed.
    #[method(name = "PaychGetWaitReady", perm = sign)]
    async fn paych_get_wait_ready(&self, sentinel: Cid) -> Result<Address, Error>;

    /// Returns what a channel can still pay.
    #[method(name = "PaychAvailableFunds", perm = sign)]
    async fn paych_available_funds(&self, channel: Address)
    -> Result<ChannelAvailableFunds, Error>;

    /// Returns what the channel between two addresses can still pay; all amounts are 0 if there is
    /// none.
    #[method(name = "PaychAvailableFundsByFromTo", perm = sign)]
    async fn paych_available_funds_by_from_to(
        &self,
        from: Address,
        to: Address,
    ) -> Result<ChannelAvailableFunds, Error>;

    /// Lists the channels that this node takes part in.
    #[method(name = "PaychList", perm = read)]
    async fn paych_list(&self) -> Result<Vec<Address>, Error>;

    /// Returns which end of a channel this node has.
    #[method(name = "PaychStatus", perm = read)]
    async fn paych_status(&self, channel: Address) -> Result<PaychStatus, Error>;

    /// Sends the message that begins to close a channel, and returns it. Twelve hours later the
    /// channel can be collected.
    #[method(name = "PaychSettle", perm = sign)]
    async fn paych_settle(&self, channel: Address) -> Result<Cid, Error>;

    /// Sends the message that pays out a closed channel, and returns it.
    #[method(name = "PaychCollect", perm = sign)]
    async fn paych_collect(&self, channel: Address) -> Result<Cid, Error>;

    /// Reserves the next lane of a channel, and returns its number.
    #[method(name = "PaychAllocateLane", perm = sign)]
    async fn paych_allocate_lane(&self, channel: Address) -> Result<u64, Error>;

    /// Makes a channel for a payment, if need be, and signs the vouchers, all in a new lane.
    #[method(name = "PaychNewPayment", perm = sign)]
    async fn paych_new_payment(
        &self,
        from: Address,
        to: Address,
        vouchers: Vec<VoucherSpec>,
    ) -> Result<PaymentInfo, Error>;

    /// Checks a voucher's signature, and that the channel holds enough for it.
    ///
    /// What is wrong with it is an error.
    #[method(name = "PaychVoucherCheckValid", perm = read)]
    async fn paych_voucher_check_valid(
        &self,
        channel: Address,
        voucher: SignedVoucher,
    ) -> Result<(), Error>;

    /// Returns whether a voucher could be redeemed now, with this secret and this proof.
    #[method(name = "PaychVoucherCheckSpendable", perm = read)]
    async fn paych_voucher_check_spendable(
        &self,
        channel: Address,
        voucher: SignedVoucher,
        secret: Bytes,
        proof: Bytes,
    ) -> Result<bool, Error>;

    /// Signs a voucher that brings a lane to an amount, or returns what the channel lacks for it.
    #[method(name = "PaychVoucherCreate", perm = sign)]
    async fn paych_voucher_create(
        &self,
        channel: Address,
        amount: TokenAmount,
        lane: u64,
    ) -> Result<VoucherCreateResult, Error>;

    /// Keeps a voucher that was received, and returns how much more it is worth than those before.
    ///
    /// An error if that is less than `min_delta`.
    #[method(name = "PaychVoucherAdd", perm = write)]
    async fn paych_voucher_add(
        &self,
        channel: Address,
        voucher: SignedVoucher,
        proof: Bytes,
        min_delta: TokenAmount,
    ) -> Result<TokenAmount, Error>;

    /// Lists the vouchers of a channel that this node keeps.
    #[method(name = "PaychVoucherList", perm = write)]
    async fn paych_voucher_list(&self, channel: Address) -> Result<Vec<SignedVoucher>, Error>;

    /// Sends the message that redeems a voucher, with its secret and its proof, and returns it.
    #[method(name = "PaychVoucherSubmit", perm = sign)]
    async fn paych_voucher_submit(
        &self,
        channel: Address,
        voucher: SignedVoucher,
        secret: Bytes,
        proof: Bytes,
    ) -> Result<Cid, Error>;
}
