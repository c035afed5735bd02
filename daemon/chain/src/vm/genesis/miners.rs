//! The miners that a network begins with. Each is created as every later one is, by a message to the
//! power actor, and then gets power that nobody has proven (Lotus `chain/gen/genesis/miners.go` has
//! their sectors sealed beforehand; here there are none).

use std::sync::Arc;

use fvm_ipld_encoding::{CborStore, RawBytes};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use fvm_shared::sector::{RegisteredPoStProof, StoragePower};
use fvm_shared::version::NetworkVersion;
use multihash_codetable::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::vm::actors::smooth::FilterEstimate;
use crate::vm::actors::{init, miner, power, reward};
use crate::vm::apply::ApplyKind;
use crate::vm::blocks::Blocks;
use crate::vm::error::{ActorError, VmError};
use crate::vm::machine::{Context, Externs, Machine};
use crate::vm::manifest::{INIT_ACTOR_ID, POWER_ACTOR_ID, RESERVE_ACTOR_ID, REWARD_ACTOR_ID};
use crate::vm::state_tree::StateTree;

use super::GenesisError;

/// The id of the first miner; accounts are not given it (Lotus `genesis.MinerStart`).
pub const FIRST_MINER_ID: ActorID = 1000;

/// The power of each miner that a network begins with, in bytes: two sectors of 2 KiB, as Lotus's
/// devnet has them.
pub const MINER_POWER: u64 = 2 * (2 << 10);

/// The gas of a message of the system: nobody pays for it.
const GAS_LIMIT: u64 = 1_000_000_000_000;

/// The power of so many miners.
pub(super) fn power_of(miners: usize) -> StoragePower {
    BigInt::from(MINER_POWER) * miners
}

/// Creates the miners of these owners, who work for them too, from f01000 on, in a tree that has their
/// accounts. The reserve pays the deposit of each.
///
/// # Errors
/// The store fails.
pub(super) fn create(
    tree: StateTree,
    owners: &[Address],
    circulating_supply: &TokenAmount,
) -> Result<StateTree, GenesisError> {
    let context = Context {
        epoch: 0,
        timestamp: 0,
        base_fee: TokenAmount::default(),
        circulating_supply: circulating_supply.clone(),
        network_version: NetworkVersion::V27,
        chain_id: 0,
        tracing: false,
    };
    let mut machine = Machine::on(tree, context, Arc::new(Before));
    for (owner, nonce) in owners.iter().zip(0..) {
        let deposit = deposit(&machine.tree, circulating_supply)?;
        let applied = machine.apply(&creation(owner, nonce, deposit)?, ApplyKind::Implicit)?;
        if !applied.receipt.exit_code.is_success() {
            return Err(GenesisError::Vm(VmError::Implicit {
                what: "the creation of a miner",
                exit_code: applied.receipt.exit_code,
                error: applied.error.unwrap_or_default(),
            }));
        }
    }
    let mut tree = machine.tree;
    let miners = (FIRST_MINER_ID..).take(owners.len());
    for id in miners.clone() {
        prove(&mut tree, id)?;
    }
    change(&mut tree, POWER_ACTOR_ID, |state: &mut power::State, _| {
        let (raw, quality_adjusted) = state.current_total_power();
        // What the filter would have settled on, instead of mainnet's guesses.
        state.this_epoch_qa_power_smoothed =
            FilterEstimate::new(quality_adjusted.clone(), BigInt::default());
        state.this_epoch_raw_byte_power = raw;
        state.this_epoch_quality_adj_power = quality_adjusted;
        Ok(())
    })?;
    Ok(tree)
}

