//! Multisigs: m of n signers decide what is sent. Semantics as `actors/multisig` of the built-in
//! actors, v17.

mod state;
mod types;

pub use state::{Pending, State, Transaction, TxnId};
pub use types::{
    AddSignerParams, ApproveReturn, ChangeThresholdParams, ConstructorParams, LockBalanceParams,
    ProposeParams, ProposeReturn, RemoveSignerParams, SwapSignerParams, TxnIdParams,
};

use std::collections::BTreeSet;

use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::{HAMT_BIT_WIDTH, METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::frc42::FIRST_EXPORTED_METHOD;
use crate::vm::manifest::INIT_ACTOR_ID;
use crate::vm::runtime::{params, returns};
use crate::vm::{ActorError, OrExit, Runtime, keys};

/// `Propose`, by a signer, who agrees with it.
pub const PROPOSE: MethodNum = 2;
/// `Approve`, by another signer.
pub const APPROVE: MethodNum = 3;
/// `Cancel`, by the proposer.
pub const CANCEL: MethodNum = 4;
/// `AddSigner`, by the multisig itself.
pub const ADD_SIGNER: MethodNum = 5;
/// `RemoveSigner`, by the multisig itself.
pub const REMOVE_SIGNER: MethodNum = 6;
/// `SwapSigner`, by the multisig itself.
pub const SWAP_SIGNER: MethodNum = 7;
/// `ChangeNumApprovalsThreshold`, by the multisig itself.
pub const CHANGE_THRESHOLD: MethodNum = 8;
/// `LockBalance`, by the multisig itself, once.
pub const LOCK_BALANCE: MethodNum = 9;
/// `Receive`, exported: told of tokens (FRC-0046), it accepts them.
pub const UNIVERSAL_RECEIVER_HOOK: MethodNum = 3_726_118_371;

/// How many signers there can be.
pub const SIGNERS_MAX: usize = 256;

/// The methods, by number; besides, every exported number is accepted.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (PROPOSE, "Propose"),
    (APPROVE, "Approve"),
    (CANCEL, "Cancel"),
    (ADD_SIGNER, "AddSigner"),
    (REMOVE_SIGNER, "RemoveSigner"),
    (SWAP_SIGNER, "SwapSigner"),
    (CHANGE_THRESHOLD, "ChangeNumApprovalsThreshold"),
    (LOCK_BALANCE, "LockBalance"),
    (UNIVERSAL_RECEIVER_HOOK, "UniversalReceiverHook"),
];

/// Calls a method. A multisig accepts every exported method that it does not know.
///
/// # Errors
/// Why it aborted.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => construct(rt, params(input)?)?,
        PROPOSE => return returns(&propose(rt, params(input)?)?),
        APPROVE => return returns(&approve(rt, &params(input)?)?),
        CANCEL => cancel(rt, &params(input)?)?,
        ADD_SIGNER => add_signer(rt, &params(input)?)?,
        REMOVE_SIGNER => remove_signer(rt, &params(input)?)?,
        SWAP_SIGNER => swap_signer(rt, &params(input)?)?,
        CHANGE_THRESHOLD => change_threshold(rt, &params(input)?)?,
        LOCK_BALANCE => lock_balance(rt, params(input)?)?,
        UNIVERSAL_RECEIVER_HOOK => {
            // A token's type and its payload, whatever they are.
            let _: (u32, RawBytes) = params(input)?;
        }
        method if method >= FIRST_EXPORTED_METHOD => {}
        _ => return Err(ActorError::unhandled(method)),
    }
    Ok(None)
}

fn construct(rt: &mut Runtime<'_>, params: ConstructorParams) -> Result<(), ActorError> {
    rt.require_caller(&[INIT_ACTOR_ID])?;
    if params.signers.is_empty() {
        return Err(ActorError::illegal_argument(
            "must have at least one signer",
        ));
    }
    if params.signers.len() > SIGNERS_MAX {
        return Err(ActorError::illegal_argument(format!(
            "cannot add more than {SIGNERS_MAX} signers"
        )));
    }
    let mut ids = BTreeSet::new();
    let mut signers = Vec::with_capacity(params.signers.len());
    for signer in &params.signers {
        let id = rt.resolve_or_create(signer, true)?;
        if !ids.insert(id) {
            return Err(ActorError::illegal_argument(format!(
                "duplicate signer not allowed: {signer}"
            )));
        }
        signers.push(Address::new_id(id));
    }
    if params.num_approvals_threshold > signers.len() as u64 {
        return Err(ActorError::illegal_argument(
            "must not require more approvals than signers",
        ));
    }
    if params.num_approvals_threshold < 1 {
        return Err(ActorError::illegal_argument(
            "must require at least one approval",
        ));
    }
    if params.unlock_duration < 0 {
        return Err(ActorError::illegal_argument(
            "negative unlock duration disallowed",
        ));
    }
    let pending_txs = Hamt::<_, Transaction>::new_with_bit_width(rt.store(), HAMT_BIT_WIDTH)
        .flush()
        .or_illegal_state("failed to create an empty map")?;
    let mut state = State {
        signers,
        num_approvals_threshold: params.num_approvals_threshold,
        next_tx_id: 0,
        initial_balance: TokenAmount::default(),
        start_epoch: 0,
        unlock_duration: 0,
        pending_txs,
    };
    if params.unlock_duration != 0 {
        let locked = rt.value_received().clone();
        state.lock(params.start_epoch, params.unlock_duration, locked);
    }
    rt.create(&state)
}

