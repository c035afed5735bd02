//! What comes in and goes out: rewards, penalties, debts and withdrawals.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::METHOD_SEND;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

use super::info::MinerInfo;
use super::state::State;
use super::types::WithdrawBalanceParams;
use crate::vm::actors::power;
use crate::vm::actors::reward::ApplyRewardsParams;
use crate::vm::manifest::{POWER_ACTOR_ID, REWARD_ACTOR_ID};
use crate::vm::{ActorError, Runtime};

/// How much of a reward vests: three quarters.
const LOCKED_REWARD: (u32, u32) = (3, 4);

/// `ApplyRewards`, by the reward actor.
pub(super) fn apply_rewards(
    rt: &mut Runtime<'_>,
    params: &ApplyRewardsParams,
) -> Result<(), ActorError> {
    if params.reward.is_negative() {
        return Err(ActorError::illegal_argument(
            "cannot lock up a negative amount of funds",
        ));
    }
    if params.penalty.is_negative() {
        return Err(ActorError::illegal_argument(
            "cannot penalize a negative amount of funds",
        ));
    }
    let (pledge, burn) = rt.transaction(|state: &mut State, rt| {
        rt.require_caller(&[REWARD_ACTOR_ID])?;
        let locked = (&params.reward * LOCKED_REWARD.0).div_floor(LOCKED_REWARD.1);
        let balance = rt.balance()?;
        let unlocked = state.unlocked_balance(&balance)?;
        if unlocked < locked {
            return Err(ActorError::insufficient_funds(format!(
                "insufficient funds to lock, available: {unlocked}, requested: {locked}"
            )));
        }
        let vested = state.lock(&rt.store(), rt.epoch(), &locked)?;
        state.penalize(&params.penalty)?;
        let (burn, repaid) = state.repay_partially(&rt.store(), rt.epoch(), &balance)?;
        Ok((locked - vested - repaid, burn))
    })?;
    pledge_changed(rt, &pledge)?;
    burn_funds(rt, burn)?;
    check_balance(rt)
}

/// `WithdrawBalance`, by the owner or the beneficiary.
pub(super) fn withdraw(
    rt: &mut Runtime<'_>,
    params: &WithdrawBalanceParams,
) -> Result<TokenAmount, ActorError> {
    if params.amount_requested.is_negative() {
        return Err(ActorError::illegal_argument(format!(
            "negative fund requested for withdrawal: {}",
            params.amount_requested
        )));
    }
    let (beneficiary, amount, vested, burn) = rt.transaction(|state: &mut State, rt| {
        let mut info = state.info(&rt.store())?;
        MinerInfo::require(rt, &[info.owner, info.beneficiary])?;
        if !state.early_terminations.is_empty() {
            return Err(ActorError::forbidden(
                "cannot withdraw funds while deadlines have terminated sectors with outstanding fees",
            ));
        }
        let vested = state.unlock_vested(&rt.store(), rt.epoch())?;
        let balance = rt.balance()?;
        // The debt is subtracted from this already, so it comes before paying it.
        let available = state.available_balance(&balance)?;
        let burn = state.repay_fully(&balance)?;
        let mut amount = available.min(params.amount_requested.clone());
        if amount.is_negative() {
            return Err(ActorError::illegal_state(format!(
                "negative amount to withdraw: {amount}"
            )));
        }
        if info.beneficiary != info.owner {
            let quota = info.beneficiary_term.available(rt.epoch());
            if quota.is_zero() {
                return Err(ActorError::forbidden(format!(
                    "beneficiary expiration of epoch {} passed or quota of {} depleted with {} used",
                    info.beneficiary_term.expiration,
                    info.beneficiary_term.quota,
                    info.beneficiary_term.used_quota
                )));
            }
            amount = amount.min(quota);
            if amount.is_positive() {
                info.beneficiary_term.used_quota += &amount;
                state.save_info(&rt.store(), &info)?;
            }
        }
        Ok((info.beneficiary, amount, vested, burn))
    })?;
    if amount.is_positive() {
        rt.call(&beneficiary, METHOD_SEND, None, amount.clone())?;
    }
    burn_funds(rt, burn)?;
    pledge_changed(rt, &-vested)?;
    check_balance(rt)?;
    Ok(amount)
}

/// `RepayDebt`, by the miner's addresses.
pub(super) fn repay_debt(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    let (burn, unlocked) = rt.transaction(|state: &mut State, rt| {
        state.info(&rt.store())?.require_controlling(rt)?;
        let balance = rt.balance()?;
        state.repay_partially(&rt.store(), rt.epoch(), &balance)
    })?;
    pledge_changed(rt, &-unlocked)?;
    burn_funds(rt, burn)?;
    check_balance(rt)
}

/// Burns what is not nothing.
pub(super) fn burn_funds(rt: &mut Runtime<'_>, amount: TokenAmount) -> Result<(), ActorError> {
    if amount.is_positive() {
        rt.burn(amount)?;
    }
    Ok(())
}

/// Tells the power actor by how much what is locked and pledged has changed.
pub(super) fn pledge_changed(rt: &mut Runtime<'_>, delta: &TokenAmount) -> Result<(), ActorError> {
    if !delta.is_zero() {
        let delta = IpldBlock::serialize_cbor(delta)?;
        let power = Address::new_id(POWER_ACTOR_ID);
        rt.call(
            &power,
            power::UPDATE_PLEDGE_TOTAL,
            delta,
            TokenAmount::default(),
        )?;
    }
    Ok(())
}

/// The miner must have what it has locked, deposited and pledged.
pub(super) fn check_balance(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    let state: State = rt.state()?;
    state.check_balance(&rt.balance()?)
}
