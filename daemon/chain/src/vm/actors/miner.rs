//! Storage providers: who controls them, and their funds. Semantics as `actors/miner` of the built-in
//! actors, v17, for miners without sectors: what needs a proof is in [`NOT_IMPLEMENTED`].

mod control;
mod cron;
mod deadline;
mod funds;
mod info;
mod pledge;
mod state;
mod types;
mod vesting;

pub(crate) use cron::begin_deadlines;
pub use deadline::{Deadline, Deadlines, PowerPair};
pub use info::{BeneficiaryTerm, MinerInfo, PendingBeneficiaryChange, WorkerKeyChange};
pub(crate) use pledge::creation_deposit;
pub use state::{ERR_BALANCE_INVARIANTS_BROKEN, State};
pub use types::{
    ActiveBeneficiary, ChangeBeneficiaryParams, ChangeWorkerAddressParams, CheckSectorProvenParams,
    ControlAddressesReturn, GetBeneficiaryReturn, GetOwnerReturn, GetVestingFundsReturn,
    MaxTerminationFeeParams, Multiaddrs, PeerId, WithdrawBalanceParams,
};
pub use vesting::{VestingFund, VestingFunds};

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::clock::EPOCH_UNDEFINED;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::RegisteredPoStProof;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};

use super::{power, reward};
use crate::vm::manifest::{INIT_ACTOR_ID, POWER_ACTOR_ID, REWARD_ACTOR_ID};
use crate::vm::runtime::{no_params, params, returned, returns};
use crate::vm::{ActorError, OrExit, Runtime};

