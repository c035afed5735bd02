//! The end of a payment channel: settled, waited for, collected, gone; and those that cannot be collected.

use anyhow::Result;
use fvm_ipld_encoding::RawBytes;
use lotus_chain::vm::actors::multisig::{self, ProposeParams};
use lotus_chain::vm::actors::paych::{self, ConstructorParams, SETTLE_DELAY, SignedVoucher};
use lotus_chain::vm::manifest::ActorKind;

use super::channel::Channel;
use super::{Stage, fil};
use crate::world::Call;

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [from, to, stranger] = stage.some();
    collected(stage, from, to, stranger)?;
    // The same two once more, the other way, and by the other party.
    collected(stage, to, from, stranger)?;
    put_off(stage, from, to)?;
    unpaid(stage, from, to)?;
    with_a_multisig(stage, from, to)
}

fn collected(stage: &mut Stage<'_, '_>, from: usize, to: usize, stranger: usize) -> Result<()> {
    let funds = stage.world().rng.u64(20..2000);
    let channel = Channel::open(stage, from, to, funds)?;
    let paid = stage.world().rng.u64(..=20);
    let call = channel.hand_in(stage, channel.voucher(0, 1, paid))?;
    stage.ok(call)?;

    stage.exits(18, channel.collect(from))?;
    stage.exits(18, channel.settle(stranger))?;
    stage.exits(16, channel.settle(from).params(&0))?;
    stage.ok(channel.settle(from))?;
    stage.exits(20, channel.settle(to))?;
    stage.exits(18, channel.collect(to))?;
    // More can be handed in, and put in, until it is settled.
    let call = channel.hand_in(stage, channel.voucher(1, 1, 0))?;
    stage.ok(call)?;
    stage.ok(Call::new(stranger, channel.robust, 0).value(fil(3)))?;

    stage.leap(SETTLE_DELAY - 1)?;
    stage.exits(18, channel.collect(to))?;
    let call = channel.hand_in(stage, channel.voucher(1, 2, 1))?;
    stage.send(call)?;
    stage.leap(1)?;
    let call = channel.hand_in(stage, channel.voucher(1, 3, 1))?;
    stage.exits(32, call)?;
    stage.exits(18, channel.collect(stranger))?;
    stage.exits(16, channel.collect(to).params(&1))?;
    let by = if stage.world().rng.bool() { from } else { to };
    stage.ok(channel.collect(by))?;

    // It is gone, and nothing brings it back.
    stage.exits(5, channel.collect(by))?;
    stage.exits(5, channel.settle(by))?;
    for address in [channel.id, channel.robust] {
        stage.exits(5, Call::new(by, address, 0).value(fil(1)))?;
        stage.exits(5, Call::new(by, address, 0))?;
    }
    let again = Channel::open(stage, from, to, 5)?;
    stage.ok(again.settle(to))?;
    Ok(())
}

/// Vouchers can put the settlement off, before it is asked for and after.
fn put_off(stage: &mut Stage<'_, '_>, from: usize, to: usize) -> Result<()> {
    let late = |channel: &Channel, nonce, height| SignedVoucher {
        min_settle_height: height,
        ..channel.voucher(0, nonce, nonce)
    };
    let channel = Channel::open(stage, from, to, 50)?;
    let start = stage.epoch();
    let call = channel.hand_in(stage, late(&channel, 1, start + 2000))?;
    stage.ok(call)?;
    let call = channel.hand_in(stage, late(&channel, 2, start + 10))?;
    stage.ok(call)?;
    let call = channel.hand_in(stage, late(&channel, 3, -7))?;
    stage.ok(call)?;
    stage.ok(channel.settle(to))?;
    stage.leap(SETTLE_DELAY + 5)?;
    stage.exits(18, channel.collect(from))?;
    let call = channel.hand_in(stage, late(&channel, 4, start + 2500))?;
    stage.ok(call)?;
    let call = channel.hand_in(stage, late(&channel, 5, start + 1))?;
    stage.ok(call)?;
    let ahead = start + 2499 - stage.epoch();
    stage.leap(ahead)?;
    stage.exits(18, channel.collect(from))?;
    stage.leap(1)?;
    stage.ok(channel.collect(from))?;

    // For as good as ever.
    let channel = Channel::open(stage, from, to, 50)?;
    let call = channel.hand_in(stage, late(&channel, 1, i64::MAX))?;
    stage.ok(call)?;
    stage.ok(channel.settle(from))?;
    stage.leap(5000)?;
    stage.exits(18, channel.collect(to))?;
    Ok(())
}

/// One that pays to a channel that is gone cannot be collected.
fn unpaid(stage: &mut Stage<'_, '_>, from: usize, to: usize) -> Result<()> {
    let first = Channel::open(stage, from, to, 1)?;
    let create = |from, to| ConstructorParams { from, to };
    let me = stage.address(from);
    let mut others = Vec::new();
    for params in [create(me, first.id), create(first.id, me)] {
        let created = stage.create(from, ActorKind::PaymentChannel, fil(9), &params)?;
        others.push(Channel {
            id: created.id_address,
            robust: created.robust_address,
            from,
            to: from,
        });
    }
    stage.ok(first.settle(from))?;
    for other in &others {
        stage.ok(other.settle(from))?;
    }
    stage.leap(SETTLE_DELAY)?;
    stage.ok(first.collect(from))?;
    for other in &others {
        stage.exits(23, other.collect(from))?;
    }
    Ok(())
}

/// A multisig can pay through a channel, settle and collect it, but nobody can verify its vouchers.
fn with_a_multisig(stage: &mut Stage<'_, '_>, from: usize, to: usize) -> Result<()> {
    let params = multisig::ConstructorParams {
        signers: vec![stage.address(from)],
        num_approvals_threshold: 1,
        unlock_duration: 0,
        start_epoch: 0,
    };
    let owner = stage.create(from, ActorKind::Multisig, fil(10), &params)?;
    let params = ConstructorParams {
        from: owner.id_address,
        to: stage.address(to),
    };
    let created = stage.create(from, ActorKind::PaymentChannel, fil(9), &params)?;
    let channel = Channel {
        id: created.id_address,
        robust: created.robust_address,
        from,
        to,
    };
    let call = channel.hand_in(stage, channel.voucher(0, 1, 1))?;
    stage.send(call)?;
    let propose = |method| {
        Call::new(from, owner.id_address, multisig::PROPOSE).params(&ProposeParams {
            to: channel.id,
            value: fil(0),
            method,
            params: RawBytes::default(),
        })
    };
    stage.ok(propose(paych::COLLECT))?;
    stage.ok(propose(paych::SETTLE))?;
    stage.leap(SETTLE_DELAY)?;
    stage.ok(propose(paych::COLLECT))?;
    stage.exits(5, channel.collect(to))?;
    stage.ok(propose(paych::COLLECT))?;
    Ok(())
}
