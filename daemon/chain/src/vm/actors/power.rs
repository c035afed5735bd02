//! f04, the storage power actor: creates miners, adds up their power, and calls them back when they
//! have asked for it.

mod state;

pub use state::{Claim, Claims, CronEvent, State};

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{BytesDe, RawBytes, strict_bytes};
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::{self, BigIntSer};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{RegisteredPoStProof, StoragePower};
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, MethodNum};

use super::smooth::FilterEstimate;
use super::{init, reward};
use crate::vm::manifest::{
    ActorKind, CRON_ACTOR_ID, INIT_ACTOR_ID, REWARD_ACTOR_ID, SYSTEM_ACTOR_ID,
};
use crate::vm::runtime::{no_params, params, returns};
use crate::vm::{ActorError, Runtime};

/// `CreateMiner`.
pub const CREATE_MINER: MethodNum = 2;
/// `UpdateClaimedPower`, by miners.
pub const UPDATE_CLAIMED_POWER: MethodNum = 3;
/// `EnrollCronEvent`, by miners.
pub const ENROLL_CRON_EVENT: MethodNum = 4;
/// `OnEpochTickEnd`, by cron.
pub const ON_EPOCH_TICK_END: MethodNum = 5;
/// `UpdatePledgeTotal`, by miners.
pub const UPDATE_PLEDGE_TOTAL: MethodNum = 6;
/// `CurrentTotalPower`.
pub const CURRENT_TOTAL_POWER: MethodNum = 9;
/// `CreateMiner`, exported.
pub const CREATE_MINER_EXPORTED: MethodNum = 1_173_380_165;
/// `NetworkRawPower`, exported.
pub const NETWORK_RAW_POWER: MethodNum = 931_722_534;
/// `MinerRawPower`, exported.
pub const MINER_RAW_POWER: MethodNum = 3_753_401_894;
/// `MinerCount`, exported.
pub const MINER_COUNT: MethodNum = 1_987_646_258;
/// `MinerConsensusCount`, exported.
pub const MINER_CONSENSUS_COUNT: MethodNum = 196_739_875;
/// `MinerPower`, exported.
pub const MINER_POWER: MethodNum = 36_284_446;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (CREATE_MINER, "CreateMiner"),
    (UPDATE_CLAIMED_POWER, "UpdateClaimedPower"),
    (ENROLL_CRON_EVENT, "EnrollCronEvent"),
    (ON_EPOCH_TICK_END, "OnEpochTickEnd"),
    (UPDATE_PLEDGE_TOTAL, "UpdatePledgeTotal"),
    (CURRENT_TOTAL_POWER, "CurrentTotalPower"),
    (CREATE_MINER_EXPORTED, "CreateMinerExported"),
    (NETWORK_RAW_POWER, "NetworkRawPowerExported"),
    (MINER_RAW_POWER, "MinerRawPowerExported"),
    (MINER_COUNT, "MinerCountExported"),
    (MINER_CONSENSUS_COUNT, "MinerConsensusCountExported"),
    (MINER_POWER, "MinerPowerExported"),
];

/// `OnDeferredCronEvent` of the miner actor.
const MINER_ON_DEFERRED_CRON_EVENT: MethodNum = 12;

/// What [`CREATE_MINER`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct CreateMinerParams {
    /// Who owns it.
    pub owner: Address,
    /// Whose BLS key signs its blocks.
    pub worker: Address,
    /// The proofs it makes, and with them the size of its sectors.
    pub window_post_proof_type: RegisteredPoStProof,
    /// Its libp2p peer id.
    #[serde(with = "strict_bytes")]
    pub peer: Vec<u8>,
    /// Where it is reachable.
    pub multiaddrs: Vec<BytesDe>,
}

/// What [`CREATE_MINER`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct CreateMinerReturn {
    /// Its id address.
    pub id_address: Address,
    /// Its f2 address.
    pub robust_address: Address,
}

/// What the miner actor's constructor takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct MinerConstructorParams {
    /// Who owns it.
    pub owner: Address,
    /// Whose BLS key signs its blocks.
    pub worker: Address,
    /// Who else may send its proofs.
    pub control_addresses: Vec<Address>,
    /// The proofs it makes.
    pub window_post_proof_type: RegisteredPoStProof,
    /// Its libp2p peer id.
    #[serde(with = "strict_bytes")]
    pub peer_id: Vec<u8>,
    /// Where it is reachable.
    pub multi_addresses: Vec<BytesDe>,
}

/// What [`UPDATE_CLAIMED_POWER`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct UpdateClaimedPowerParams {
    /// By how much the raw power changes.
    #[serde(with = "bigint_ser")]
    pub raw_byte_delta: StoragePower,
    /// By how much the quality-adjusted power changes.
    #[serde(with = "bigint_ser")]
    pub quality_adjusted_delta: StoragePower,
}

