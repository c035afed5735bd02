//! Multisigs that are signers of multisigs, and calls that come back to where they began.

use anyhow::Result;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use lotus_chain::vm::actors::multisig::{
    self, ConstructorParams, ProposeParams, ProposeReturn, TxnIdParams,
};
use lotus_chain::vm::manifest::ActorKind;

use super::multisig::Multisig;
use super::{Stage, fil};

/// A multisig of actors, named by their addresses.
fn of(
    stage: &mut Stage<'_, '_>,
    payer: usize,
    signers: Vec<Address>,
    threshold: u64,
) -> Result<Multisig> {
    let params = ConstructorParams {
        signers,
        num_approvals_threshold: threshold,
        unlock_duration: 0,
        start_epoch: 0,
    };
    let created = stage.create(payer, ActorKind::Multisig, fil(50), &params)?;
    Ok(Multisig {
        id: created.id_address,
        signers: vec![payer],
    })
}

fn propose(to: Address, value: u64, method: u64, params: RawBytes) -> Result<RawBytes> {
    Ok(RawBytes::serialize(ProposeParams {
        to,
        value: fil(value),
        method,
        params,
    })?)
}

fn about(id: i64) -> Result<RawBytes> {
    Ok(RawBytes::serialize(TxnIdParams {
        id,
        proposal_hash: Vec::new(),
    })?)
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [a, b, to] = stage.some();
    let to = stage.address(to);
    let left = Multisig::create(stage, &[a, b], 2, 50)?;
    let right = Multisig::create(stage, &[b], 1, 50)?;
    let above = of(stage, a, vec![left.id, right.id], 2)?;

    // The left one proposes above, the right one approves, and it is done.
    let inner = propose(to, 5, 0, RawBytes::default())?;
    let call = left.propose_call(a, above.id, fil(0), multisig::PROPOSE, inner.clone());
    let waiting: ProposeReturn = stage.returns(call)?;
    stage.ok(left.approve(b, waiting.txn_id))?;
    stage.ok(right.propose_call(b, above.id, fil(0), multisig::APPROVE, about(0)?))?;
    stage.ok(right.propose_call(b, above.id, fil(0), multisig::APPROVE, about(0)?))?;

    // Proposed and cancelled through the same one, and by the other, which may not.
    stage.ok(right.propose_call(b, above.id, fil(0), multisig::PROPOSE, inner.clone()))?;
    let call = left.propose_call(a, above.id, fil(0), multisig::CANCEL, about(1)?);
    let waiting: ProposeReturn = stage.returns(call)?;
    stage.ok(left.approve(b, waiting.txn_id))?;
    stage.ok(right.propose_call(b, above.id, fil(0), multisig::CANCEL, about(1)?))?;

    own_proposals(stage, b)?;
    towers(stage, a, to)?;
    circle(stage, a, b, to)
}

/// A multisig that is its own signer proposes, approves and cancels what it proposes.
fn own_proposals(stage: &mut Stage<'_, '_>, key: usize) -> Result<()> {
    let m = Multisig::create(stage, &[key], 1, 50)?;
    let itself = multisig::AddSignerParams {
        signer: m.id,
        increase: false,
    };
    m.myself(stage, 1, 0, multisig::ADD_SIGNER, &itself)?;
    let to = stage.address(key);
    let inner = propose(to, 1, 0, RawBytes::default())?;
    stage.ok(m.propose_call(key, m.id, fil(0), multisig::PROPOSE, inner))?;
    // The proposal that is being executed approves and cancels itself: each has the next id.
    for method in [multisig::APPROVE, multisig::CANCEL] {
        for ahead in 0..3 {
            let state: multisig::State = stage
                .world()
                .state(m.id.id().unwrap_or_default())
                .ok_or_else(|| anyhow::anyhow!("no multisig"))?;
            let params = about(state.next_tx_id + ahead)?;
            stage.ok(m.propose_call(key, m.id, fil(0), method, params))?;
        }
    }
    Ok(())
}

/// Each on the shoulders of the one before: a proposal in a proposal in a proposal.
fn towers(stage: &mut Stage<'_, '_>, key: usize, to: Address) -> Result<()> {
    let mut floors = vec![Multisig::create(stage, &[key], 1, 50)?];
    for floor in 0..5 {
        let below = floors[floor].id;
        floors.push(of(stage, key, vec![below], 1)?);
    }
    // The top one sends; all others pass on.
    let mut params = propose(to, 7, 0, RawBytes::default())?;
    for above in floors[2..].iter().rev() {
        params = propose(above.id, 0, multisig::PROPOSE, params)?;
    }
    let call = floors[0].propose_call(key, floors[1].id, fil(0), multisig::PROPOSE, params);
    stage.ok(call)?;
    // More than the top one has.
    let mut params = propose(to, 700, 0, RawBytes::default())?;
    for above in floors[2..].iter().rev() {
        params = propose(above.id, 0, multisig::PROPOSE, params)?;
    }
    let call = floors[0].propose_call(key, floors[1].id, fil(0), multisig::PROPOSE, params);
    stage.ok(call)?;
    Ok(())
}

/// Two that are signers of each other.
fn circle(stage: &mut Stage<'_, '_>, a: usize, b: usize, to: Address) -> Result<()> {
    let first = Multisig::create(stage, &[a], 1, 50)?;
    let second = of(stage, b, vec![stage.address(b), first.id], 1)?;
    let join = multisig::AddSignerParams {
        signer: second.id,
        increase: true,
    };
    first.myself(stage, 1, 0, multisig::ADD_SIGNER, &join)?;
    // The first proposes to the second to approve the first's own proposal.
    let state: multisig::State = stage
        .world()
        .state(first.id.id().unwrap_or_default())
        .ok_or_else(|| anyhow::anyhow!("no multisig"))?;
    let approve = about(state.next_tx_id)?;
    let through = propose(first.id, 0, multisig::APPROVE, approve.clone())?;
    let call = first.propose_call(a, second.id, fil(0), multisig::PROPOSE, through);
    stage.ok(call)?;
    stage.ok(second.propose_call(b, first.id, fil(0), multisig::APPROVE, approve.clone()))?;
    stage.ok(second.propose_call(b, first.id, fil(0), multisig::APPROVE, approve))?;
    let inner = propose(to, 1, 0, RawBytes::default())?;
    stage.ok(second.propose_call(b, first.id, fil(0), multisig::PROPOSE, inner))?;
    Ok(())
}
