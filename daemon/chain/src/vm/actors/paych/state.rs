//! The payment channel's state.

use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use crate::vm::blocks::Blocks;

/// Bit width of the AMT of lanes.
pub(super) const LANES_BIT_WIDTH: u32 = 3;

/// The lanes, by number.
pub(super) type Lanes = Amt<LaneState, Blocks>;

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// Who pays, and has put the funds in: an id address.
    pub from: Address,
    /// Who is paid: an id address.
    pub to: Address,
    /// What is to be paid by the vouchers so far.
    pub to_send: TokenAmount,
    /// When the channel can be collected; 0 as long as nobody asked for it.
    pub settling_at: ChainEpoch,
    /// When it can be at the earliest.
    pub min_settle_height: ChainEpoch,
    /// An AMT of the lanes.
    pub lane_states: Cid,
}

/// One sequence of vouchers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct LaneState {
    /// What its latest voucher is good for.
    pub redeemed: TokenAmount,
    /// That voucher's nonce.
    pub nonce: u64,
}
