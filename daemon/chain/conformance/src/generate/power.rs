//! What anyone may ask of the power actor, and what only miners may do.

use fvm_ipld_encoding::{BytesDe, RawBytes};
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::power::{
    self, CreateMinerParams, EnrollCronEventParams, UpdateClaimedPowerParams,
};
use lotus_chain::vm::manifest::{ActorKind, POWER_ACTOR_ID};

use crate::world::{Call, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let call = |method| Call::new(from, Address::new_id(POWER_ACTOR_ID), method);
    let miner = match world.one_of(ActorKind::Miner) {
        Some(miner) if !world.one_in(4) => miner,
        _ => world.any_actor().0,
    };
    Some(match world.rng.u8(..12) {
        0 => call(1),
        10 | 11 => create(world),
        1 => call(power::UPDATE_CLAIMED_POWER).params(&UpdateClaimedPowerParams {
            raw_byte_delta: BigInt::from(2048),
            quality_adjusted_delta: BigInt::from(2048),
        }),
        2 => call(power::ENROLL_CRON_EVENT).params(&EnrollCronEventParams {
            event_epoch: world.rng.i64(-1..100),
            payload: RawBytes::default(),
        }),
        3 => call(power::ON_EPOCH_TICK_END),
        4 => call(power::UPDATE_PLEDGE_TOTAL).params(&TokenAmount::from_atto(1)),
        5 => call(power::CURRENT_TOTAL_POWER),
        6 => call(power::NETWORK_RAW_POWER),
        7 => call(power::MINER_RAW_POWER).params(&miner),
        8 => call(power::MINER_POWER).params(&miner),
        _ => {
            let method = [power::MINER_COUNT, power::MINER_CONSENSUS_COUNT];
            call(world.rng.choice(method)?)
        }
    })
}

/// New miners, most of them as they should be.
fn create(world: &mut World) -> Call {
    let from = world.any_key();
    // The worker must have a BLS key: those from the sixth to the ninth.
    let worker = if world.one_in(6) {
        world.any_key()
    } else {
        world.rng.usize(5..9)
    };
    let proofs = if world.one_in(8) { -1..16 } else { 10..15 };
    let proof = world.rng.i64(proofs);
    let most = if world.one_in(10) { 200 } else { 40 };
    let peer = world.bytes(most);
    let multiaddrs = match world.rng.u8(..5) {
        0 => vec![BytesDe(world.bytes(1200))],
        1 => vec![BytesDe(Vec::new())],
        n => vec![BytesDe(vec![n; 8]); usize::from(n) - 2],
    };
    let value = match world.rng.u8(..4) {
        0 => TokenAmount::default(),
        _ => TokenAmount::from_whole(world.rng.u64(1..1000)),
    };
    let method = [power::CREATE_MINER, power::CREATE_MINER_EXPORTED][world.rng.usize(..2)];
    Call::new(from, Address::new_id(POWER_ACTOR_ID), method)
        .value(value)
        .params(&CreateMinerParams {
            owner: world.keys[from].address,
            worker: world.keys[worker].address,
            window_post_proof_type: proof.into(),
            peer,
            multiaddrs,
        })
}