fn propose(rt: &mut Runtime<'_>, params: ProposeParams) -> Result<ProposeReturn, ActorError> {
    if params.value.is_negative() {
        return Err(ActorError::illegal_argument(format!(
            "proposed value must be non-negative, was {}",
            params.value
        )));
    }
    let txn = Transaction {
        to: params.to,
        value: params.value,
        method: params.method,
        params: params.params,
        approved: Vec::new(),
    };
    let txn_id = rt.transaction(|state: &mut State, rt| {
        state.require_signer(&rt.caller_address())?;
        let id = state.next_tx_id;
        state.next_tx_id += 1;
        state.put(rt.store(), id, txn.clone())?;
        Ok(id)
    })?;
    let done = agree(rt, txn_id, txn)?;
    Ok(ProposeReturn {
        txn_id,
        applied: done.applied,
        code: done.code,
        ret: done.ret,
    })
}

fn approve(rt: &mut Runtime<'_>, params: &TxnIdParams) -> Result<ApproveReturn, ActorError> {
    let state: State = rt.state()?;
    state.require_signer(&rt.caller_address())?;
    let pending = state.pending(rt.store())?;
    let txn = pending
        .get(&keys::signed(params.id))
        .or_illegal_state("failed to load transaction")?
        .ok_or_else(|| ActorError::not_found(format!("no such transaction {}", params.id)))?
        .clone();
    if !params.proposal_hash.is_empty() && params.proposal_hash != txn.hash(rt)? {
        return Err(ActorError::illegal_argument(
            "hash does not match proposal params (ensure requester is an ID address)",
        ));
    }
    // It may have enough approvals since the threshold was lowered; then this signer's does not count.
    let done = execute_if_approved(rt, &state, params.id, &txn)?;
    if done.applied {
        return Ok(done);
    }
    agree(rt, params.id, txn)
}

fn cancel(rt: &mut Runtime<'_>, params: &TxnIdParams) -> Result<(), ActorError> {
    rt.transaction(|state: &mut State, rt| {
        let caller = rt.caller_address();
        state.require_signer(&caller)?;
        let txn = state.take(rt.store(), params.id)?.ok_or_else(|| {
            ActorError::not_found(format!("no such transaction {} to cancel", params.id))
        })?;
        if txn.approved.first() != Some(&caller) {
            return Err(ActorError::forbidden(
                "cannot cancel another signer's transaction",
            ));
        }
        if !params.proposal_hash.is_empty() && params.proposal_hash != txn.hash(rt)? {
            return Err(ActorError::illegal_state(
                "hash does not match proposal params",
            ));
        }
        Ok(())
    })
}

/// Only the multisig itself may change itself.
fn require_self(rt: &Runtime<'_>) -> Result<(), ActorError> {
    rt.require_caller(&[rt.receiver()])
}

fn add_signer(rt: &mut Runtime<'_>, params: &AddSignerParams) -> Result<(), ActorError> {
    require_self(rt)?;
    let signer = Address::new_id(rt.resolve_or_create(&params.signer, true)?);
    rt.transaction(|state: &mut State, _rt| {
        if state.signers.len() >= SIGNERS_MAX {
            return Err(ActorError::forbidden(format!(
                "cannot add more than {SIGNERS_MAX} signers"
            )));
        }
        if state.is_signer(&signer) {
            return Err(ActorError::forbidden(format!(
                "{signer} is already a signer"
            )));
        }
        state.signers.push(signer);
        state.num_approvals_threshold += u64::from(params.increase);
        Ok(())
    })
}