/// `ControlAddresses`.
pub const CONTROL_ADDRESSES: MethodNum = 2;
/// `ChangeWorkerAddress`, by the owner.
pub const CHANGE_WORKER_ADDRESS: MethodNum = 3;
/// `ChangePeerID`, by the miner's addresses.
pub const CHANGE_PEER_ID: MethodNum = 4;
/// `OnDeferredCronEvent`, by the power actor.
pub const ON_DEFERRED_CRON_EVENT: MethodNum = 12;
/// `CheckSectorProven`.
pub const CHECK_SECTOR_PROVEN: MethodNum = 13;
/// `ApplyRewards`, by the reward actor.
pub const APPLY_REWARDS: MethodNum = 14;
/// `WithdrawBalance`, by the owner or the beneficiary.
pub const WITHDRAW_BALANCE: MethodNum = 16;
/// `ChangeMultiaddrs`, by the miner's addresses.
pub const CHANGE_MULTIADDRS: MethodNum = 18;
/// `ConfirmChangeWorkerAddress`, by the owner.
pub const CONFIRM_CHANGE_WORKER_ADDRESS: MethodNum = 21;
/// `RepayDebt`, by the miner's addresses.
pub const REPAY_DEBT: MethodNum = 22;
/// `ChangeOwnerAddress`, by the owner and then by the next one.
pub const CHANGE_OWNER_ADDRESS: MethodNum = 23;
/// `ChangeBeneficiary`, by the owner and then by both beneficiaries.
pub const CHANGE_BENEFICIARY: MethodNum = 30;
/// `GetBeneficiary`.
pub const GET_BENEFICIARY: MethodNum = 31;
/// `ChangeWorkerAddress`, exported.
pub const CHANGE_WORKER_ADDRESS_EXPORTED: MethodNum = 3_302_309_124;
/// `ChangePeerID`, exported.
pub const CHANGE_PEER_ID_EXPORTED: MethodNum = 1_236_548_004;
/// `WithdrawBalance`, exported.
pub const WITHDRAW_BALANCE_EXPORTED: MethodNum = 2_280_458_852;
/// `ChangeMultiaddrs`, exported.
pub const CHANGE_MULTIADDRS_EXPORTED: MethodNum = 1_063_480_576;
/// `ConfirmChangeWorkerAddress`, exported.
pub const CONFIRM_CHANGE_WORKER_ADDRESS_EXPORTED: MethodNum = 2_354_970_453;
/// `RepayDebt`, exported.
pub const REPAY_DEBT_EXPORTED: MethodNum = 3_665_352_697;
/// `ChangeOwnerAddress`, exported.
pub const CHANGE_OWNER_ADDRESS_EXPORTED: MethodNum = 1_010_589_339;
/// `ChangeBeneficiary`, exported.
pub const CHANGE_BENEFICIARY_EXPORTED: MethodNum = 1_570_634_796;
/// `GetBeneficiary`, exported.
pub const GET_BENEFICIARY_EXPORTED: MethodNum = 4_158_972_569;
/// `GetOwner`, exported.
pub const GET_OWNER: MethodNum = 3_275_365_574;
/// `IsControllingAddress`, exported.
pub const IS_CONTROLLING_ADDRESS: MethodNum = 348_244_887;
/// `GetSectorSize`, exported.
pub const GET_SECTOR_SIZE: MethodNum = 3_858_292_296;
/// `GetAvailableBalance`, exported.
pub const GET_AVAILABLE_BALANCE: MethodNum = 4_026_106_874;
/// `GetVestingFunds`, exported.
pub const GET_VESTING_FUNDS: MethodNum = 1_726_876_304;
/// `GetPeerID`, exported.
pub const GET_PEER_ID: MethodNum = 2_812_875_329;
/// `GetMultiaddrs`, exported.
pub const GET_MULTIADDRS: MethodNum = 1_332_909_407;
/// `MaxTerminationFee`, exported.
pub const MAX_TERMINATION_FEE: MethodNum = 4_127_382_196;
/// `InitialPledge`, exported.
pub const INITIAL_PLEDGE: MethodNum = 3_180_523_767;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (CONTROL_ADDRESSES, "ControlAddresses"),
    (CHANGE_WORKER_ADDRESS, "ChangeWorkerAddress"),
    (CHANGE_PEER_ID, "ChangePeerID"),
    (ON_DEFERRED_CRON_EVENT, "OnDeferredCronEvent"),
    (CHECK_SECTOR_PROVEN, "CheckSectorProven"),
    (APPLY_REWARDS, "ApplyRewards"),
    (WITHDRAW_BALANCE, "WithdrawBalance"),
    (CHANGE_MULTIADDRS, "ChangeMultiaddrs"),
    (CONFIRM_CHANGE_WORKER_ADDRESS, "ConfirmChangeWorkerAddress"),
    (REPAY_DEBT, "RepayDebt"),
    (CHANGE_OWNER_ADDRESS, "ChangeOwnerAddress"),
    (CHANGE_BENEFICIARY, "ChangeBeneficiary"),
    (GET_BENEFICIARY, "GetBeneficiary"),
    (
        CHANGE_WORKER_ADDRESS_EXPORTED,
        "ChangeWorkerAddressExported",
    ),
    (CHANGE_PEER_ID_EXPORTED, "ChangePeerIDExported"),
    (WITHDRAW_BALANCE_EXPORTED, "WithdrawBalanceExported"),
    (CHANGE_MULTIADDRS_EXPORTED, "ChangeMultiaddrsExported"),
    (
        CONFIRM_CHANGE_WORKER_ADDRESS_EXPORTED,
        "ConfirmChangeWorkerAddressExported",
    ),
    (REPAY_DEBT_EXPORTED, "RepayDebtExported"),
    (CHANGE_OWNER_ADDRESS_EXPORTED, "ChangeOwnerAddressExported"),
    (CHANGE_BENEFICIARY_EXPORTED, "ChangeBeneficiaryExported"),
    (GET_BENEFICIARY_EXPORTED, "GetBeneficiaryExported"),
    (GET_OWNER, "GetOwnerExported"),
    (IS_CONTROLLING_ADDRESS, "IsControllingAddressExported"),
    (GET_SECTOR_SIZE, "GetSectorSizeExported"),
    (GET_AVAILABLE_BALANCE, "GetAvailableBalanceExported"),
    (GET_VESTING_FUNDS, "GetVestingFundsExported"),
    (GET_PEER_ID, "GetPeerIDExported"),
    (GET_MULTIADDRS, "GetMultiaddrsExported"),
    (MAX_TERMINATION_FEE, "MaxTerminationFeeExported"),
    (INITIAL_PLEDGE, "InitialPledgeExported"),
];

/// The methods that the real actor has and this one refuses: they are about sectors, and a local
/// network has no proofs.
pub const NOT_IMPLEMENTED: &[(MethodNum, &str)] = &[
    (5, "SubmitWindowedPoSt"),
    (9, "TerminateSectors"),
    (10, "DeclareFaults"),
    (11, "DeclareFaultsRecovered"),
    (15, "ReportConsensusFault"),
    (17, "InternalSectorSetupForPreseal"),
    (19, "CompactPartitions"),
    (20, "CompactSectorNumbers"),
    (24, "DisputeWindowedPoSt"),
    (28, "PreCommitSectorBatch2"),
    (32, "ExtendSectorExpiration2"),
    (34, "ProveCommitSectors3"),
    (35, "ProveReplicaUpdates3"),
    (36, "ProveCommitSectorsNI"),
];

