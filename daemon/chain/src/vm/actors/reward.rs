//! f02, the reward actor: holds what is to be mined, and pays it out block by block.

mod minting;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::{self, BigIntDe};
use fvm_shared::bigint::{BigInt, Zero};
use fvm_shared::clock::{ChainEpoch, EPOCH_UNDEFINED};
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};

use super::smooth::FilterEstimate;
use crate::vm::manifest::{POWER_ACTOR_ID, SYSTEM_ACTOR_ID};
use crate::vm::runtime::{no_params, params, returns};
use crate::vm::{ActorError, OrExit, Runtime};

/// `AwardBlockReward`, by the system for each block.
pub const AWARD_BLOCK_REWARD: MethodNum = 2;
/// `ThisEpochReward`.
pub const THIS_EPOCH_REWARD: MethodNum = 3;
/// `UpdateNetworkKPI`, by the power actor at the end of each epoch.
pub const UPDATE_NETWORK_KPI: MethodNum = 4;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (AWARD_BLOCK_REWARD, "AwardBlockReward"),
    (THIS_EPOCH_REWARD, "ThisEpochReward"),
    (UPDATE_NETWORK_KPI, "UpdateNetworkKPI"),
];

/// `ApplyRewards` of the miner actor.
const MINER_APPLY_REWARDS: MethodNum = 14;
/// Winners that an epoch expects.
const EXPECTED_LEADERS: u64 = 5;
/// By how much a penalty is more than what the miner's mistake cost.
const PENALTY_MULTIPLIER: u64 = 3;

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// What `cumsum_realized` must reach for the effective network time to go on, in byte-epochs.
    #[serde(with = "bigint_ser")]
    pub cumsum_baseline: BigInt,
    /// The sum of the network's power, capped by the baseline, in byte-epochs.
    #[serde(with = "bigint_ser")]
    pub cumsum_realized: BigInt,
    /// How far the network has come in its baseline, rounded up.
    pub effective_network_time: ChainEpoch,
    /// The baseline at that time.
    #[serde(with = "bigint_ser")]
    pub effective_baseline_power: StoragePower,
    /// What this epoch pays to all of its expected winners.
    pub this_epoch_reward: TokenAmount,
    /// The same, smoothed.
    pub this_epoch_reward_smoothed: FilterEstimate,
    /// This epoch's baseline.
    #[serde(with = "bigint_ser")]
    pub this_epoch_baseline_power: StoragePower,
    /// The epoch that the above is of.
    pub epoch: ChainEpoch,
    /// All that has been paid to miners.
    pub total_storage_power_reward: TokenAmount,
    /// What is minted by simple minting in the end.
    pub simple_total: TokenAmount,
    /// What is minted by baseline minting in the end.
    pub baseline_total: TokenAmount,
}

/// What [`AWARD_BLOCK_REWARD`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct AwardBlockRewardParams {
    /// Who made the block.
    pub miner: Address,
    /// What its mistakes cost the network.
    pub penalty: TokenAmount,
    /// The tips of its messages, which are in the actor's balance already.
    pub gas_reward: TokenAmount,
    /// How often it won.
    pub win_count: i64,
}

/// What the miner actor's `ApplyRewards` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ApplyRewardsParams {
    /// What it gets.
    pub reward: TokenAmount,
    /// What it loses.
    pub penalty: TokenAmount,
}

/// What [`THIS_EPOCH_REWARD`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ThisEpochRewardReturn {
    /// The epoch's reward, smoothed.
    pub this_epoch_reward_smoothed: FilterEstimate,
    /// The epoch's baseline.
    #[serde(with = "bigint_ser")]
    pub this_epoch_baseline_power: StoragePower,
}

impl From<State> for ThisEpochRewardReturn {
    fn from(state: State) -> Self {
        Self {
            this_epoch_reward_smoothed: state.this_epoch_reward_smoothed,
            this_epoch_baseline_power: state.this_epoch_baseline_power,
        }
    }
}

impl State {
    /// The state before the first epoch of a network with some power.
    pub fn new(realized: &StoragePower) -> Self {
        let mut state = Self {
            cumsum_baseline: BigInt::zero(),
            cumsum_realized: BigInt::zero(),
            effective_network_time: 0,
            effective_baseline_power: minting::BASELINE_INITIAL.clone(),
            this_epoch_reward: TokenAmount::zero(),
            // What simple minting alone pays in epoch 0, and by how much less in epoch 1.
            this_epoch_reward_smoothed: FilterEstimate::new(
                BigInt::from(36_266_260_308_195_979_333_u128),
                BigInt::from(-109_897_758_509_i64),
            ),
            this_epoch_baseline_power: minting::BASELINE_BEFORE_FIRST.clone(),
            epoch: EPOCH_UNDEFINED,
            total_storage_power_reward: TokenAmount::zero(),
            simple_total: TokenAmount::from_whole(minting::SIMPLE_TOTAL),
            baseline_total: TokenAmount::from_whole(minting::BASELINE_TOTAL),
        };
        state.next_epoch_with_reward(realized);
        state
    }

