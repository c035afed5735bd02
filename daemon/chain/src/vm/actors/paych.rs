//! Payment channels: many small payments off the chain, few messages on it. Semantics as
//! `actors/paych` of the built-in actors, v17.

mod state;
mod voucher;

pub use state::{LaneState, State};
pub use voucher::{ConstructorParams, Merge, ModVerifyParams, SignedVoucher, UpdateChannelParams};

use fvm_ipld_amt::Amt;
use fvm_ipld_encoding::CBOR;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::bigint::Zero;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::{METHOD_CONSTRUCTOR, METHOD_SEND, MethodNum};

use super::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams};
use crate::vm::manifest::INIT_ACTOR_ID;
use crate::vm::runtime::{no_params, params, returned};
use crate::vm::{ActorError, OrExit, Runtime};
use state::{LANES_BIT_WIDTH, Lanes};

/// `UpdateChannelState`, by either party with a voucher of the other's.
pub const UPDATE_CHANNEL_STATE: MethodNum = 2;
/// `Settle`, by either party: the channel can be collected [`SETTLE_DELAY`] later.
pub const SETTLE: MethodNum = 3;
/// `Collect`, by either party: both get what is theirs, and the channel is gone.
pub const COLLECT: MethodNum = 4;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (UPDATE_CHANNEL_STATE, "UpdateChannelState"),
    (SETTLE, "Settle"),
    (COLLECT, "Collect"),
];

/// How long vouchers can still be handed in after a settlement was asked for: 12 hours, in epochs.
pub const SETTLE_DELAY: ChainEpoch = 12 * 120;
/// How long the secret of a voucher can be, in bytes.
pub const MAX_SECRET_SIZE: usize = 256;
/// The last lane.
pub const MAX_LANE: u64 = i64::MAX as u64;
/// No voucher is accepted any more: the channel is settled.
pub const ERR_CHANNEL_STATE_UPDATE_AFTER_SETTLED: ExitCode = ExitCode::new(32);

/// Calls a method.
///
/// # Errors
/// Why it aborted.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => construct(rt, &params(input)?)?,
        UPDATE_CHANNEL_STATE => update(rt, &params(input)?)?,
        SETTLE => {
            no_params(input)?;
            settle(rt)?;
        }
        COLLECT => {
            no_params(input)?;
            collect(rt)?;
        }
        _ => return Err(ActorError::unhandled(method)),
    }
    Ok(None)
}

fn construct(rt: &mut Runtime<'_>, params: &ConstructorParams) -> Result<(), ActorError> {
    rt.require_caller(&[INIT_ACTOR_ID])?;
    let to = Address::new_id(rt.resolve_or_create(&params.to, true)?);
    let from = Address::new_id(rt.resolve_or_create(&params.from, true)?);
    let lane_states = Amt::<(), _>::new_with_bit_width(rt.store(), LANES_BIT_WIDTH)
        .flush()
        .or_illegal_state("failed to create empty lanes")?;
    rt.create(&State {
        from,
        to,
        to_send: TokenAmount::zero(),
        settling_at: 0,
        min_settle_height: 0,
        lane_states,
    })
}

/// Only the two parties may call.
fn require_party(rt: &Runtime<'_>, state: &State) -> Result<(), ActorError> {
    let caller = rt.caller_address();
    if caller == state.from || caller == state.to {
        return Ok(());
    }
    Err(ActorError::forbidden(format!(
        "{caller} is not a party of the channel"
    )))
}

fn update(rt: &mut Runtime<'_>, params: &UpdateChannelParams) -> Result<(), ActorError> {
    let state: State = rt.state()?;
    require_party(rt, &state)?;
    check_voucher(rt, &state, params)?;
    if let Some(extra) = &params.sv.extra {
        let data = IpldBlock {
            codec: CBOR,
            data: extra.data.to_vec(),
        };
        rt.call(
            &extra.actor,
            extra.method,
            Some(data),
            TokenAmount::default(),
        )
        .map_err(|e| e.context("spend voucher verification failed"))?;
    }
    rt.transaction(|state: &mut State, rt| {
        let balance = rt.balance()?;
        redeem(rt, state, &params.sv, &balance)
    })
}

