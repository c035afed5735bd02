//! Multisigs: creation, the whole life of proposals, and changes of the multisig by itself.

use fvm_ipld_encoding::RawBytes;
use fvm_ipld_hamt::Hamt;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::init::{self, ExecParams};
use lotus_chain::vm::actors::multisig::{
    self, AddSignerParams, ChangeThresholdParams, ConstructorParams, LockBalanceParams,
    ProposeParams, RemoveSignerParams, State, SwapSignerParams, Transaction, TxnIdParams,
};
use lotus_chain::vm::manifest::{ActorKind, EAM_ACTOR_ID, INIT_ACTOR_ID};

use super::send::receiver;
use crate::world::{Call, Sender, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let all = world.of(ActorKind::Multisig);
    if all.len() < 2 || (all.len() < 12 && world.one_in(12)) {
        return create(world);
    }
    let id = world.rng.choice(all)?;
    let to = Address::new_id(id);
    let state: State = world.state(id)?;
    let from = caller(world, &state);
    let pending = pending(world, &state);
    Some(match world.rng.u8(..20) {
        0 => {
            let from = world.any_key();
            let value = world.amount();
            Call::new(from, to, 0).value(value)
        }
        1 => direct(world, id, &state),
        2 => match world.rng.u8(..3) {
            0 => Call::new(0, to, multisig::UNIVERSAL_RECEIVER_HOOK)
                .params(&(7_u32, RawBytes::new(vec![1, 2]))),
            1 => Call::new(0, to, multisig::UNIVERSAL_RECEIVER_HOOK).params(&7_u32),
            _ => {
                let method = world.rng.u64(1 << 24..);
                Call::new(0, to, method).params(&7_u32)
            }
        },
        // The more wait, the more is approved and cancelled.
        n if n < 14 && !pending.is_empty() => {
            let (id, hash, proposer) = world.rng.choice(pending)?;
            let id = if world.one_in(20) { id + 1000 } else { id };
            let proposal_hash = match world.rng.u8(..6) {
                0 => vec![1; 32],
                1 | 2 => hash,
                _ => Vec::new(),
            };
            let cancel = world.one_in(5);
            let proposer = world.sender_of(proposer);
            let from = match proposer {
                Some(proposer) if cancel && !world.one_in(4) => proposer,
                _ => from,
            };
            let method = if cancel {
                multisig::CANCEL
            } else {
                multisig::APPROVE
            };
            Call::new(0, to, method)
                .sender(from)
                .params(&TxnIdParams { id, proposal_hash })
        }
        _ => {
            let params = proposal(world, id, &state)?;
            Call::new(0, to, multisig::PROPOSE)
                .sender(from)
                .params(&params)
        }
    })
}

/// Mostly a signer.
fn caller(world: &mut World, state: &State) -> Sender {
    if !world.one_in(10)
        && let Some(signer) = world.rng.choice(state.signers.iter().copied())
        && let Some(sender) = world.sender_of(signer)
    {
        return sender;
    }
    Sender::Key(world.any_key())
}

/// The proposals: id, hash, who proposed it.
fn pending(world: &World, state: &State) -> Vec<(i64, Vec<u8>, Address)> {
    let blocks = world.machine.tree().blocks().clone();
    let Ok(map) = Hamt::<_, Transaction>::load_with_bit_width(&state.pending_txs, blocks, 5) else {
        return Vec::new();
    };
    let mut list = Vec::new();
    for id in 0..state.next_tx_id {
        let key = lotus_chain::vm::keys::signed(id);
        if let Ok(Some(txn)) = map.get(&key) {
            let proposer = txn.approved[0];
            let data = fvm_ipld_encoding::to_vec(&(
                &proposer,
                &txn.to,
                &txn.value,
                txn.method,
                &txn.params,
            ))
            .expect("can be encoded");
            let hash = blake2b_simd::Params::new().hash_length(32).hash(&data);
            list.push((id, hash.as_bytes().to_vec(), proposer));
        }
    }
    list
}

fn create(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let count = match world.rng.u8(..20) {
        0 => 0,
        1 => 257,
        _ => world.rng.usize(1..5),
    };
    let signers: Vec<Address> = (0..count)
        .map(|_| match world.rng.u8(..12) {
            0 => receiver(world),
            1 => match world.one_of(ActorKind::Multisig) {
                Some(id) => Address::new_id(id),
                None => world.keys[from].address,
            },
            _ => {
                let key = world.any_key();
                world.keys[key].address
            }
        })
        .collect();
    let threshold = match world.rng.u8(..12) {
        0 => 0,
        1 => signers.len() as u64 + 1,
        _ => world.rng.u64(1..=signers.len().max(1) as u64),
    };
    let unlock_duration = match world.rng.u8(..8) {
        0 => -1,
        1..=3 => world.rng.i64(1..5000),
        _ => 0,
    };
    let params = ConstructorParams {
        signers,
        num_approvals_threshold: threshold,
        unlock_duration,
        start_epoch: start(world),
    };
    let value = TokenAmount::from_whole(world.rng.u64(..2000));
    Some(
        Call::new(from, Address::new_id(INIT_ACTOR_ID), init::EXEC)
            .value(value)
            .params(&ExecParams {
                code_cid: ActorKind::Multisig.code(),
                constructor_params: RawBytes::serialize(&params).ok()?,
            }),
    )
}

