//! How a multisig changes itself: signers who join, leave and are replaced, with what they had approved;
//! the threshold; what it locks.

use anyhow::Result;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::multisig::{
    self, AddSignerParams, ApproveReturn, ChangeThresholdParams, ConstructorParams,
    LockBalanceParams, ProposeReturn, RemoveSignerParams, SwapSignerParams,
};
use lotus_chain::vm::manifest::ActorKind;

use super::multisig::Multisig;
use super::{Stage, fil, id_of};
use crate::keys::Key;
use crate::world::{Call, Sender};

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    for threshold in 1..=3 {
        changes(stage, threshold)?;
    }
    only_itself(stage)?;
    purged(stage)?;
    lowered(stage)?;
    crowded(stage)
}

fn add(signer: Address, increase: bool) -> AddSignerParams {
    AddSignerParams { signer, increase }
}

fn remove(signer: Address, decrease: bool) -> RemoveSignerParams {
    RemoveSignerParams { signer, decrease }
}

fn lock(amount: TokenAmount, unlock_duration: i64) -> LockBalanceParams {
    LockBalanceParams {
        start_epoch: 0,
        unlock_duration,
        amount,
    }
}

/// Each of its own methods, and each way in which it fails, with as many approvals as it takes.
fn changes(stage: &mut Stage<'_, '_>, t: usize) -> Result<()> {
    let keys: [usize; 6] = stage.some();
    let m = Multisig::create(stage, &keys[..3], t, 100)?;
    let new = stage.address(keys[4]);
    let other = stage.address(keys[5]);
    let mine = |n: usize| keys[n];
    let third = stage.address(mine(2));
    let nobody = Address::new_actor(b"nobody");
    let nothing = Address::new_id(9_000_000);

    m.myself(stage, t, 0, multisig::ADD_SIGNER, &add(new, false))?;
    m.myself(stage, t, 18, multisig::ADD_SIGNER, &add(new, false))?;
    m.myself(stage, t, 18, multisig::ADD_SIGNER, &add(third, true))?;
    m.myself(stage, t, 17, multisig::ADD_SIGNER, &add(nothing, true))?;
    m.myself(stage, t, 23, multisig::ADD_SIGNER, &add(nobody, true))?;
    m.myself(stage, t, 21, multisig::ADD_SIGNER, &7)?;

    let swap = |from, to| SwapSignerParams { from, to };
    m.myself(stage, t, 18, multisig::SWAP_SIGNER, &swap(other, other))?;
    m.myself(stage, t, 16, multisig::SWAP_SIGNER, &swap(new, third))?;
    m.myself(stage, t, 16, multisig::SWAP_SIGNER, &swap(new, new))?;
    m.myself(stage, t, 17, multisig::SWAP_SIGNER, &swap(new, nothing))?;
    m.myself(stage, t, 21, multisig::SWAP_SIGNER, &7)?;
    m.myself(stage, t, 0, multisig::SWAP_SIGNER, &swap(new, other))?;

    m.myself(stage, t, 18, multisig::REMOVE_SIGNER, &remove(new, false))?;
    m.myself(
        stage,
        t,
        18,
        multisig::REMOVE_SIGNER,
        &remove(nothing, false),
    )?;
    m.myself(stage, t, 21, multisig::REMOVE_SIGNER, &7)?;
    m.myself(stage, t, 0, multisig::REMOVE_SIGNER, &remove(other, false))?;

    let to = |new_threshold| ChangeThresholdParams { new_threshold };
    m.myself(stage, t, 16, multisig::CHANGE_THRESHOLD, &to(0))?;
    m.myself(stage, t, 16, multisig::CHANGE_THRESHOLD, &to(4))?;
    m.myself(stage, t, 21, multisig::CHANGE_THRESHOLD, &"x")?;
    m.myself(stage, t, 0, multisig::CHANGE_THRESHOLD, &to(3))?;
    // Three of three: nobody can leave but with the threshold.
    m.myself(stage, 3, 16, multisig::REMOVE_SIGNER, &remove(third, false))?;
    m.myself(stage, 3, 0, multisig::REMOVE_SIGNER, &remove(third, true))?;
    m.myself(stage, 2, 0, multisig::ADD_SIGNER, &add(third, true))?;
    m.myself(stage, 3, 0, multisig::CHANGE_THRESHOLD, &to(1))?;
    m.myself(stage, 1, 16, multisig::REMOVE_SIGNER, &remove(third, true))?;

    m.myself(stage, 1, 16, multisig::LOCK_BALANCE, &lock(fil(5), 0))?;
    m.myself(stage, 1, 16, multisig::LOCK_BALANCE, &lock(fil(5), -3))?;
    let negative = lock(TokenAmount::from_atto(-1), 10);
    m.myself(stage, 1, 16, multisig::LOCK_BALANCE, &negative)?;
    m.myself(stage, 1, 21, multisig::LOCK_BALANCE, &7)?;
    m.myself(stage, 1, 0, multisig::LOCK_BALANCE, &lock(fil(100), 1000))?;
    m.myself(stage, 1, 18, multisig::LOCK_BALANCE, &lock(fil(1), 1))?;

    // The last one stays.
    let second = stage.address(mine(1));
    m.myself(stage, 1, 0, multisig::REMOVE_SIGNER, &remove(third, false))?;
    m.myself(stage, 1, 0, multisig::REMOVE_SIGNER, &remove(second, false))?;
    let first = stage.address(mine(0));
    m.myself(stage, 1, 18, multisig::REMOVE_SIGNER, &remove(first, false))?;
    m.myself(stage, 1, 18, multisig::REMOVE_SIGNER, &remove(first, true))?;
    Ok(())
}

