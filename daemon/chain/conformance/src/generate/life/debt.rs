//! Penalties: paid out of the reward, out of what has not vested, out of what is free, or owed.

use anyhow::Result;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::miner;

use super::miner::{Miner, award};
use super::{Stage, fil, id_of};
use crate::world::{Call, Sender};

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    paid_at_once(stage)?;
    owed(stage)?;
    broken(stage)
}

fn zero() -> TokenAmount {
    TokenAmount::default()
}

/// While it has enough.
fn paid_at_once(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Miner::create(stage, 50)?;
    stage.ok(award(m.id, 1, zero(), zero()))?;
    for penalty in [1, 2, 5] {
        stage.leap(100)?;
        stage.ok(award(m.id, 1, zero(), fil(penalty)))?;
        m.ask(stage, 0)?;
    }
    // In part out of what vests first, in part all of what has not vested.
    stage.leap(4000)?;
    stage.ok(award(m.id, 2, zero(), TokenAmount::from_nano(1)))?;
    stage.leap(4000)?;
    stage.ok(award(m.id, 1, zero(), fil(12)))?;
    anyhow::ensure!(m.state(stage)?.fee_debt.is_zero(), "all is paid");
    m.ask(stage, 0)
}

/// When it has not: until somebody sends it more, or it earns it.
fn owed(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Miner::create(stage, 1)?;
    stage.ok(m.withdraw(m.owner, fil(1)))?;
    stage.ok(award(m.id, 1, zero(), fil(100)))?;
    anyhow::ensure!(m.state(stage)?.fee_debt.is_positive(), "it owes");
    m.ask(stage, 0)?;
    stage.exits(19, m.withdraw(m.owner, fil(1)))?;
    stage.exits(18, m.by(9, miner::REPAY_DEBT))?;
    // Nothing to pay with.
    stage.ok(m.by(m.worker, miner::REPAY_DEBT))?;
    stage.ok(Call::new(9, m.id, 0).value(fil(30)))?;
    stage.ok(m.by(m.owner, miner::REPAY_DEBT_EXPORTED))?;
    anyhow::ensure!(m.state(stage)?.fee_debt.is_positive(), "it still owes");
    stage.exits(19, m.withdraw(m.owner, fil(1)))?;
    // It earns, and owes more: every reward goes into the debt first.
    for _ in 0..3 {
        stage.leap(50)?;
        stage.ok(award(m.id, 1, fil(0), fil(1)))?;
    }
    stage.ok(Call::new(9, m.id, 0).value(fil(1000)))?;
    // A withdrawal pays the debt, too.
    stage.ok(m.withdraw(m.owner, fil(10)))?;
    anyhow::ensure!(m.state(stage)?.fee_debt.is_zero(), "it owes no more");
    stage.ok(m.by(m.owner, miner::REPAY_DEBT))?;
    // Deadlines cost more than it has.
    m.start_deadlines(stage)?;
    for _ in 0..40 {
        stage.leap(60)?;
    }
    m.ask(stage, 0)?;
    stage.send(m.withdraw(m.owner, fil(1)))?;
    stage.send(m.by(m.owner, miner::REPAY_DEBT))?;
    Ok(())
}

/// A miner that has lost what it has locked, which no actor lets happen: it is taken from it here.
fn broken(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Miner::create(stage, 10)?;
    stage.ok(award(m.id, 3, zero(), zero()))?;
    m.start_deadlines(stage)?;
    let id = id_of(&m.id)?;
    let actor = stage.world().machine.tree().expect(id)?;
    let theft = Call::new(0, stage.address(0), 0)
        .sender(Sender::Actor(id))
        .value(actor.balance);
    stage.ok(theft)?;
    stage.exits(20, m.by(0, miner::GET_AVAILABLE_BALANCE))?;
    stage.exits(20, m.withdraw(m.owner, fil(1)))?;
    stage.exits(20, m.by(m.owner, miner::REPAY_DEBT))?;
    stage.exits(20, super::power::deadline(m.id))?;
    // The other kind of event only looks at the balance.
    stage.exits(1000, super::power::early_terminations(m.id))?;
    // A reward that is less than what is missing is not taken; it is burnt.
    stage.ok(award(m.id, 1, zero(), zero()))?;
    // At its next deadline it loses its claim, and is a miner no more.
    for _ in 0..3 {
        stage.leap(60)?;
    }
    let power = super::power::claim(stage, id)?;
    anyhow::ensure!(power.is_none(), "the claim is gone");
    stage.ok(Call::new(9, m.id, 0).value(fil(5000)))?;
    stage.ok(award(m.id, 1, zero(), zero()))?;
    stage.ok(award(m.id, 1, zero(), fil(1)))?;
    stage.send(m.withdraw(m.owner, fil(1)))?;
    stage.leap(3000)?;
    // What has vested cannot be told to the power actor.
    stage.send(m.withdraw(m.owner, fil(1)))?;
    stage.exits(18, super::power::enroll(id, 5).sender(Sender::Key(m.owner)))?;
    m.ask(stage, 0)
}
