//! What anyone may ask of the power actor, and what only miners may do.

use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::power::{self, EnrollCronEventParams, UpdateClaimedPowerParams};
use lotus_chain::vm::manifest::{ActorKind, POWER_ACTOR_ID};

use crate::world::{Call, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let call = |method| Call::new(from, Address::new_id(POWER_ACTOR_ID), method);
    let miner = match world.one_of(ActorKind::Miner) {
        Some(miner) if !world.one_in(4) => miner,
        _ => world.any_actor().0,
    };
    Some(match world.rng.u8(..10) {
        0 => call(1),
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