/// What [`ENROLL_CRON_EVENT`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct EnrollCronEventParams {
    /// When to call.
    pub event_epoch: ChainEpoch,
    /// With what.
    pub payload: RawBytes,
}

/// What the miner actor's `OnDeferredCronEvent` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct DeferredCronEventParams {
    /// What was enrolled.
    #[serde(with = "strict_bytes")]
    pub event_payload: Vec<u8>,
    /// The epoch's reward, smoothed.
    pub reward_smoothed: FilterEstimate,
    /// The network's quality-adjusted power, smoothed.
    pub quality_adj_power_smoothed: FilterEstimate,
}

/// What [`CURRENT_TOTAL_POWER`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct CurrentTotalPowerReturn {
    /// Raw power.
    #[serde(with = "bigint_ser")]
    pub raw_byte_power: StoragePower,
    /// Quality-adjusted power.
    #[serde(with = "bigint_ser")]
    pub quality_adj_power: StoragePower,
    /// Pledge.
    pub pledge_collateral: TokenAmount,
    /// Quality-adjusted power, smoothed.
    pub quality_adj_power_smoothed: FilterEstimate,
    /// When FIP-0081's new pledge rule begins to phase in.
    pub ramp_start_epoch: i64,
    /// Over how many epochs it does.
    pub ramp_duration_epochs: u64,
}

impl From<State> for CurrentTotalPowerReturn {
    fn from(state: State) -> Self {
        Self {
            raw_byte_power: state.this_epoch_raw_byte_power,
            quality_adj_power: state.this_epoch_quality_adj_power,
            pledge_collateral: state.this_epoch_pledge_collateral,
            quality_adj_power_smoothed: state.this_epoch_qa_power_smoothed,
            ramp_start_epoch: state.ramp_start_epoch,
            ramp_duration_epochs: state.ramp_duration_epochs,
        }
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
            no_params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            rt.create(&State::new(&rt.store())?)?;
            Ok(None)
        }
        CREATE_MINER | CREATE_MINER_EXPORTED => returns(&create_miner(rt, params(input)?)?),
        UPDATE_CLAIMED_POWER => {
            let delta: UpdateClaimedPowerParams = params(input)?;
            rt.require_caller_kind(&[ActorKind::Miner])?;
            rt.transaction(|state: &mut State, rt| {
                let mut claims = state.claims(rt.store())?;
                state.add_to_claim(
                    &mut claims,
                    &rt.caller_address(),
                    &delta.raw_byte_delta,
                    &delta.quality_adjusted_delta,
                )?;
                state.save_claims(&mut claims)
            })?;
            Ok(None)
        }
        ENROLL_CRON_EVENT => {
            enroll(rt, params(input)?)?;
            Ok(None)
        }
        ON_EPOCH_TICK_END => {
            no_params(input)?;
            on_epoch_tick_end(rt)?;
            Ok(None)
        }
        UPDATE_PLEDGE_TOTAL => {
            let delta: TokenAmount = params(input)?;
            rt.require_caller_kind(&[ActorKind::Miner])?;
            rt.transaction(|state: &mut State, rt| {
                if state.claim(rt.store(), rt.caller())?.is_none() {
                    return Err(ActorError::forbidden(format!(
                        "unknown miner f0{} forbidden to interact with power actor",
                        rt.caller()
                    )));
                }
                state.total_pledge_collateral += delta;
                if state.total_pledge_collateral.is_negative() {
                    return Err(ActorError::illegal_state(
                        "negative total pledge collateral",
                    ));
                }
                Ok(())
            })?;
            Ok(None)
        }
        CURRENT_TOTAL_POWER => {
            no_params(input)?;
            let state: State = rt.state()?;
            returns(&CurrentTotalPowerReturn::from(state))
        }
        NETWORK_RAW_POWER => {
            no_params(input)?;
            returns(&BigIntSer(&rt.state::<State>()?.this_epoch_raw_byte_power))
        }
        MINER_RAW_POWER => {
            let miner: ActorID = params(input)?;
            let state: State = rt.state()?;
            let (power, meets) = state.meets_consensus_minimum(rt.store(), miner)?;
            returns(&(BigIntSer(&power), meets))
        }
        MINER_COUNT => {
            no_params(input)?;
            returns(&rt.state::<State>()?.miner_count)
        }
        MINER_CONSENSUS_COUNT => {
            no_params(input)?;
            returns(&rt.state::<State>()?.miner_above_min_power_count)
        }
        MINER_POWER => {
            let miner: ActorID = params(input)?;
            let claim = rt
                .state::<State>()?
                .claim(rt.store(), miner)?
                .ok_or_else(|| ActorError::not_found(format!("no claim for actor: {miner}")))?;
            returns(&(
                BigIntSer(&claim.raw_byte_power),
                BigIntSer(&claim.quality_adj_power),
            ))
        }
        _ => Err(ActorError::unhandled(method)),
    }
}

