//! What the pool asks of the chain.

use std::fmt::Debug;
use std::sync::Arc;

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::CborStore;
use fvm_shared::address::{self as fvm, Payload};
use fvm_shared::econ;
use fvm_shared::message::Message;
use fvm_shared::state::ActorState;
use lotus_types::{Address, Cid, TipSet, TipSetKey};

use crate::store::state::StateReader;
use crate::store::{ChainMessage, HeadChange, StoreError};
use crate::vm::actors::account;
use crate::vm::manifest::{ActorKind, EAM_ACTOR_ID};
use crate::vm::{Applied, VmError};

/// The chain, as far as messages that wait and estimates need it.
///
/// The pool calls it while it is locked, so no method may call the pool, or wait for somebody who
/// does: a lock that is held while [`MessagePool::head_changed`](super::MessagePool::head_changed) is
/// called must not be taken here.
pub trait View: Debug + Send + Sync {
    /// The tipset with this key; the head for the empty key.
    ///
    /// # Errors
    /// It is not here.
    fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, ViewError>;

    /// The tipset that a tipset builds on; `None` for the first.
    ///
    /// # Errors
    /// It is not here.
    fn parent(&self, tipset: &TipSet) -> Result<Option<Arc<TipSet>>, ViewError>;

    /// The way from one tipset to another.
    ///
    /// # Errors
    /// They are not of one chain.
    fn path(&self, from: &Arc<TipSet>, to: &Arc<TipSet>) -> Result<HeadChange, ViewError>;

    /// The messages in the blocks of a tipset, each once, in the order in which they are executed.
    ///
    /// # Errors
    /// One is not here.
    fn messages(&self, tipset: &TipSet) -> Result<Vec<ChainMessage>, ViewError>;

    /// Who sends messages from this address, in the state that the tipset's messages lead to;
    /// `None` if there is no such actor.
    ///
    /// # Errors
    /// The state is not here.
    fn account(&self, address: &Address, after: &TipSet) -> Result<Option<Account>, ViewError>;

    /// Executes a tipset, so that asking for an account after it takes no time while the pool is
    /// locked. Where nothing has to be executed there is nothing to do.
    ///
    /// # Errors
    /// The machine fails.
    fn execute(&self, _tipset: &TipSet) -> Result<(), ViewError> {
        Ok(())
    }

    /// The base fee of a block on top of this tipset, in attoFIL per unit of gas.
    ///
    /// # Errors
    /// The tipset's messages are not here.
    fn base_fee(&self, on: &TipSet) -> Result<econ::TokenAmount, ViewError>;

    /// What messages would do one after the other in a block on top of this tipset, each with the
    /// length in bytes with which it would be on the chain. Nothing of it is kept.
    ///
    /// # Errors
    /// The machine fails.
    fn simulate(
        &self,
        after: &TipSet,
        messages: Vec<(Message, usize)>,
    ) -> Result<Vec<Applied>, ViewError>;
}

/// The chain could not answer.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// Something is not in the store, or cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The virtual machine failed.
    #[error(transparent)]
    Vm(#[from] VmError),
}

/// A sender of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The address of its key; `None` for an actor without one, which can send nothing.
    pub key: Option<Address>,
    /// The nonce of its next message.
    pub nonce: u64,
    /// What it has.
    pub balance: econ::TokenAmount,
}

impl Account {
    /// Reads an account in the state with this root.
    ///
    /// # Errors
    /// Part of the state is not here or is malformed.
    pub fn read<S: Blockstore>(
        store: &S,
        state: &Cid,
        address: &Address,
    ) -> Result<Option<Account>, StoreError> {
        Account::read_in(store, &StateReader::open(store, state)?, address)
    }

    /// Reads an account in a state of `store` that is open already, which spares finding its root.
    ///
    /// # Errors
    /// As [`Account::read`].
    pub(crate) fn read_in<S: Blockstore>(
        store: &S,
        state: &StateReader<impl Blockstore>,
        address: &Address,
    ) -> Result<Option<Account>, StoreError> {
        let Some(actor) = state.actor(address)? else {
            return Ok(None);
        };
        Ok(Some(Account {
            key: key_of(store, &actor)?,
            nonce: actor.sequence,
            balance: actor.balance,
        }))
    }
}

/// The address of the key that signs for an actor, if it is one that may send messages.
fn key_of<S: Blockstore>(store: &S, actor: &ActorState) -> Result<Option<Address>, StoreError> {
    let delegated = actor.delegated_address.filter(|address| {
        matches!(address.payload(), Payload::Delegated(f4) if f4.namespace() == EAM_ACTOR_ID)
    });
    let key = match ActorKind::of(&actor.code) {
        Some(ActorKind::Account) => {
            let what = "state of an account";
            let state = store
                .get_cbor::<account::State>(&actor.state)
                .map_err(|error| StoreError::from_library(what, &actor.state, error))?;
            let state = state.ok_or(StoreError::Missing {
                what,
                cid: actor.state.into(),
            })?;
            Some(state.address)
        }
        Some(ActorKind::EthAccount) => delegated,
        // Its first message makes an account of it.
        Some(ActorKind::Placeholder) if actor.sequence == 0 => delegated,
        _ => None,
    };
    Ok(key.map(|key: fvm::Address| key.into()))
}
