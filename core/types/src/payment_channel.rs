//! Payment channels.

use super::open_enum::int_enum;
use super::{Address, Cid, SignedVoucher, TokenAmount};
use crate::object;

/// A channel and the message that makes or funds it (Lotus `api.ChannelInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct ChannelInfo {
    /// The channel; undefined until the message that makes it is on the chain.
    pub channel: Address,
    /// What `PaychGetWaitReady` waits for; undefined if nothing is to be waited for.
    pub wait_sentinel: Option<Cid>,
}

/// How a channel is to be used (Lotus `api.PaychGetOpts`).
#[object]
#[derive(Eq, Hash)]
pub struct PaychGetOpts {
    /// Only reserve what the channel holds already, without a message to the chain.
    pub off_chain: bool,
}

int_enum! {
    /// Which end of a payment channel this node has (Lotus `api.PCHDir`).
    pub enum PaychDirection: i64 {
        /// Neither is known.
        Undefined = 0,
        /// It receives.
        Inbound = 1,
        /// It pays.
        Outbound = 2,
    }
}

/// A channel that this node takes part in (Lotus `api.PaychStatus`).
#[object]
#[derive(Eq, Hash)]
pub struct PaychStatus {
    /// The key with which this node takes part.
    pub control_addr: Address,
    /// At which end.
    pub direction: PaychDirection,
}

/// What a channel can still pay (Lotus `api.ChannelAvailableFunds`); amounts in attoFIL.
#[object]
#[derive(Eq, Hash)]
pub struct ChannelAvailableFunds {
    /// The channel, once it is on the chain.
    pub channel: Option<Address>,
    /// Who pays.
    pub from: Address,
    /// Who receives.
    pub to: Address,
    /// What the chain holds in it.
    pub confirmed_amt: TokenAmount,
    /// What messages on their way add to it.
    pub pending_amt: TokenAmount,
    /// The part of the confirmed amount that nothing has reserved.
    pub non_reserved_amt: TokenAmount,
    /// The part of the pending amount that nothing has reserved.
    pub pending_available_amt: TokenAmount,
    /// What `PaychGetWaitReady` waits for while a message is on its way.
    pub pending_wait_sentinel: Option<Cid>,
    /// What is to be added after that.
    pub queued_amt: TokenAmount,
    /// What vouchers have promised, whether they were redeemed or not. (The name on the wire is
    /// misspelt.)
    pub voucher_reedeemed_amt: TokenAmount,
}

/// Vouchers for a payment (Lotus `api.PaymentInfo`).
#[object]
#[derive(Eq, Hash)]
pub struct PaymentInfo {
    /// The channel; undefined until it is on the chain.
    pub channel: Address,
    /// What `PaychGetWaitReady` waits for; undefined if nothing is to be waited for.
    pub wait_sentinel: Option<Cid>,
    /// One for each that was asked for, in that order.
    pub vouchers: Vec<SignedVoucher>,
}