/// The greatest sector number.
const MAX_SECTOR_NUMBER: u64 = i64::MAX as u64;

/// Calls a method.
///
/// # Errors
/// Why it aborted; `USR_FORBIDDEN` for those in [`NOT_IMPLEMENTED`].
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => construct(rt, params(input)?)?,
        CHANGE_WORKER_ADDRESS | CHANGE_WORKER_ADDRESS_EXPORTED => {
            control::change_worker(rt, &params(input)?)?;
        }
        CHANGE_PEER_ID | CHANGE_PEER_ID_EXPORTED => {
            let peer: PeerId = params(input)?;
            control::change_peer_id(rt, peer.id)?;
        }
        CHANGE_MULTIADDRS | CHANGE_MULTIADDRS_EXPORTED => {
            let multiaddrs: Multiaddrs = params(input)?;
            control::change_multiaddrs(rt, multiaddrs.addresses)?;
        }
        CONFIRM_CHANGE_WORKER_ADDRESS | CONFIRM_CHANGE_WORKER_ADDRESS_EXPORTED => {
            no_params(input)?;
            control::confirm_worker(rt)?;
        }
        CHANGE_OWNER_ADDRESS | CHANGE_OWNER_ADDRESS_EXPORTED => {
            control::change_owner(rt, &params(input)?)?;
        }
        CHANGE_BENEFICIARY | CHANGE_BENEFICIARY_EXPORTED => {
            control::change_beneficiary(rt, &params(input)?)?;
        }
        APPLY_REWARDS => funds::apply_rewards(rt, &params(input)?)?,
        WITHDRAW_BALANCE | WITHDRAW_BALANCE_EXPORTED => {
            return returns(&funds::withdraw(rt, &params(input)?)?);
        }
        REPAY_DEBT | REPAY_DEBT_EXPORTED => {
            no_params(input)?;
            funds::repay_debt(rt)?;
        }
        ON_DEFERRED_CRON_EVENT => cron::on_event(rt, &params(input)?)?,
        CHECK_SECTOR_PROVEN => {
            let sector: CheckSectorProvenParams = params(input)?;
            if sector.sector_number > MAX_SECTOR_NUMBER {
                return Err(ActorError::illegal_argument("sector number out of range"));
            }
            return Err(ActorError::not_found(format!(
                "sector {} not proven",
                sector.sector_number
            )));
        }
        _ => return ask(rt, method, input),
    }
    Ok(None)
}

/// The methods that change nothing.
fn ask(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    if let Some((_, name)) = NOT_IMPLEMENTED.iter().find(|(number, _)| *number == method) {
        return Err(ActorError::forbidden(format!(
            "{name} needs sectors, which a local network has not; use a network with proofs, such as \
             calibration"
        )));
    }
    if method == IS_CONTROLLING_ADDRESS {
        let address: Address = params(input)?;
        let Some(id) = rt.resolve(&address)? else {
            return returns(&false);
        };
        let info = rt.state::<State>()?.info(&rt.store())?;
        return returns(&info.is_controlling(&Address::new_id(id)));
    }
    if method == MAX_TERMINATION_FEE {
        return returns(&max_termination_fee(rt, &params(input)?)?);
    }
    if !METHODS.iter().any(|(number, _)| *number == method) {
        return Err(ActorError::unhandled(method));
    }
    no_params(input)?;
    let state: State = rt.state()?;
    let info = state.info(&rt.store())?;
    match method {
        CONTROL_ADDRESSES => returns(&ControlAddressesReturn {
            owner: info.owner,
            worker: info.worker,
            control_addresses: info.control_addresses,
        }),
        GET_BENEFICIARY | GET_BENEFICIARY_EXPORTED => returns(&GetBeneficiaryReturn {
            active: ActiveBeneficiary {
                beneficiary: info.beneficiary,
                term: info.beneficiary_term,
            },
            proposed: info.pending_beneficiary_term,
        }),
        GET_OWNER => returns(&GetOwnerReturn {
            owner: info.owner,
            proposed: info.pending_owner_address,
        }),
        GET_SECTOR_SIZE => returns(&info.sector_size),
        GET_AVAILABLE_BALANCE => returns(&state.available_balance(&rt.balance()?)?),
        GET_VESTING_FUNDS => {
            let funds = state.vesting_funds.load(&rt.store())?;
            let vesting_funds = funds.into_iter().map(|fund| (fund.epoch, fund.amount));
            returns(&GetVestingFundsReturn {
                vesting_funds: vesting_funds.collect(),
            })
        }
        GET_PEER_ID => returns(&PeerId { id: info.peer_id }),
        GET_MULTIADDRS => returns(&Multiaddrs {
            addresses: info.multi_address,
        }),
        INITIAL_PLEDGE => returns(&state.initial_pledge),
        _ => Err(ActorError::unhandled(method)),
    }
}