    fn next_epoch(&mut self, realized: &StoragePower) {
        self.epoch += 1;
        self.this_epoch_baseline_power = minting::next_baseline(&self.this_epoch_baseline_power);
        self.cumsum_realized += realized.min(&self.this_epoch_baseline_power);
        while self.cumsum_realized > self.cumsum_baseline {
            self.effective_network_time += 1;
            self.effective_baseline_power = minting::next_baseline(&self.effective_baseline_power);
            self.cumsum_baseline += &self.effective_baseline_power;
        }
    }

    fn next_epoch_with_reward(&mut self, realized: &StoragePower) {
        let before = self.theta();
        self.next_epoch(realized);
        let after = self.theta();
        self.this_epoch_reward = minting::reward(
            self.epoch,
            &before,
            &after,
            &self.simple_total,
            &self.baseline_total,
        );
    }

    fn theta(&self) -> BigInt {
        minting::theta(
            self.effective_network_time,
            &self.effective_baseline_power,
            &self.cumsum_realized,
            &self.cumsum_baseline,
        )
    }

    /// Goes on to the epoch after `current`, through any null rounds.
    fn update(&mut self, current: ChainEpoch, realized: &StoragePower) {
        let before = self.epoch;
        while self.epoch < current {
            self.next_epoch(realized);
        }
        self.next_epoch_with_reward(realized);
        self.this_epoch_reward_smoothed = self
            .this_epoch_reward_smoothed
            .next(self.this_epoch_reward.atto(), self.epoch - before);
    }
}

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
        METHOD_CONSTRUCTOR => {
            let power: Option<BigIntDe> = params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            let power = power.or_illegal_argument("argument should not be nil")?;
            rt.create(&State::new(&power.0))?;
            Ok(None)
        }
        AWARD_BLOCK_REWARD => {
            award(rt, params(input)?)?;
            Ok(None)
        }
        THIS_EPOCH_REWARD => {
            no_params(input)?;
            let state: State = rt.state()?;
            returns(&ThisEpochRewardReturn::from(state))
        }
        UPDATE_NETWORK_KPI => {
            let power: Option<BigIntDe> = params(input)?;
            rt.require_caller(&[POWER_ACTOR_ID])?;
            let power = power.or_illegal_argument("argument cannot be None")?;
            rt.transaction(|state: &mut State, rt| {
                state.update(rt.epoch(), &power.0);
                Ok(())
            })?;
            Ok(None)
        }
        _ => Err(ActorError::unhandled(method)),
    }
}

/// Pays for a block. A miner that cannot take its reward loses it; the block stands.
fn award(rt: &mut Runtime<'_>, params: AwardBlockRewardParams) -> Result<(), ActorError> {
    rt.require_caller(&[SYSTEM_ACTOR_ID])?;
    let balance = rt.balance()?;
    if params.penalty.is_negative() {
        return Err(ActorError::illegal_argument(format!(
            "negative penalty {}",
            params.penalty
        )));
    }
    if params.gas_reward.is_negative() {
        return Err(ActorError::illegal_argument(format!(
            "negative gas reward {}",
            params.gas_reward
        )));
    }
    if balance < params.gas_reward {
        return Err(ActorError::illegal_state(format!(
            "actor current balance {balance} insufficient to pay gas reward {}",
            params.gas_reward
        )));
    }
    if params.win_count <= 0 {
        return Err(ActorError::illegal_argument(format!(
            "invalid win count {}",
            params.win_count
        )));
    }
    let miner = rt
        .resolve(&params.miner)?
        .ok_or_else(|| ActorError::not_found("failed to resolve given owner address"))?;

    let reward = rt.transaction(|state: &mut State, _rt| {
        let minted = (&state.this_epoch_reward * params.win_count).div_floor(EXPECTED_LEADERS);
        // Near the end there may be less left than is minted.
        let reward = (&params.gas_reward + minted).min(balance);
        state.total_storage_power_reward += &reward - &params.gas_reward;
        Ok(reward)
    })?;

    let apply = IpldBlock::serialize_cbor(&ApplyRewardsParams {
        reward: reward.clone(),
        penalty: &params.penalty * PENALTY_MULTIPLIER,
    })?;
    let miner = Address::new_id(miner);
    if rt
        .call(&miner, MINER_APPLY_REWARDS, apply, reward.clone())
        .is_err()
    {
        // The miner's fault; what it does not take is burnt. If that fails too, the funds stay.
        let _ = rt.burn(reward);
    }
    Ok(())
}