/// Everything that makes a voucher good, but for the state of its lane.
fn check_voucher(
    rt: &mut Runtime<'_>,
    state: &State,
    params: &UpdateChannelParams,
) -> Result<(), ActorError> {
    let voucher = &params.sv;
    let signature = voucher
        .signature
        .as_ref()
        .or_illegal_argument("voucher has no signature")?;
    if state.settling_at != 0 && rt.epoch() >= state.settling_at {
        return Err(ActorError::new(
            ERR_CHANNEL_STATE_UPDATE_AFTER_SETTLED,
            "no vouchers can be processed after settling at epoch",
        ));
    }
    if params.secret.len() > MAX_SECRET_SIZE {
        return Err(ActorError::illegal_argument(format!(
            "secret must be at most {MAX_SECRET_SIZE} bytes long"
        )));
    }
    let other = if rt.caller_address() == state.from {
        &state.to
    } else {
        &state.from
    };
    let authenticate = IpldBlock::serialize_cbor(&AuthenticateMessageParams {
        signature: signature.bytes.clone(),
        message: voucher.signing_bytes()?,
    })?;
    let authentic = rt
        .call_read_only(other, AUTHENTICATE_MESSAGE, authenticate)
        .and_then(returned::<bool>)
        .map_err(|e| e.context("voucher authentication failed"))?;
    if !authentic {
        return Err(ActorError::illegal_argument(
            "voucher signature authentication failed",
        ));
    }
    let channel = rt.resolve(&voucher.channel_addr)?;
    if channel != Some(rt.receiver()) {
        return Err(ActorError::illegal_argument(format!(
            "voucher is for payment channel {}, not f0{}",
            voucher.channel_addr,
            rt.receiver()
        )));
    }
    if rt.epoch() < voucher.time_lock_min {
        return Err(ActorError::illegal_argument("cannot use this voucher yet"));
    }
    if voucher.time_lock_max != 0 && rt.epoch() > voucher.time_lock_max {
        return Err(ActorError::illegal_argument("this voucher has expired"));
    }
    if voucher.amount.is_negative() {
        return Err(ActorError::illegal_argument(format!(
            "voucher amount must be non-negative, was {}",
            voucher.amount
        )));
    }
    if !voucher.secret_pre_image.is_empty()
        && rt.blake2b(&params.secret).as_slice() != voucher.secret_pre_image
    {
        return Err(ActorError::illegal_argument("incorrect secret"));
    }
    Ok(())
}

/// Puts a good voucher into its lane: what is to be paid becomes what the voucher says, less what its
/// lane, and those merged into it, are good for already.
fn redeem(
    rt: &Runtime<'_>,
    state: &mut State,
    voucher: &SignedVoucher,
    balance: &TokenAmount,
) -> Result<(), ActorError> {
    let mut lanes =
        Lanes::load(&state.lane_states, rt.store()).or_illegal_state("failed to load lanes")?;
    let mut lane = match lane(&lanes, voucher.lane)? {
        Some(lane) if lane.nonce >= voucher.nonce => {
            return Err(ActorError::illegal_argument(format!(
                "voucher has an outdated nonce, existing: {}, voucher: {}, cannot redeem",
                lane.nonce, voucher.nonce
            )));
        }
        Some(lane) => lane,
        None => LaneState::default(),
    };
    let mut redeemed = lane.redeemed;
    for merge in &voucher.merges {
        if merge.lane == voucher.lane {
            return Err(ActorError::illegal_argument(
                "voucher cannot merge lanes into its own lane",
            ));
        }
        redeemed += merge_lane(&mut lanes, merge)?;
    }
    lane.nonce = voucher.nonce;
    lane.redeemed = voucher.amount.clone();

    let to_send = &voucher.amount - redeemed + &state.to_send;
    if to_send.is_negative() {
        return Err(ActorError::illegal_argument(
            "voucher would leave channel balance negative",
        ));
    }
    if to_send > *balance {
        return Err(ActorError::illegal_argument(
            "not enough funds in channel to cover voucher",
        ));
    }
    state.to_send = to_send;
    if voucher.min_settle_height != 0 {
        if state.settling_at != 0 {
            state.settling_at = state.settling_at.max(voucher.min_settle_height);
        }
        state.min_settle_height = state.min_settle_height.max(voucher.min_settle_height);
    }
    lanes
        .set(voucher.lane, lane)
        .or_illegal_state("failed to store lane")?;
    state.lane_states = lanes.flush().or_illegal_state("failed to save lanes")?;
    Ok(())
}

/// Makes the vouchers of a lane up to a nonce void; what it was good for.
fn merge_lane(lanes: &mut Lanes, merge: &Merge) -> Result<TokenAmount, ActorError> {
    let mut other = lane(lanes, merge.lane)?.or_illegal_argument(format!(
        "voucher specifies invalid merge lane {}",
        merge.lane
    ))?;
    if other.nonce >= merge.nonce {
        return Err(ActorError::illegal_argument(
            "merged lane in voucher has outdated nonce, cannot redeem",
        ));
    }
    other.nonce = merge.nonce;
    let redeemed = other.redeemed.clone();
    lanes
        .set(merge.lane, other)
        .or_illegal_state("failed to store lane")?;
    Ok(redeemed)
}

fn lane(lanes: &Lanes, id: u64) -> Result<Option<LaneState>, ActorError> {
    if id > MAX_LANE {
        return Err(ActorError::illegal_argument("maximum lane ID is 2^63-1"));
    }
    Ok(lanes
        .get(id)
        .or_illegal_state("failed to load lane")?
        .cloned())
}

fn settle(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    rt.transaction(|state: &mut State, rt| {
        require_party(rt, state)?;
        if state.settling_at != 0 {
            return Err(ActorError::illegal_state("channel already settling"));
        }
        state.settling_at = (rt.epoch() + SETTLE_DELAY).max(state.min_settle_height);
        Ok(())
    })
}

fn collect(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    let state: State = rt.state()?;
    require_party(rt, &state)?;
    if state.settling_at == 0 || rt.epoch() < state.settling_at {
        return Err(ActorError::forbidden(
            "payment channel not settling or settled",
        ));
    }
    rt.call(&state.to, METHOD_SEND, None, state.to_send)
        .map_err(|e| e.context("failed to send funds to `to` address"))?;
    let rest = rt.balance()?;
    rt.call(&state.from, METHOD_SEND, None, rest)
        .map_err(|e| e.context("failed to send funds to `from` address"))?;
    rt.delete_actor()
}
