//! Multisigs whose funds unlock over time, from their creation or since they have locked them.

use anyhow::Result;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::multisig::{self, ConstructorParams, LockBalanceParams};
use lotus_chain::vm::manifest::ActorKind;

use super::multisig::Multisig;
use super::{Stage, fil};
use crate::world::Call;

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    from_creation(stage)?;
    locked_later(stage)?;
    odd_times(stage)
}

/// A multisig that locks what it is created with.
fn vesting(stage: &mut Stage<'_, '_>, key: usize, start: i64, duration: i64) -> Result<Multisig> {
    let params = ConstructorParams {
        signers: vec![stage.address(key)],
        num_approvals_threshold: 1,
        unlock_duration: duration,
        start_epoch: start,
    };
    let created = stage.create(key, ActorKind::Multisig, fil(1000), &params)?;
    Ok(Multisig {
        id: created.id_address,
        signers: vec![key],
    })
}

fn from_creation(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [key, other] = stage.some();
    let to = stage.address(other);
    let start = stage.epoch() + 100;
    let m = vesting(stage, key, start, 2000)?;
    stage.exits(19, m.propose(key, to, TokenAmount::from_atto(1)))?;
    stage.ok(m.propose(key, to, fil(0)))?;
    stage.leap(100)?;
    stage.exits(19, m.propose(key, to, TokenAmount::from_atto(1)))?;
    stage.leap(1)?;
    // Half a FIL each epoch.
    let half = TokenAmount::from_nano(500_000_000);
    stage.exits(19, m.propose(key, to, &half + TokenAmount::from_atto(1)))?;
    stage.ok(m.propose(key, to, half))?;
    stage.leap(999)?;
    stage.exits(19, m.propose(key, to, fil(500)))?;
    stage.ok(m.propose(key, to, fil(499)))?;
    // What comes later is free at once.
    stage.ok(Call::new(other, m.id, 0).value(fil(10)))?;
    stage.ok(m.propose(key, to, fil(10)))?;
    // To itself it can send no more than it may to others.
    stage.exits(19, m.propose(key, m.id, fil(2)))?;
    stage.leap(999)?;
    stage.exits(19, m.propose(key, to, fil(501)))?;
    stage.leap(1)?;
    stage.ok(m.propose(key, to, fil(500)))?;
    stage.exits(19, m.propose(key, to, fil(500)))?;
    Ok(())
}

fn locked_later(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [key, other] = stage.some();
    let to = stage.address(other);
    let m = Multisig::create(stage, &[key, other], 2, 100)?;
    let duration = stage.world().rng.i64(3..1500);
    // A third of an attoFIL cannot be unlocked: what is locked is rounded up.
    let amount = fil(90) + TokenAmount::from_atto(1);
    let params = LockBalanceParams {
        start_epoch: stage.epoch(),
        unlock_duration: duration,
        amount,
    };
    m.myself(stage, 2, 0, multisig::LOCK_BALANCE, &params)?;
    m.myself(stage, 2, 18, multisig::LOCK_BALANCE, &params)?;
    let spend = |stage: &mut Stage<'_, '_>, amount: TokenAmount, code| -> Result<()> {
        let proposed: multisig::ProposeReturn = stage.returns(m.propose(key, to, amount))?;
        stage.exits(code, m.approve(other, proposed.txn_id))?;
        Ok(())
    };
    spend(stage, fil(10), 19)?;
    spend(stage, fil(10) - TokenAmount::from_atto(1), 0)?;
    for _ in 0..3 {
        stage.leap(duration / 3)?;
        let amount = TokenAmount::from_atto(stage.world().rng.u64(..)) + fil(28);
        // Enough has unlocked, or has not: both machines know.
        let proposed: multisig::ProposeReturn = stage.returns(m.propose(other, to, amount))?;
        stage.send(m.approve(key, proposed.txn_id))?;
    }
    stage.leap(3)?;
    spend(stage, TokenAmount::from_atto(2), 0)?;
    Ok(())
}

/// Times that are far off.
fn odd_times(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [key] = stage.some();
    let to = stage.address(key);
    for (start, duration) in [
        (i64::MIN, 10),
        (i64::MIN, i64::MAX),
        (i64::MAX, 10),
        (-1, i64::MAX),
        (0, 1),
        (-5000, 5001),
    ] {
        let m = vesting(stage, key, start, duration)?;
        for _ in 0..2 {
            stage.send(m.propose(key, to, fil(1)))?;
            stage.send(m.propose(key, to, TokenAmount::from_atto(1)))?;
            stage.ok(m.propose(key, to, fil(0)))?;
            stage.leap(1)?;
        }
        // From the system it could not come, and an account may send it more.
        stage.ok(Call::new(key, m.id, 0).value(fil(1)))?;
        stage.send(m.propose(key, to, fil(1)))?;
    }
    Ok(())
}
