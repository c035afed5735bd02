//! Storage providers: creation, control and funds. Rewards come from the generator of the reward
//! actor, deadlines from cron.

use fvm_ipld_encoding::BytesDe;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::RegisteredPoStProof;
use lotus_chain::vm::actors::miner::{
    self, ChangeBeneficiaryParams, ChangeWorkerAddressParams, CheckSectorProvenParams,
    MaxTerminationFeeParams, MinerInfo, Multiaddrs, PeerId, State, WithdrawBalanceParams,
};
use lotus_chain::vm::actors::power::{self, CreateMinerParams};
use lotus_chain::vm::actors::smooth::FilterEstimate;
use lotus_chain::vm::manifest::{ActorKind, POWER_ACTOR_ID};

use super::send::receiver;
use crate::world::{Call, Sender, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let all = world.of(ActorKind::Miner);
    if all.len() < 2 || (all.len() < 10 && world.one_in(12)) {
        return Some(create(world));
    }
    let id = world.rng.choice(all)?;
    let state: State = world.state(id)?;
    let info = state.info(world.machine.tree().blocks()).ok()?;
    let call = Call::new(0, Address::new_id(id), 0).sender(caller(world, &info));
    let with = |method| Call { method, ..call };
    let exported = world.rng.bool();
    let either = |plain, export| if exported { export } else { plain };
    Some(match world.rng.u8(..24) {
        0 => {
            let value = world.amount();
            with(0).value(value)
        }
        1 | 2 => {
            let params = ChangeWorkerAddressParams {
                new_worker: worker(world),
                new_control_addresses: addresses(world),
            };
            with(either(
                miner::CHANGE_WORKER_ADDRESS,
                miner::CHANGE_WORKER_ADDRESS_EXPORTED,
            ))
            .params(&params)
        }
        3 => with(either(
            miner::CONFIRM_CHANGE_WORKER_ADDRESS,
            miner::CONFIRM_CHANGE_WORKER_ADDRESS_EXPORTED,
        )),
        4 => {
            let id = world.bytes(140);
            with(either(
                miner::CHANGE_PEER_ID,
                miner::CHANGE_PEER_ID_EXPORTED,
            ))
            .params(&PeerId { id })
        }
        5 => {
            let addresses = multiaddrs(world);
            with(either(
                miner::CHANGE_MULTIADDRS,
                miner::CHANGE_MULTIADDRS_EXPORTED,
            ))
            .params(&Multiaddrs { addresses })
        }
        6..=8 => {
            let new = owner(world, &info);
            with(either(
                miner::CHANGE_OWNER_ADDRESS,
                miner::CHANGE_OWNER_ADDRESS_EXPORTED,
            ))
            .params(&new)
        }
        9..=11 => {
            let params = beneficiary(world, &info);
            with(either(
                miner::CHANGE_BENEFICIARY,
                miner::CHANGE_BENEFICIARY_EXPORTED,
            ))
            .params(&params)
        }
        12..=14 => {
            let amount_requested = world.amount();
            with(either(
                miner::WITHDRAW_BALANCE,
                miner::WITHDRAW_BALANCE_EXPORTED,
            ))
            .params(&WithdrawBalanceParams { amount_requested })
        }
        19 => deadline(world, id),
        15 => with(either(miner::REPAY_DEBT, miner::REPAY_DEBT_EXPORTED)),
        16 => refused(world, id),
        17 => {
            let address = match world.rng.u8(..3) {
                0 => receiver(world),
                1 => info.worker,
                _ => world.rng.choice(info.control_addresses)?,
            };
            with(miner::IS_CONTROLLING_ADDRESS).params(&address)
        }
        18 => {
            let params = MaxTerminationFeeParams {
                power: BigInt::from(world.rng.i64(-5..1 << 40)),
                initial_pledge: world.amount(),
            };
            with(miner::MAX_TERMINATION_FEE).params(&params)
        }
        _ => {
            let method = world.rng.choice([
                miner::CONTROL_ADDRESSES,
                miner::GET_BENEFICIARY,
                miner::GET_BENEFICIARY_EXPORTED,
                miner::GET_OWNER,
                miner::GET_SECTOR_SIZE,
                miner::GET_AVAILABLE_BALANCE,
                miner::GET_VESTING_FUNDS,
                miner::GET_PEER_ID,
                miner::GET_MULTIADDRS,
                miner::INITIAL_PLEDGE,
            ])?;
            with(method)
        }
    })
}

fn create(world: &mut World) -> Call {
    let from = world.any_key();
    let owner = match world.rng.u8(..8) {
        0 => receiver(world),
        _ => world.keys[from].address,
    };
    let params = CreateMinerParams {
        owner,
        worker: worker(world),
        window_post_proof_type: match world.rng.u8(..4) {
            0 => RegisteredPoStProof::from(world.rng.i64(-1..17)),
            _ => RegisteredPoStProof::StackedDRGWindow2KiBV1P1,
        },
        peer: world.bytes(135),
        multiaddrs: multiaddrs(world),
    };
    let method = if world.rng.bool() {
        power::CREATE_MINER
    } else {
        power::CREATE_MINER_EXPORTED
    };
    let value = match world.rng.u8(..8) {
        0 => TokenAmount::default(),
        1 => TokenAmount::from_atto(world.rng.u64(..8_000_000_000)),
        _ => TokenAmount::from_whole(world.rng.u64(1..50)),
    };
    Call::new(from, Address::new_id(POWER_ACTOR_ID), method)
        .value(value)
        .params(&params)
}

