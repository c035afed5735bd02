//! Multisigs: proposals that wait, are approved, executed, fail, and are cancelled; with any number of
//! signers and of approvals.

use std::panic::Location;

use anyhow::{Context as _, Result};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::multisig::{
    self, ApproveReturn, ConstructorParams, ProposeParams, ProposeReturn, TxnIdParams,
};
use lotus_chain::vm::manifest::{ActorKind, SYSTEM_ACTOR_ID};
use serde::Serialize;

use super::{Stage, exec, fil};
use crate::keys::Key;
use crate::world::Call;

/// A multisig and the keys of its signers.
#[derive(Clone)]
pub struct Multisig {
    pub id: Address,
    pub signers: Vec<usize>,
}

impl Multisig {
    pub fn create(
        stage: &mut Stage<'_, '_>,
        signers: &[usize],
        threshold: usize,
        funds: u64,
    ) -> Result<Self> {
        let params = ConstructorParams {
            signers: signers.iter().map(|key| stage.address(*key)).collect(),
            num_approvals_threshold: threshold as u64,
            unlock_duration: 0,
            start_epoch: 0,
        };
        let created = stage.create(signers[0], ActorKind::Multisig, fil(funds), &params)?;
        Ok(Self {
            id: created.id_address,
            signers: signers.to_vec(),
        })
    }

    pub fn propose(&self, by: usize, to: Address, value: TokenAmount) -> Call {
        self.propose_call(by, to, value, 0, RawBytes::default())
    }

    pub fn propose_call(
        &self,
        by: usize,
        to: Address,
        value: TokenAmount,
        method: u64,
        params: RawBytes,
    ) -> Call {
        Call::new(by, self.id, multisig::PROPOSE).params(&ProposeParams {
            to,
            value,
            method,
            params,
        })
    }

    pub fn approve(&self, by: usize, id: i64) -> Call {
        self.about(by, multisig::APPROVE, id, Vec::new())
    }

    pub fn cancel(&self, by: usize, id: i64) -> Call {
        self.about(by, multisig::CANCEL, id, Vec::new())
    }

    pub fn about(&self, by: usize, method: u64, id: i64, proposal_hash: Vec<u8>) -> Call {
        Call::new(by, self.id, method).params(&TxnIdParams { id, proposal_hash })
    }

    /// One of the multisig's own methods, proposed and approved by the first `threshold` signers; the
    /// exit code that it has in the end.
    #[track_caller]
    pub fn myself(
        &self,
        stage: &mut Stage<'_, '_>,
        threshold: usize,
        code: u32,
        method: u64,
        params: &impl Serialize,
    ) -> Result<()> {
        let at = Location::caller();
        let params = RawBytes::serialize(params)?;
        let call = self.propose_call(self.signers[0], self.id, fil(0), method, params);
        let outcome = stage.exits(0, call)?;
        let proposed: ProposeReturn = fvm_ipld_encoding::from_slice(&outcome.returned)?;
        let (mut outcome, mut applied, mut seen) = (outcome, proposed.applied, proposed.code);
        for by in &self.signers[1..threshold] {
            anyhow::ensure!(!applied, "at {at}: applied too early");
            let call = self.approve(*by, proposed.txn_id);
            outcome = stage.exits(0, call)?;
            let approved: ApproveReturn = fvm_ipld_encoding::from_slice(&outcome.returned)?;
            (applied, seen) = (approved.applied, approved.code);
        }
        anyhow::ensure!(applied, "at {at}: not applied");
        stage.check(at, seen, code, &outcome)
    }
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    refused(stage)?;
    for signers in 1..=4 {
        for threshold in 1..=signers {
            approvals(stage, signers, threshold)?;
        }
    }
    hashes(stage)?;
    failures(stage)
}

/// Multisigs that cannot be.
fn refused(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [one, two] = stage.some();
    let (first, second) = (stage.address(one), stage.address(two));
    let many: Vec<Address> = (0..257).map(|n| Key::bls(50_000 + n).address).collect();
    let of = |signers: &[Address], threshold, duration| ConstructorParams {
        signers: signers.to_vec(),
        num_approvals_threshold: threshold,
        unlock_duration: duration,
        start_epoch: 0,
    };
    for (code, params) in [
        (16, of(&[], 1, 0)),
        (16, of(&many, 1, 0)),
        (16, of(&[first, first], 1, 0)),
        (16, of(&[first, stage.id(one)?], 1, 0)),
        (16, of(&[first], 2, 0)),
        (16, of(&[first, second], 0, 0)),
        (16, of(&[first], 1, -1)),
        (17, of(&[first, Address::new_id(9_000_000)], 1, 0)),
        (23, of(&[Address::new_actor(b"nobody")], 1, 0)),
        // Signers that come to be by this.
        (0, of(&many[..3], 3, 10)),
        (0, of(&[Key::ethereum(50_500).address, second], 2, i64::MAX)),
    ] {
        let call = exec(one, ActorKind::Multisig, &params)?;
        stage.exits(code, call)?;
    }
    Ok(())
}

