//! What sectors are expected to earn, and what is pledged for them.

use std::sync::LazyLock;

use fvm_shared::bigint::{BigInt, Integer, Zero};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;

use super::deadline::EPOCHS_IN_DAY;
use crate::vm::actors::power::CurrentTotalPowerReturn;
use crate::vm::actors::reward::ThisEpochRewardReturn;
use crate::vm::actors::smooth::{FilterEstimate, PRECISION, sum_of_ratio};

/// The pledge is at least what a sector is expected to earn in this many epochs: 20 days.
const INITIAL_PLEDGE_PROJECTION: ChainEpoch = 20 * EPOCHS_IN_DAY;
/// The fee for a fault is what a sector is expected to earn in this many epochs: 3.51 days.
const CONTINUED_FAULT_PROJECTION: ChainEpoch = EPOCHS_IN_DAY * 351 / 100;
/// The power that a new miner pledges for (FIP-0077): a tenth of the minimum of a devnet, 2 KiB.
const CREATION_POWER: i64 = (2 << 10) / 10;
/// At most 1 FIL is pledged for 32 GiB.
static MAX_PER_BYTE: LazyLock<TokenAmount> =
    LazyLock::new(|| TokenAmount::from_whole(1).div_floor(32_i64 << 30));

/// What some power is expected to earn in a time.
fn expected_reward(
    reward: &FilterEstimate,
    network: &FilterEstimate,
    power: &StoragePower,
    duration: ChainEpoch,
) -> TokenAmount {
    if network.estimate().is_zero() {
        return TokenAmount::from_atto(reward.estimate());
    }
    let earned: BigInt = (power * sum_of_ratio(duration, reward, network)) >> PRECISION;
    TokenAmount::from_atto(earned.max(BigInt::zero()))
}

/// What is to be pledged for some power.
fn initial_pledge(
    power: &StoragePower,
    reward: &ThisEpochRewardReturn,
    network: &CurrentTotalPowerReturn,
    circulating_supply: &TokenAmount,
    epoch: ChainEpoch,
) -> TokenAmount {
    let smoothed = &network.quality_adj_power_smoothed;
    let base = expected_reward(
        &reward.this_epoch_reward_smoothed,
        smoothed,
        power,
        INITIAL_PLEDGE_PROJECTION,
    )
    .max(TokenAmount::from_atto(1));

    // 30 % of the supply is locked by all, by power and baseline; since FIP-0081, after its ramp,
    // three tenths of that by power alone.
    let ramp = network.ramp_duration_epochs.cast_signed();
    let since = epoch - network.ramp_start_epoch;
    let simple = match since {
        ..0 => 0,
        _ if ramp == 0 || since >= ramp => 300,
        _ => since * 300 / ramp,
    };
    let share: BigInt = circulating_supply.atto() * 3 * power;
    let network_power = smoothed.estimate();
    let by_power = network_power.clone().max(power.clone());
    let by_baseline = by_power
        .clone()
        .max(reward.this_epoch_baseline_power.clone());
    let part = |thousandths: i64, of: BigInt| {
        let share: BigInt = &share * thousandths;
        share.div_floor(&(of * 10 * 1000))
    };
    let additional = part(1000 - simple, by_baseline) + part(simple, by_power);
    let most = TokenAmount::from_atto(MAX_PER_BYTE.atto() * power);
    (base + TokenAmount::from_atto(additional)).min(most)
}

/// What a new miner must deposit, which vests as rewards do (FIP-0077).
pub(crate) fn creation_deposit(
    reward: &ThisEpochRewardReturn,
    network: &CurrentTotalPowerReturn,
    circulating_supply: &TokenAmount,
    epoch: ChainEpoch,
) -> TokenAmount {
    let power = BigInt::from(CREATION_POWER);
    initial_pledge(&power, reward, network, circulating_supply, epoch)
}

/// The fee for some power that goes on to be faulty.
pub(super) fn fault_fee(
    reward: &FilterEstimate,
    network: &FilterEstimate,
    power: &StoragePower,
) -> TokenAmount {
    expected_reward(reward, network, power, CONTINUED_FAULT_PROJECTION)
}

/// The most that terminating sectors can cost (FIP-0098): 8.5 % of their pledge, and at least 2 % of it
/// and 105 % of the fee for a fault.
pub(super) fn max_termination_fee(pledge: &TokenAmount, fault_fee: &TokenAmount) -> TokenAmount {
    let part = |amount: &TokenAmount, thousandths: u32| (amount * thousandths).div_floor(1000);
    part(pledge, 85)
        .max(part(pledge, 20))
        .max(part(fault_fee, 1050))
}