/// Mostly someone who has a say.
fn caller(world: &mut World, info: &MinerInfo) -> Sender {
    let mut some = vec![info.owner, info.owner, info.worker, info.beneficiary];
    some.extend(&info.control_addresses);
    some.extend(info.pending_owner_address);
    if let Some(pending) = &info.pending_beneficiary_term {
        some.extend([pending.new_beneficiary; 3]);
    }
    if !world.one_in(8)
        && let Some(someone) = world.rng.choice(some)
        && let Some(sender) = world.sender_of(someone)
    {
        return sender;
    }
    Sender::Key(world.any_key())
}

/// Mostly a BLS key.
fn worker(world: &mut World) -> Address {
    match world.rng.u8(..8) {
        0 => receiver(world),
        1 => Address::new_id(105 + world.rng.u64(..4)),
        _ => world.keys[world.rng.usize(5..9)].address,
    }
}

fn addresses(world: &mut World) -> Vec<Address> {
    let count = if world.one_in(12) {
        11
    } else {
        world.rng.usize(..4)
    };
    (0..count)
        .map(|_| match world.rng.u8(..12) {
            0 => receiver(world),
            _ => {
                let key = world.any_key();
                world.keys[key].address
            }
        })
        .collect()
}

fn multiaddrs(world: &mut World) -> Vec<BytesDe> {
    match world.rng.u8(..10) {
        0 => vec![BytesDe(Vec::new())],
        1 => vec![BytesDe(vec![4; 600]), BytesDe(vec![4; 425])],
        2 => vec![BytesDe(vec![4; 600]), BytesDe(vec![4; 424])],
        n => (0..n % 3)
            .map(|n| BytesDe(vec![n, world.rng.u8(..)]))
            .collect(),
    }
}

fn owner(world: &mut World, info: &MinerInfo) -> Address {
    match (world.rng.u8(..8), info.pending_owner_address) {
        (0, _) => receiver(world),
        (1, _) => info.owner,
        (2 | 3, _) | (_, None) => {
            let key = world.any_key();
            Address::new_id(100 + key as u64)
        }
        (_, Some(pending)) => pending,
    }
}

fn beneficiary(world: &mut World, info: &MinerInfo) -> ChangeBeneficiaryParams {
    if let Some(pending) = &info.pending_beneficiary_term
        && !world.one_in(4)
    {
        return ChangeBeneficiaryParams {
            new_beneficiary: pending.new_beneficiary,
            new_quota: pending.new_quota.clone(),
            new_expiration: pending.new_expiration,
        };
    }
    let key = world.any_key();
    match world.rng.u8(..8) {
        0 | 1 => ChangeBeneficiaryParams {
            new_beneficiary: info.owner,
            new_quota: TokenAmount::default(),
            new_expiration: i64::from(world.one_in(5)),
        },
        2 => ChangeBeneficiaryParams {
            new_beneficiary: receiver(world),
            new_quota: world.amount(),
            new_expiration: 0,
        },
        _ => ChangeBeneficiaryParams {
            new_beneficiary: world.keys[key].address,
            new_quota: world.amount(),
            new_expiration: world.epoch + world.rng.i64(-10..20_000),
        },
    }
}

/// The end of a deadline: the first brings all that follow, which on a chain a sector does.
fn deadline(world: &mut World, id: ActorID) -> Call {
    let estimate = |world: &mut World| match world.rng.u8(..4) {
        0 => FilterEstimate::default(),
        1 => FilterEstimate::new(world.rng.u64(..1 << 50).into(), 0.into()),
        _ => FilterEstimate::new(
            world.rng.u64(1 << 40..1 << 50).into(),
            world.rng.i64(-(1 << 20)..1 << 20).into(),
        ),
    };
    let event_payload = match world.rng.u8(..8) {
        0 => vec![0x81, 2],
        1 => vec![0x81, 9],
        2 => vec![0x80],
        _ => vec![0x81, 1],
    };
    Call::new(0, Address::new_id(id), miner::ON_DEFERRED_CRON_EVENT)
        .sender(Sender::Actor(POWER_ACTOR_ID))
        .params(&power::DeferredCronEventParams {
            event_payload,
            reward_smoothed: estimate(world),
            quality_adj_power_smoothed: estimate(world),
        })
}

/// What only other actors may call, and what there is not.
fn refused(world: &mut World, id: ActorID) -> Call {
    let from = world.any_key();
    let call = |method| Call::new(from, Address::new_id(id), method);
    match world.rng.u8(..6) {
        0 => call(miner::APPLY_REWARDS).params(
            &lotus_chain::vm::actors::reward::ApplyRewardsParams {
                reward: world.amount(),
                penalty: world.amount(),
            },
        ),
        1 => call(miner::ON_DEFERRED_CRON_EVENT).params(&power::DeferredCronEventParams {
            event_payload: vec![0x81, 1],
            reward_smoothed: Default::default(),
            quality_adj_power_smoothed: Default::default(),
        }),
        2 => call(miner::CHECK_SECTOR_PROVEN).params(&CheckSectorProvenParams {
            sector_number: world.rng.u64(..),
        }),
        3 => call(6),
        4 => call(miner::GET_OWNER).params(&0),
        _ => call(1).params(&power::MinerConstructorParams {
            owner: world.keys[from].address,
            worker: world.keys[from].address,
            control_addresses: Vec::new(),
            window_post_proof_type: RegisteredPoStProof::StackedDRGWindow2KiBV1P1,
            peer_id: Vec::new(),
            multi_addresses: Vec::new(),
        }),
    }
}
