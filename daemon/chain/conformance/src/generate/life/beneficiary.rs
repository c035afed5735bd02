//! Beneficiaries: proposed and confirmed, with a quota and a term, which are used up and expire.

use anyhow::Result;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::miner::{self, ChangeBeneficiaryParams};

use super::miner::Miner;
use super::{Stage, fil};
use crate::world::Call;

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Miner::create(stage, 500)?;
    refused(stage, &m)?;
    used_up(stage, &m)?;
    expired(stage, &m)?;
    replaced(stage, &m)?;
    with_the_owner(stage, &m)
}

fn change(m: &Miner, by: usize, to: Address, quota: TokenAmount, until: i64) -> Call {
    m.by(by, miner::CHANGE_BENEFICIARY)
        .params(&ChangeBeneficiaryParams {
            new_beneficiary: to,
            new_quota: quota,
            new_expiration: until,
        })
}

fn refused(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let (next, stranger) = (9, 10);
    let to = stage.address(next);
    let owner = stage.address(m.owner);
    let until = stage.epoch() + 1000;
    let nobody = Address::new_actor(b"nobody");
    stage.exits(16, change(m, m.owner, nobody, fil(1), until))?;
    stage.exits(18, change(m, stranger, to, fil(1), until))?;
    stage.exits(16, change(m, m.owner, to, fil(0), until))?;
    stage.exits(
        16,
        change(m, m.owner, to, TokenAmount::from_atto(-1), until),
    )?;
    stage.exits(16, change(m, m.owner, owner, fil(1), 0))?;
    stage.exits(16, change(m, m.owner, owner, fil(0), 1))?;
    // It is the owner already.
    stage.ok(change(m, m.owner, owner, fil(0), 0))?;

    stage.ok(change(m, m.owner, to, fil(10), until))?;
    stage.exits(18, change(m, stranger, to, fil(10), until))?;
    stage.exits(16, change(m, next, to, fil(11), until))?;
    stage.exits(16, change(m, next, to, fil(10), until + 1))?;
    stage.exits(16, change(m, next, owner, fil(10), until))?;
    // Proposed anew: what was proposed before counts no more.
    stage.ok(change(m, m.owner, to, fil(20), until))?;
    stage.exits(16, change(m, next, to, fil(10), until))?;
    m.ask(stage, stranger)
}

/// Up to its quota, whoever asks for it.
fn used_up(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let next = 9;
    let to = stage.address(next);
    let until = stage.epoch() + 1000;
    stage.ok(change(m, m.owner, to, fil(20), until))?;
    stage.ok(change(m, next, to, fil(20), until))?;
    anyhow::ensure!(
        m.info(stage)?.beneficiary == stage.id(next)?,
        "the nominee confirmed it"
    );
    stage.exits(18, m.withdraw(m.worker, fil(1)))?;
    stage.ok(m.withdraw(next, fil(8)))?;
    stage.ok(m.withdraw(m.owner, fil(7)))?;
    stage.ok(m.withdraw(next, fil(0)))?;
    stage.ok(m.withdraw(next, fil(100)))?;
    stage.exits(18, m.withdraw(next, fil(1)))?;
    stage.exits(18, m.withdraw(m.owner, fil(0)))?;
    // With nothing left it has no say: more for itself, which it must confirm as the nominee.
    stage.ok(change(m, m.owner, to, fil(25), until))?;
    stage.exits(18, m.withdraw(next, fil(1)))?;
    stage.ok(change(m, next, to, fil(25), until))?;
    stage.ok(m.withdraw(next, fil(100)))?;
    Ok(())
}

/// Until its term ends.
fn expired(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let next = 9;
    let to = stage.address(next);
    let until = stage.epoch() + 500;
    stage.ok(change(m, m.owner, to, fil(100), until))?;
    stage.ok(change(m, next, to, fil(100), until))?;
    stage.leap(499)?;
    stage.ok(m.withdraw(next, fil(5)))?;
    stage.leap(1)?;
    stage.exits(18, m.withdraw(next, fil(5)))?;
    stage.exits(18, m.withdraw(m.owner, fil(5)))?;
    // Back to the owner, who alone decides then.
    let owner = stage.address(m.owner);
    stage.ok(change(m, m.owner, owner, fil(0), 0))?;
    stage.ok(m.withdraw(m.owner, fil(5)))?;
    Ok(())
}

/// One that still has something to withdraw must agree.
fn replaced(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let (first, second) = (9, 10);
    let (one, two) = (stage.address(first), stage.address(second));
    let until = stage.epoch() + 5000;
    stage.ok(change(m, m.owner, one, fil(50), until))?;
    stage.ok(change(m, first, one, fil(50), until))?;
    stage.ok(m.withdraw(first, fil(1)))?;
    stage.ok(change(m, m.owner, two, fil(30), until))?;
    stage.ok(change(m, second, two, fil(30), until))?;
    stage.exits(18, m.withdraw(second, fil(1)))?;
    stage.ok(change(m, first, two, fil(30), until))?;
    stage.ok(m.withdraw(second, fil(1)))?;
    stage.exits(18, m.withdraw(first, fil(1)))?;
    // In the other order, back to the owner.
    let owner = stage.address(m.owner);
    stage.ok(change(m, m.owner, owner, fil(0), 0))?;
    stage.ok(m.withdraw(second, fil(1)))?;
    stage.ok(change(m, second, owner, fil(0), 0))?;
    stage.exits(18, m.withdraw(second, fil(1)))?;
    stage.ok(m.withdraw(m.owner, fil(1)))?;
    // A term that has never begun.
    stage.ok(change(m, m.owner, one, fil(5), -3))?;
    stage.ok(change(m, first, one, fil(5), -3))?;
    stage.exits(18, m.withdraw(first, fil(1)))?;
    stage.ok(change(m, m.owner, owner, fil(0), 0))?;
    Ok(())
}

/// A new owner changes what is pending, and who benefits if that was the owner.
fn with_the_owner(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let (next, other) = (9, 10);
    let until = stage.epoch() + 5000;
    let to = stage.address(other);
    let owner = |by, to: Address| m.by(by, miner::CHANGE_OWNER_ADDRESS_EXPORTED).params(&to);
    let (old, new) = (stage.id(m.owner)?, stage.id(next)?);
    stage.ok(change(m, m.owner, to, fil(30), until))?;
    stage.ok(owner(m.owner, new))?;
    stage.ok(owner(next, new))?;
    // The proposal of the old owner is gone.
    stage.exits(18, change(m, other, to, fil(30), until))?;
    stage.ok(change(m, next, to, fil(30), until))?;
    stage.ok(change(m, other, to, fil(30), until))?;
    stage.ok(owner(next, old))?;
    stage.ok(owner(m.owner, old))?;
    // It stays the beneficiary.
    stage.ok(m.withdraw(other, fil(1)))?;
    stage.exits(18, m.withdraw(next, fil(1)))?;
    Ok(())
}