fn construct(
    rt: &mut Runtime<'_>,
    params: power::MinerConstructorParams,
) -> Result<(), ActorError> {
    rt.require_caller(&[INIT_ACTOR_ID])?;
    control::check_control_addresses(&params.control_addresses)?;
    control::check_peer(&params.peer_id, &params.multi_addresses)?;
    let proof = params.window_post_proof_type;
    check_proof(proof)?;
    let (reward, power) = network(rt)?;
    let deposit = pledge::creation_deposit(&reward, &power, rt.circulating_supply(), rt.epoch());
    if *rt.value_received() < deposit {
        return Err(ActorError::insufficient_funds(format!(
            "not enough balance to lock for create miner deposit: sent balance {} < deposit {deposit}",
            rt.value_received()
        )));
    }
    let owner = rt
        .resolve(&params.owner)?
        .or_illegal_argument(format!("unable to resolve owner address: {}", params.owner))?;
    let worker = control::resolve_worker(rt, &params.worker)?;
    let control_addresses = control::resolve_control(rt, &params.control_addresses)?;

    let period_start = deadline::first_period_start(rt, rt.receiver())?;
    let deadline = deadline::DeadlineInfo::at(period_start, rt.epoch());
    let owner = Address::new_id(owner);
    let info = MinerInfo {
        owner,
        worker: Address::new_id(worker),
        control_addresses,
        pending_worker_key: None,
        peer_id: params.peer_id,
        multi_address: params.multi_addresses,
        window_post_proof_type: proof,
        sector_size: proof
            .sector_size()
            .or_illegal_argument("invalid sector size")?,
        window_post_partition_sectors: proof
            .window_post_partition_sectors()
            .or_illegal_argument("invalid partition sectors")?,
        consensus_fault_elapsed: EPOCH_UNDEFINED,
        pending_owner_address: None,
        beneficiary: owner,
        beneficiary_term: BeneficiaryTerm::default(),
        pending_beneficiary_term: None,
    };
    let mut state = State::new(&rt.store(), &info, deadline)?;
    state.lock(&rt.store(), rt.epoch(), &deposit)?;
    rt.create(&state)
}

/// Proofs of spacetime that new miners can make on a devnet: those of version 1.1 for small sectors.
fn check_proof(proof: RegisteredPoStProof) -> Result<(), ActorError> {
    use RegisteredPoStProof::{StackedDRGWindow2KiBV1P1, StackedDRGWindow8MiBV1P1};
    match proof {
        StackedDRGWindow2KiBV1P1 | StackedDRGWindow8MiBV1P1 => Ok(()),
        other => Err(ActorError::illegal_argument(format!(
            "proof type {other:?} not allowed for new miner actors"
        ))),
    }
}

fn max_termination_fee(
    rt: &mut Runtime<'_>,
    params: &MaxTerminationFeeParams,
) -> Result<TokenAmount, ActorError> {
    let (reward, power) = network(rt)?;
    let fault_fee = pledge::fault_fee(
        &reward.this_epoch_reward_smoothed,
        &power.quality_adj_power_smoothed,
        &params.power,
    );
    Ok(pledge::max_termination_fee(
        &params.initial_pledge,
        &fault_fee,
    ))
}

/// The network's reward and power.
fn network(
    rt: &mut Runtime<'_>,
) -> Result<
    (
        reward::ThisEpochRewardReturn,
        power::CurrentTotalPowerReturn,
    ),
    ActorError,
> {
    let zero = TokenAmount::default();
    let reward_actor = Address::new_id(REWARD_ACTOR_ID);
    let reward = rt.call(&reward_actor, reward::THIS_EPOCH_REWARD, None, zero.clone())?;
    let power_actor = Address::new_id(POWER_ACTOR_ID);
    let power = rt.call(&power_actor, power::CURRENT_TOTAL_POWER, None, zero)?;
    Ok((returned(reward)?, returned(power)?))
}