/// Nobody else may, not even a signer.
fn only_itself(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [one, two] = stage.some();
    let m = Multisig::create(stage, &[one], 1, 5)?;
    let signer = stage.address(two);
    for by in [Sender::Key(one), Sender::Key(two)] {
        let call = |method| Call::new(one, m.id, method).sender(by);
        stage.exits(18, call(multisig::ADD_SIGNER).params(&add(signer, false)))?;
        let gone = remove(stage.address(one), false);
        stage.exits(18, call(multisig::REMOVE_SIGNER).params(&gone))?;
        let from = stage.address(one);
        let swap = SwapSignerParams { from, to: signer };
        stage.exits(18, call(multisig::SWAP_SIGNER).params(&swap))?;
        let one = ChangeThresholdParams { new_threshold: 1 };
        stage.exits(18, call(multisig::CHANGE_THRESHOLD).params(&one))?;
        stage.exits(18, call(multisig::LOCK_BALANCE).params(&lock(fil(1), 1)))?;
    }
    Ok(())
}

/// What a signer has approved counts no more when it is gone; what only it has approved is dropped.
fn purged(stage: &mut Stage<'_, '_>) -> Result<()> {
    let keys: [usize; 5] = stage.some();
    let [a, b, c, d, e] = keys;
    for swapped in [false, true] {
        let m = Multisig::create(stage, &[a, b, c, d], 3, 50)?;
        let to = stage.address(e);
        let own: ProposeReturn = stage.returns(m.propose(d, to, fil(1)))?;
        let seconded: ProposeReturn = stage.returns(m.propose(d, to, fil(2)))?;
        stage.ok(m.approve(a, seconded.txn_id))?;
        let approved: ProposeReturn = stage.returns(m.propose(b, to, fil(3)))?;
        stage.ok(m.approve(d, approved.txn_id))?;
        if swapped {
            let params = SwapSignerParams {
                from: stage.address(d),
                to: stage.address(e),
            };
            m.myself(stage, 3, 0, multisig::SWAP_SIGNER, &params)?;
        } else {
            let params = remove(stage.address(d), false);
            m.myself(stage, 3, 0, multisig::REMOVE_SIGNER, &params)?;
        }
        stage.exits(17, m.approve(a, own.txn_id))?;
        stage.exits(18, m.cancel(d, seconded.txn_id))?;
        // The second to approve is the proposer now.
        stage.exits(18, m.approve(a, seconded.txn_id))?;
        let waits: ApproveReturn = stage.returns(m.approve(b, seconded.txn_id))?;
        anyhow::ensure!(!waits.applied, "two approvals of three");
        stage.ok(m.cancel(a, seconded.txn_id))?;
        stage.ok(m.approve(a, approved.txn_id))?;
        let last: ApproveReturn = stage.returns(m.approve(c, approved.txn_id))?;
        anyhow::ensure!(last.applied, "three approvals of three");
    }
    Ok(())
}

/// A proposal that has enough approvals since the threshold was lowered is executed by whoever approves
/// next, even if it has approved before.
fn lowered(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [a, b, c, to] = stage.some();
    let m = Multisig::create(stage, &[a, b, c], 3, 50)?;
    let to = stage.address(to);
    let first: ProposeReturn = stage.returns(m.propose(a, to, fil(1)))?;
    let second: ProposeReturn = stage.returns(m.propose(b, to, fil(60)))?;
    let one = ChangeThresholdParams { new_threshold: 1 };
    m.myself(stage, 3, 0, multisig::CHANGE_THRESHOLD, &one)?;
    let done: ApproveReturn = stage.returns(m.approve(a, first.txn_id))?;
    anyhow::ensure!(done.applied, "one approval of one");
    // Not enough funds: it stays.
    stage.exits(19, m.approve(c, second.txn_id))?;
    stage.ok(Call::new(c, m.id, 0).value(fil(20)))?;
    stage.ok(m.approve(c, second.txn_id))?;
    Ok(())
}

/// There can be 256 signers and no more.
fn crowded(stage: &mut Stage<'_, '_>) -> Result<()> {
    // The actors that there are, and placeholders for the rest.
    let [one] = stage.some();
    let mut signers = vec![stage.address(one)];
    signers.extend((0..254).map(|n| Key::ethereum(60_000 + n).address));
    let params = ConstructorParams {
        signers,
        num_approvals_threshold: 1,
        unlock_duration: 0,
        start_epoch: 0,
    };
    let created = stage.create(one, ActorKind::Multisig, fil(1), &params)?;
    let m = Multisig {
        id: created.id_address,
        signers: vec![one],
    };
    let last = Address::new_id(id_of(&m.id)?);
    m.myself(stage, 1, 0, multisig::ADD_SIGNER, &add(last, false))?;
    let next = Key::bls(60_300).address;
    m.myself(stage, 1, 18, multisig::ADD_SIGNER, &add(next, false))?;
    m.myself(stage, 1, 0, multisig::REMOVE_SIGNER, &remove(last, false))?;
    m.myself(stage, 1, 0, multisig::ADD_SIGNER, &add(next, false))?;
    Ok(())
}
