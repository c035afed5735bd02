//! Block rewards: to miners and to those who are none, with tips and penalties of every size, until
//! nothing is left.

use anyhow::Result;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::miner;
use lotus_chain::vm::actors::reward::{self, ApplyRewardsParams};
use lotus_chain::vm::manifest::{POWER_ACTOR_ID, REWARD_ACTOR_ID};

use super::miner::{Miner, award};
use super::{Stage, fil};
use crate::world::{Call, Sender};

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Miner::create(stage, 10)?;
    let zero = TokenAmount::default;
    let minus = || TokenAmount::from_atto(-1);
    stage.exits(16, award(m.id, 0, zero(), zero()))?;
    stage.exits(16, award(m.id, -1, zero(), zero()))?;
    stage.exits(16, award(m.id, 1, minus(), zero()))?;
    stage.exits(16, award(m.id, 1, zero(), minus()))?;
    stage.exits(20, award(m.id, 1, fil(2_000_000_000), zero()))?;
    stage.exits(17, award(Address::new_actor(b"nobody"), 1, zero(), zero()))?;
    let by_user = award(m.id, 1, zero(), zero()).sender(Sender::Key(0));
    stage.exits(18, by_user)?;
    // To no miner: burnt.
    for nobody in [
        Address::new_id(9_000_000),
        stage.address(0),
        m_owner(stage, &m)?,
    ] {
        stage.ok(award(nobody, 1, zero(), zero()))?;
    }
    for win_count in [1, 2, 5, 100] {
        let tip = TokenAmount::from_atto(stage.world().rng.u64(..));
        let penalty = fil(stage.world().rng.u64(..40));
        stage.ok(award(m.id, win_count, tip, penalty))?;
        stage.ok(Call::new(
            1,
            Address::new_id(REWARD_ACTOR_ID),
            reward::THIS_EPOCH_REWARD,
        ))?;
        stage.leap(7)?;
    }
    applied(stage, &m)?;
    grows(stage)?;
    runs_dry(stage, &m)
}

fn m_owner(stage: &Stage<'_, '_>, m: &Miner) -> Result<Address> {
    stage.id(m.owner)
}

/// What the reward actor tells the miner.
fn applied(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let apply = |reward: TokenAmount, penalty: TokenAmount| {
        Call::new(0, m.id, miner::APPLY_REWARDS)
            .sender(Sender::Actor(REWARD_ACTOR_ID))
            .params(&ApplyRewardsParams { reward, penalty })
    };
    let minus = || TokenAmount::from_atto(-1);
    stage.exits(16, apply(minus(), fil(0)))?;
    stage.exits(16, apply(fil(0), minus()))?;
    // Told of more than was paid.
    stage.exits(19, apply(fil(100_000), fil(0)))?;
    stage.exits(21, apply(fil(0), fil(0)).params(&7))?;
    stage.ok(apply(fil(4), fil(1)).value(fil(4)))?;
    stage.ok(apply(fil(0), fil(0)))?;
    stage.exits(18, apply(fil(0), fil(0)).sender(Sender::Key(m.owner)))?;
    Ok(())
}

/// More power than the baseline makes the effective time go on.
fn grows(stage: &mut Stage<'_, '_>) -> Result<()> {
    let update = |power: BigInt| {
        Call::new(
            0,
            Address::new_id(REWARD_ACTOR_ID),
            reward::UPDATE_NETWORK_KPI,
        )
        .sender(Sender::Actor(POWER_ACTOR_ID))
        .params(&Some(BigIntDe(power)))
    };
    for shift in [0, 40, 60, 61, 62, 70] {
        stage.ok(update(BigInt::from(1) << shift))?;
        stage.leap(3)?;
    }
    let none = update(BigInt::from(0)).params(&None::<BigIntDe>);
    stage.exits(16, none)?;
    stage.exits(21, update(BigInt::from(0)).params(&"x"))?;
    stage.ok(update(BigInt::from(-5)))?;
    Ok(())
}

/// Of less than what is to be paid, all is paid. It is taken from the actor here.
fn runs_dry(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let balance = stage
        .world()
        .machine
        .tree()
        .expect(REWARD_ACTOR_ID)?
        .balance;
    let left = fil(7);
    let taken = Call::new(0, stage.address(1), 0)
        .sender(Sender::Actor(REWARD_ACTOR_ID))
        .value(balance - &left);
    stage.ok(taken)?;
    stage.ok(award(m.id, 5, left.clone(), fil(2)))?;
    stage.exits(20, award(m.id, 5, left, fil(0)))?;
    stage.ok(award(m.id, 5, fil(0), fil(2)))?;
    stage.leap(100)?;
    stage.ok(award(m.id, 1, fil(0), fil(0)))?;
    Ok(())
}
