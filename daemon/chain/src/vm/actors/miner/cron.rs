//! What happens at the end of every deadline.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{RawBytes, from_slice};
use fvm_shared::address::Address;
use fvm_shared::bigint::Zero;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use super::deadline::{DEADLINES, DeadlineInfo, PROVING_PERIOD};
use super::funds::{burn_funds, check_balance, pledge_changed};
use super::pledge;
use super::state::State;
use crate::vm::actors::power::{self, DeferredCronEventParams, EnrollCronEventParams};
use crate::vm::manifest::POWER_ACTOR_ID;
use crate::vm::{ActorError, OrExit, Runtime};

/// The end of a deadline.
const PROVING_DEADLINE: i64 = 1;

/// What the miner asks to be called back with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
struct Event {
    kind: i64,
}

/// `OnDeferredCronEvent`, by the power actor.
pub(super) fn on_event(
    rt: &mut Runtime<'_>,
    params: &DeferredCronEventParams,
) -> Result<(), ActorError> {
    rt.require_caller(&[POWER_ACTOR_ID])?;
    let event: Event = from_slice(&params.event_payload)
        .or_illegal_state("failed to unmarshal miner cron payload")?;
    // The other kind is about sectors that were terminated early, and there are none.
    if event.kind == PROVING_DEADLINE {
        end_deadline(rt, params)?;
    }
    check_balance(rt)
}

fn end_deadline(rt: &mut Runtime<'_>, params: &DeferredCronEventParams) -> Result<(), ActorError> {
    let (burn, pledge, next) = rt.transaction(|state: &mut State, rt| {
        let mut pledge = -state.unlock_vested(&rt.store(), rt.epoch())?;
        let mut info = state.info(&rt.store())?;
        if info.process_pending_worker(rt.epoch()) {
            state.save_info(&rt.store(), &info)?;
        }
        let deadline = DeadlineInfo::at(state.proving_period_start, rt.epoch());
        state.current_deadline = (deadline.index + 1) % DEADLINES;
        if state.current_deadline == 0 {
            state.proving_period_start = deadline.period_start + PROVING_PERIOD;
        }
        // Without sectors none is faulty; but nothing is not what that costs while the network has no
        // power at all.
        let fee = pledge::fault_fee(
            &params.reward_smoothed,
            &params.quality_adj_power_smoothed,
            &fvm_shared::bigint::BigInt::zero(),
        );
        state.penalize(&fee)?;
        let balance = rt.balance()?;
        let (burn, unlocked) = state.repay_partially(&rt.store(), rt.epoch(), &balance)?;
        pledge -= unlocked;
        let next = state
            .needs_cron()
            .then(|| DeadlineInfo::at(state.proving_period_start, rt.epoch() + 1));
        state.deadline_cron_active &= next.is_some();
        Ok((burn, pledge, next))
    })?;
    burn_funds(rt, burn)?;
    pledge_changed(rt, &pledge)?;
    if let Some(next) = next {
        enroll(rt, next.last())?;
    }
    Ok(())
}

/// Asks to be called at the end of a deadline.
pub(super) fn enroll(rt: &mut Runtime<'_>, event_epoch: ChainEpoch) -> Result<(), ActorError> {
    let params = IpldBlock::serialize_cbor(&event_at(event_epoch)?)?;
    let power = Address::new_id(POWER_ACTOR_ID);
    rt.call(
        &power,
        power::ENROLL_CRON_EVENT,
        params,
        TokenAmount::default(),
    )?;
    Ok(())
}

fn event_at(event_epoch: ChainEpoch) -> Result<EnrollCronEventParams, ActorError> {
    let kind = PROVING_DEADLINE;
    Ok(EnrollCronEventParams {
        event_epoch,
        payload: RawBytes::serialize(Event { kind })?,
    })
}

/// Begins what happens at the end of every deadline, and returns for what the miner is to be enrolled:
/// what its first pre-commitment of a sector does, for a miner that begins without one.
///
/// # Errors
/// `USR_SERIALIZATION`, which does not happen.
pub(crate) fn begin_deadlines(
    state: &mut State,
    epoch: ChainEpoch,
) -> Result<EnrollCronEventParams, ActorError> {
    state.deadline_cron_active = true;
    event_at(DeadlineInfo::at(state.proving_period_start, epoch).last())
}