fn remove_signer(rt: &mut Runtime<'_>, params: &RemoveSignerParams) -> Result<(), ActorError> {
    require_self(rt)?;
    let signer = Address::new_id(rt.resolve_or_create(&params.signer, false)?);
    rt.transaction(|state: &mut State, rt| {
        state.require_signer(&signer)?;
        let left = state.signers.len() as u64 - 1;
        if left == 0 {
            return Err(ActorError::forbidden("cannot remove only signer"));
        }
        if params.decrease {
            if state.num_approvals_threshold < 2 {
                return Err(ActorError::illegal_argument(
                    "can't decrease approvals from 1 to 0",
                ));
            }
            state.num_approvals_threshold -= 1;
        } else if left < state.num_approvals_threshold {
            return Err(ActorError::illegal_argument(format!(
                "can't reduce signers to {left} below threshold {} with decrease=false",
                state.num_approvals_threshold
            )));
        }
        state.purge_approvals(rt.store(), &signer)?;
        state.signers.retain(|other| *other != signer);
        Ok(())
    })
}

fn swap_signer(rt: &mut Runtime<'_>, params: &SwapSignerParams) -> Result<(), ActorError> {
    require_self(rt)?;
    let from = Address::new_id(rt.resolve_or_create(&params.from, false)?);
    let to = Address::new_id(rt.resolve_or_create(&params.to, true)?);
    rt.transaction(|state: &mut State, rt| {
        state.require_signer(&from)?;
        if state.is_signer(&to) {
            return Err(ActorError::illegal_argument(format!(
                "{to} is already a signer"
            )));
        }
        state.signers.retain(|other| *other != from);
        state.signers.push(to);
        state.purge_approvals(rt.store(), &from)
    })
}

fn change_threshold(
    rt: &mut Runtime<'_>,
    params: &ChangeThresholdParams,
) -> Result<(), ActorError> {
    require_self(rt)?;
    rt.transaction(|state: &mut State, _rt| {
        if params.new_threshold == 0 || params.new_threshold > state.signers.len() as u64 {
            return Err(ActorError::illegal_argument(
                "new threshold value not supported",
            ));
        }
        state.num_approvals_threshold = params.new_threshold;
        Ok(())
    })
}

fn lock_balance(rt: &mut Runtime<'_>, params: LockBalanceParams) -> Result<(), ActorError> {
    require_self(rt)?;
    if params.unlock_duration <= 0 {
        return Err(ActorError::illegal_argument(
            "unlock duration must be positive",
        ));
    }
    if params.amount.is_negative() {
        return Err(ActorError::illegal_argument(
            "amount to lock must be positive",
        ));
    }
    rt.transaction(|state: &mut State, _rt| {
        if state.unlock_duration != 0 {
            return Err(ActorError::forbidden("modification of unlock disallowed"));
        }
        state.lock(params.start_epoch, params.unlock_duration, params.amount);
        Ok(())
    })
}

/// The caller agrees with a proposal, which is executed if that was what it needed.
fn agree(
    rt: &mut Runtime<'_>,
    id: TxnId,
    mut txn: Transaction,
) -> Result<ApproveReturn, ActorError> {
    let caller = rt.caller_address();
    if txn.approved.contains(&caller) {
        return Err(ActorError::forbidden(format!(
            "{caller} already approved this message"
        )));
    }
    txn.approved.push(caller);
    let state = rt.transaction(|state: &mut State, rt| {
        state.put(rt.store(), id, txn.clone())?;
        Ok(state.clone())
    })?;
    execute_if_approved(rt, &state, id, &txn)
}

/// Executes a proposal if enough have agreed. That it fails is its own matter, not its approver's.
fn execute_if_approved(
    rt: &mut Runtime<'_>,
    state: &State,
    id: TxnId,
    txn: &Transaction,
) -> Result<ApproveReturn, ActorError> {
    if (txn.approved.len() as u64) < state.num_approvals_threshold {
        return Ok(ApproveReturn {
            applied: false,
            code: ExitCode::OK,
            ret: RawBytes::default(),
        });
    }
    state.check_available(&rt.balance()?, &txn.value, rt.epoch())?;
    // Gone before it is executed: it cannot approve or cancel itself on the way.
    rt.transaction(|state: &mut State, rt| state.take(rt.store(), id).map(drop))?;
    let params = txn.params.clone().into();
    let (code, ret) = match rt.call(&txn.to, txn.method, params, txn.value.clone()) {
        Ok(value) => (
            ExitCode::OK,
            value.map_or_else(Vec::new, |value| value.data),
        ),
        Err(error) => (error.code, Vec::new()),
    };
    Ok(ApproveReturn {
        applied: true,
        code,
        ret: RawBytes::new(ret),
    })
}