fn approvals(stage: &mut Stage<'_, '_>, signers: usize, threshold: usize) -> Result<()> {
    let keys: [usize; 6] = stage.some();
    let (signing, receiver, stranger) = (&keys[..signers], keys[4], keys[5]);
    let multisig = Multisig::create(stage, signing, threshold, 100)?;
    let to = stage.address(receiver);
    stage.exits(18, multisig.propose(stranger, to, fil(1)))?;
    stage.exits(
        16,
        multisig.propose(keys[0], to, TokenAmount::from_atto(-1)),
    )?;
    stage.exits(17, multisig.approve(keys[0], 77))?;
    stage.exits(17, multisig.cancel(keys[0], 77))?;
    stage.exits(17, multisig.approve(keys[0], -1))?;

    // Executed by the last approval that it needs, and by none after it.
    let proposed: ProposeReturn = stage.returns(multisig.propose(keys[0], to, fil(3)))?;
    let id = proposed.txn_id;
    if threshold > 1 {
        stage.exits(18, multisig.approve(stranger, id))?;
        stage.exits(18, multisig.cancel(stranger, id))?;
        stage.exits(18, multisig.approve(keys[0], id))?;
        stage.exits(18, multisig.cancel(keys[1], id))?;
    }
    for by in &signing[1..threshold] {
        stage.ok(multisig.approve(*by, id))?;
    }
    stage.exits(17, multisig.approve(keys[0], id))?;
    stage.exits(17, multisig.cancel(keys[0], id))?;

    // Cancelled by its proposer before that.
    if threshold > 1 {
        let proposed: ProposeReturn = stage.returns(multisig.propose(keys[1], to, fil(2)))?;
        stage.exits(18, multisig.cancel(keys[0], proposed.txn_id))?;
        for by in &signing[2..threshold] {
            stage.ok(multisig.approve(*by, proposed.txn_id))?;
        }
        stage.ok(multisig.cancel(keys[1], proposed.txn_id))?;
        stage.exits(17, multisig.approve(keys[0], proposed.txn_id))?;
    }
    Ok(())
}

/// Approvals and cancellations that name what they are about.
fn hashes(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [one, two] = stage.some();
    let multisig = Multisig::create(stage, &[one, two], 2, 10)?;
    let to = stage.address(two);
    let params = RawBytes::new(vec![1, 2, 3]);
    let proposer = stage.id(one)?;
    let data = fvm_ipld_encoding::to_vec(&(&proposer, &to, &fil(1), 0_u64, &params))?;
    let hash = blake2b_simd::Params::new().hash_length(32).hash(&data);
    let hash = hash.as_bytes().to_vec();
    for (method, by, wrong) in [(multisig::APPROVE, two, 16), (multisig::CANCEL, one, 20)] {
        let call = multisig.propose_call(one, to, fil(1), 0, params.clone());
        let id = stage.returns::<ProposeReturn>(call)?.txn_id;
        stage.exits(wrong, multisig.about(by, method, id, vec![9; 32]))?;
        stage.exits(wrong, multisig.about(by, method, id, hash[..31].to_vec()))?;
        stage.ok(multisig.about(by, method, id, hash.clone()))?;
    }
    Ok(())
}

/// What is executed may fail; it is gone all the same, unless there was not enough to try.
fn failures(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [one, two] = stage.some();
    let multisig = Multisig::create(stage, &[one, two], 1, 10)?;
    stage.exits(19, multisig.propose(one, stage.address(two), fil(11)))?;
    let nobody = Address::new_actor(b"nobody");
    let system = Address::new_id(SYSTEM_ACTOR_ID);
    for (code, to, method) in [
        (23, nobody, 0),
        (22, system, 9),
        (22, multisig.id, 99),
        (0, Key::ethereum(50_501).address, 0),
        (23, Address::new_id(9_000_000), 2),
        (16, stage.address(one), 1),
        (22, stage.address(one), 77),
        (0, stage.address(one), 1 << 24),
    ] {
        let call = multisig.propose_call(one, to, fil(1), method, RawBytes::default());
        let outcome = stage.ok(call)?;
        let done: ProposeReturn = fvm_ipld_encoding::from_slice(&outcome.returned)?;
        anyhow::ensure!(done.applied, "not applied");
        // What the code is exactly is compared anyway; that it fails is not left to chance.
        anyhow::ensure!(
            done.code.is_success() == (code == 0),
            "{to} {method}: {}",
            done.code
        );
    }
    let zero = multisig.propose(one, Address::new_bls(&[0; 48]).context("48 bytes")?, fil(0));
    stage.ok(zero)?;
    Ok(())
}