fn start(world: &mut World) -> i64 {
    match world.rng.u8(..12) {
        0 => i64::MIN,
        1 => i64::MAX,
        2 => -5,
        _ => world.epoch + world.rng.i64(-100..100),
    }
}

/// A method that only the multisig may call, and its parameters.
fn change(world: &mut World, id: ActorID, state: &State) -> (u64, RawBytes) {
    let signer = |world: &mut World| match world.rng.u8(..6) {
        0 => receiver(world),
        1 => Address::new_id(id),
        2 => {
            let key = world.any_key();
            world.keys[key].address
        }
        _ => world
            .rng
            .choice(state.signers.iter().copied())
            .unwrap_or(Address::new_id(id)),
    };
    let flag = world.rng.bool();
    let serialized = match world.rng.u8(..10) {
        0..=2 => {
            let signer = match world.one_in(3) {
                true => signer(world),
                false => {
                    let key = world.any_key();
                    world.keys[key].address
                }
            };
            let increase = flag;
            (
                multisig::ADD_SIGNER,
                RawBytes::serialize(AddSignerParams { signer, increase }),
            )
        }
        3 | 4 => {
            let signer = signer(world);
            let decrease = flag;
            (
                multisig::REMOVE_SIGNER,
                RawBytes::serialize(RemoveSignerParams { signer, decrease }),
            )
        }
        5 | 6 => {
            let from = signer(world);
            let key = world.any_key();
            let to = match world.one_in(3) {
                true => signer(world),
                false => world.keys[key].address,
            };
            (
                multisig::SWAP_SIGNER,
                RawBytes::serialize(SwapSignerParams { from, to }),
            )
        }
        7 | 8 => {
            let new_threshold = world.rng.u64(..state.signers.len() as u64 + 2);
            (
                multisig::CHANGE_THRESHOLD,
                RawBytes::serialize(ChangeThresholdParams { new_threshold }),
            )
        }
        _ => {
            let params = LockBalanceParams {
                start_epoch: start(world),
                unlock_duration: world.rng.i64(-1..3000),
                amount: world.amount(),
            };
            (multisig::LOCK_BALANCE, RawBytes::serialize(params))
        }
    };
    (
        serialized.0,
        serialized.1.expect("parameters can be encoded"),
    )
}

fn direct(world: &mut World, id: ActorID, state: &State) -> Call {
    let (method, params) = change(world, id, state);
    let from = world.any_key();
    let mut call = Call::new(from, Address::new_id(id), method);
    call.params = params;
    call
}

fn proposal(world: &mut World, id: ActorID, state: &State) -> Option<ProposeParams> {
    let mut params = ProposeParams {
        to: receiver(world),
        value: world.amount(),
        method: 0,
        params: RawBytes::default(),
    };
    match world.rng.u8(..10) {
        0..=2 => {
            params.to = Address::new_id(id);
            (params.method, params.params) = change(world, id, state);
            if !world.one_in(5) {
                params.value = TokenAmount::default();
            }
        }
        // Another multisig's methods, or its own.
        3 => {
            let other = world.one_of(ActorKind::Multisig)?;
            params.to = Address::new_id(other);
            params.value = TokenAmount::default();
            let txn = TxnIdParams {
                id: world.rng.i64(..20),
                proposal_hash: Vec::new(),
            };
            (params.method, params.params) = match world.rng.u8(..3) {
                0 => (multisig::APPROVE, RawBytes::serialize(txn).ok()?),
                1 => (multisig::CANCEL, RawBytes::serialize(txn).ok()?),
                _ => {
                    let inner = ProposeParams {
                        to: receiver(world),
                        value: world.amount(),
                        method: 0,
                        params: RawBytes::default(),
                    };
                    (multisig::PROPOSE, RawBytes::serialize(inner).ok()?)
                }
            };
        }
        4 => {
            // Contracts are not executed here, and other numbers are refused by some actors.
            if params.to != Address::new_id(EAM_ACTOR_ID) {
                params.method = world.rng.choice([1, 2, 3, 8, 25, 27])?;
            }
            params.params = world.bytes(20).into();
        }
        5 => {
            let key = world.any_key();
            params.to = world.keys[key].address;
            params.value = TokenAmount::default();
            params.method = 2;
        }
        _ => {}
    }
    Some(params)
}
