//! Rewards and penalties, implicit as on the chain, and what users may ask of the reward actor.

use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::reward::{self, AwardBlockRewardParams};
use lotus_chain::vm::manifest::{ActorKind, REWARD_ACTOR_ID};

use super::send::receiver;
use crate::world::{Call, Sender, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let call = |method| Call::new(from, Address::new_id(REWARD_ACTOR_ID), method);
    Some(match world.rng.u8(..12) {
        0 => call(reward::THIS_EPOCH_REWARD),
        1 => call(reward::UPDATE_NETWORK_KPI).params(&Some(BigIntDe(BigInt::from(1)))),
        2 => call(1).params(&Some(BigIntDe(BigInt::from(1)))),
        3 => call(reward::UPDATE_NETWORK_KPI).params(&None::<BigIntDe>),
        n => {
            let miner = match world.one_of(ActorKind::Miner) {
                Some(miner) if !world.one_in(5) => Address::new_id(miner),
                _ => receiver(world),
            };
            let penalty = match world.rng.u8(..6) {
                0 => TokenAmount::from_atto(-1),
                1 | 2 => TokenAmount::from_whole(world.rng.u64(..5)),
                _ => TokenAmount::default(),
            };
            let gas_reward = if world.one_in(10) {
                world.amount()
            } else {
                TokenAmount::from_atto(world.rng.u64(..))
            };
            let award = call(reward::AWARD_BLOCK_REWARD).params(&AwardBlockRewardParams {
                miner,
                penalty,
                gas_reward,
                win_count: world.rng.i64(-1..8),
            });
            if n == 4 {
                award
            } else {
                award.sender(Sender::System)
            }
        }
    })
}