fn create_miner(
    rt: &mut Runtime<'_>,
    params: CreateMinerParams,
) -> Result<CreateMinerReturn, ActorError> {
    let constructor = RawBytes::serialize(MinerConstructorParams {
        owner: params.owner,
        worker: params.worker,
        control_addresses: Vec::new(),
        window_post_proof_type: params.window_post_proof_type,
        peer_id: params.peer,
        multi_addresses: params.multiaddrs,
    })?;
    let exec = IpldBlock::serialize_cbor(&init::ExecParams {
        code_cid: ActorKind::Miner.code(),
        constructor_params: constructor,
    })?;
    let value = rt.value_received().clone();
    let created = rt.call(&Address::new_id(INIT_ACTOR_ID), init::EXEC, exec, value)?;
    let created: init::ExecReturn = crate::vm::runtime::params(created)?;
    rt.transaction(|state: &mut State, rt| {
        state.add_miner(
            rt.store(),
            &created.id_address,
            params.window_post_proof_type,
        )
    })?;
    Ok(CreateMinerReturn {
        id_address: created.id_address,
        robust_address: created.robust_address,
    })
}

fn enroll(rt: &mut Runtime<'_>, params: EnrollCronEventParams) -> Result<(), ActorError> {
    rt.require_caller_kind(&[ActorKind::Miner])?;
    if params.event_epoch < 0 {
        return Err(ActorError::illegal_argument(format!(
            "cron event epoch {} cannot be less than zero",
            params.event_epoch
        )));
    }
    let event = CronEvent {
        miner_addr: rt.caller_address(),
        callback_payload: params.payload,
    };
    rt.transaction(|state: &mut State, rt| state.enroll(rt.store(), params.event_epoch, event))
}

fn on_epoch_tick_end(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    rt.require_caller(&[CRON_ACTOR_ID])?;
    let reward_actor = Address::new_id(REWARD_ACTOR_ID);
    let zero = TokenAmount::default();
    let reward = rt
        .call(&reward_actor, reward::THIS_EPOCH_REWARD, None, zero.clone())
        .map_err(|e| e.context("failed to check epoch baseline power"))?;
    call_back(rt, &params(reward)?)?;
    let power = rt.transaction(|state: &mut State, _rt| {
        let (raw, quality_adjusted) = state.current_total_power();
        state.this_epoch_pledge_collateral = state.total_pledge_collateral.clone();
        state.this_epoch_quality_adj_power = quality_adjusted;
        state.this_epoch_raw_byte_power = raw;
        // Cron runs in every epoch that has a block, and does not make up for those that have none.
        state.this_epoch_qa_power_smoothed = state
            .this_epoch_qa_power_smoothed
            .next(&state.this_epoch_quality_adj_power, 1);
        Ok(IpldBlock::serialize_cbor(&BigIntSer(
            &state.this_epoch_raw_byte_power,
        ))?)
    })?;
    rt.call(&reward_actor, reward::UPDATE_NETWORK_KPI, power, zero)
        .map_err(|e| e.context("failed to update network KPI with reward actor"))?;
    Ok(())
}

/// Calls the miners back whose events are due. One whose callback fails loses its power.
fn call_back(
    rt: &mut Runtime<'_>,
    reward: &reward::ThisEpochRewardReturn,
) -> Result<(), ActorError> {
    let power = rt.state::<State>()?.this_epoch_qa_power_smoothed;
    let due = rt.transaction(|state: &mut State, rt| state.take_due(rt.store(), rt.epoch()))?;
    let mut failed = Vec::new();
    for event in due {
        let params = IpldBlock::serialize_cbor(&DeferredCronEventParams {
            event_payload: event.callback_payload.to_vec(),
            reward_smoothed: reward.this_epoch_reward_smoothed.clone(),
            quality_adj_power_smoothed: power.clone(),
        })?;
        let called = rt.call(
            &event.miner_addr,
            MINER_ON_DEFERRED_CRON_EVENT,
            params,
            TokenAmount::default(),
        );
        if called.is_err() {
            failed.push(event.miner_addr);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    rt.transaction(|state: &mut State, rt| {
        let mut claims = state.claims(rt.store())?;
        for miner in failed {
            if state.delete_claim(&mut claims, &miner).is_ok() {
                state.miner_count -= 1;
            }
        }
        state.save_claims(&mut claims)
    })
}