/// Gives a miner its power, and has it called at the end of its deadlines, as one that proves sectors.
fn prove(tree: &mut StateTree, id: ActorID) -> Result<(), GenesisError> {
    let event = change(tree, id, |state: &mut miner::State, _| {
        miner::begin_deadlines(state, 0)
    })?;
    change(tree, POWER_ACTOR_ID, |state: &mut power::State, blocks| {
        let miner_addr = Address::new_id(id);
        let mut claims = state.claims(blocks.clone())?;
        let power = power_of(1);
        state.add_to_claim(&mut claims, &miner_addr, &power, &power)?;
        state.save_claims(&mut claims)?;
        let callback_payload = event.payload;
        let call = power::CronEvent {
            miner_addr,
            callback_payload,
        };
        state.enroll(blocks.clone(), event.event_epoch, call)
    })
}

/// What the next miner must deposit.
fn deposit(tree: &StateTree, circulating_supply: &TokenAmount) -> Result<TokenAmount, VmError> {
    let reward: reward::State = read(tree, REWARD_ACTOR_ID)?;
    let power: power::State = read(tree, POWER_ACTOR_ID)?;
    Ok(miner::creation_deposit(
        &reward.into(),
        &power.into(),
        circulating_supply,
        0,
    ))
}

/// The next id that the init actor gives.
pub(super) fn next_id(tree: &StateTree) -> Result<ActorID, VmError> {
    Ok(read::<init::State>(tree, INIT_ACTOR_ID)?.next_id)
}

/// Has the init actor go on with this id.
pub(super) fn set_next_id(tree: &mut StateTree, id: ActorID) -> Result<(), GenesisError> {
    change(tree, INIT_ACTOR_ID, |state: &mut init::State, _| {
        state.next_id = id;
        Ok(())
    })
}

fn read<T: DeserializeOwned>(tree: &StateTree, id: ActorID) -> Result<T, VmError> {
    let state = tree.blocks().get_cbor(&tree.expect(id)?.state);
    let missing = || VmError::Inconsistent(format!("f0{id} has no state"));
    state.map_err(VmError::Store)?.ok_or_else(missing)
}

/// Changes the state of an actor.
fn change<T: Serialize + DeserializeOwned, R>(
    tree: &mut StateTree,
    id: ActorID,
    change: impl FnOnce(&mut T, &Blocks) -> Result<R, ActorError>,
) -> Result<R, GenesisError> {
    let mut state: T = read(tree, id)?;
    let result = change(&mut state, tree.blocks())?;
    let mut actor = tree.expect(id)?;
    let root = tree.blocks().put_cbor(&state, Code::Blake2b256);
    actor.state = root.map_err(VmError::Store)?;
    tree.set(id, actor);
    Ok(result)
}

/// What there is around the machine before there is a chain.
#[derive(Debug)]
struct Before;

impl Externs for Before {
    fn chain_randomness(&self, _epoch: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        anyhow::bail!("there is no chain yet")
    }

    fn beacon_randomness(&self, _epoch: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        anyhow::bail!("there is no chain yet")
    }

    fn verify_signature(&self, _: &Signature, _: &Address, _: &[u8]) -> bool {
        false
    }
}

/// The message that creates a miner. It is the reserve's, for which nobody has a key: so nobody can
/// ever create another actor whose f2 address is derived from the same sender and nonce.
fn creation(owner: &Address, nonce: u64, deposit: TokenAmount) -> Result<Message, VmError> {
    let params = power::CreateMinerParams {
        owner: *owner,
        worker: *owner,
        window_post_proof_type: RegisteredPoStProof::StackedDRGWindow2KiBV1P1,
        peer: Vec::new(),
        multiaddrs: Vec::new(),
    };
    let params = RawBytes::serialize(params)
        .map_err(|error| VmError::Message(format!("it cannot be encoded: {error}")))?;
    Ok(Message {
        version: 0,
        from: Address::new_id(RESERVE_ACTOR_ID),
        to: Address::new_id(POWER_ACTOR_ID),
        sequence: nonce,
        value: deposit,
        method_num: power::CREATE_MINER,
        params,
        gas_limit: GAS_LIMIT,
        gas_fee_cap: TokenAmount::default(),
        gas_premium: TokenAmount::default(),
    })
}
