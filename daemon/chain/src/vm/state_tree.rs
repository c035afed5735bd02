//! The actors of the chain: a HAMT from ids to actor states under a `StateRoot` of version 5, as
//! the FVM's `state_tree.rs` and Lotus's `chain/state` keep it.
//!
//! What was read or written is cached and journalled, so that a failed call is undone without touching
//! the HAMT; the HAMT and the store see the changes when the tree is flushed.

use std::cell::RefCell;

use cid::Cid;
use fvm_ipld_encoding::CborStore;
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::{Address, Payload};
pub use fvm_shared::state::ActorState;
use fvm_shared::state::{StateInfo0, StateRoot, StateTreeVersion};
use fvm_shared::{ActorID, HAMT_BIT_WIDTH};
use multihash_codetable::Code;

use super::actors::init;
use super::blocks::Blocks;
use super::error::VmError;
use super::journal::Journal;
use super::manifest::INIT_ACTOR_ID;

/// The state tree of one tipset while messages change it.
#[derive(Debug)]
pub struct StateTree {
    hamt: Hamt<Blocks, ActorState>,
    info: Cid,
    actors: RefCell<Journal<ActorID, Cached>>,
    addresses: RefCell<Journal<Address, ActorID>>,
}

/// What is known of an actor.
#[derive(Debug, Clone)]
struct Cached {
    /// None: there is no such actor.
    actor: Option<ActorState>,
    dirty: bool,
}

/// A point to which the tree can go back.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    actors: usize,
    addresses: usize,
}

impl StateTree {
    /// A tree without actors.
    ///
    /// # Errors
    /// [`VmError::Store`].
    pub fn empty(blocks: Blocks) -> Result<Self, VmError> {
        let info = blocks
            .put_cbor(&StateInfo0::default(), Code::Blake2b256)
            .map_err(VmError::Store)?;
        Ok(Self::of(
            Hamt::new_with_bit_width(blocks, HAMT_BIT_WIDTH),
            info,
        ))
    }

    /// The tree under a state root.
    ///
    /// # Errors
    /// [`VmError::Store`] when it cannot be read; [`VmError::StateVersion`] when it is older than
    /// version 5.
    pub fn load(blocks: Blocks, root: &Cid) -> Result<Self, VmError> {
        let root: StateRoot = read(&blocks, root)?;
        if root.version != StateTreeVersion::V5 {
            return Err(VmError::StateVersion(root.version as u64));
        }
        let hamt = Hamt::load_with_bit_width(&root.actors, blocks, HAMT_BIT_WIDTH)
            .map_err(|error| VmError::Store(error.into()))?;
        Ok(Self::of(hamt, root.info))
    }

    fn of(hamt: Hamt<Blocks, ActorState>, info: Cid) -> Self {
        Self {
            hamt,
            info,
            actors: RefCell::default(),
            addresses: RefCell::default(),
        }
    }

    /// The store under the tree.
    pub fn blocks(&self) -> &Blocks {
        self.hamt.store()
    }

    /// The actor with an id, or none.
    ///
    /// # Errors
    /// [`VmError::Store`].
    pub fn get(&self, id: ActorID) -> Result<Option<ActorState>, VmError> {
        if let Some(cached) = self.actors.borrow().get(&id) {
            return Ok(cached.actor.clone());
        }
        let key = Address::new_id(id).to_bytes();
        let actor = self
            .hamt
            .get(&key)
            .map_err(|error| VmError::Store(error.into()))?
            .cloned();
        self.actors.borrow_mut().cache(
            id,
            Cached {
                actor: actor.clone(),
                dirty: false,
            },
        );
        Ok(actor)
    }

    /// The actor with an id that must exist.
    ///
    /// # Errors
    /// [`VmError::Store`]; [`VmError::Inconsistent`] when there is none.
    pub fn expect(&self, id: ActorID) -> Result<ActorState, VmError> {
        self.get(id)?
            .ok_or_else(|| VmError::Inconsistent(format!("actor f0{id} does not exist")))
    }

    /// Sets an actor.
    pub fn set(&mut self, id: ActorID, actor: ActorState) {
        self.actors.get_mut().insert(
            id,
            Cached {
                actor: Some(actor),
                dirty: true,
            },
        );
    }

    /// Removes an actor. Its address stays taken, as in the FVM.
    pub fn delete(&mut self, id: ActorID) {
        self.actors.get_mut().insert(
            id,
            Cached {
                actor: None,
                dirty: true,
            },
        );
    }

    /// The id behind an address: its own, or the one that the init actor gave to it.
    ///
    /// # Errors
    /// [`VmError::Store`].
    pub fn lookup(&self, address: &Address) -> Result<Option<ActorID>, VmError> {
        if let Payload::ID(id) = address.payload() {
            return Ok(Some(*id));
        }
        if let Some(id) = self.addresses.borrow().get(address) {
            return Ok(Some(*id));
        }
        let init: init::State = read(self.blocks(), &self.expect(INIT_ACTOR_ID)?.state)?;
        let id = init
            .lookup(self.blocks(), address)
            .map_err(VmError::Store)?;
        if let Some(id) = id {
            // Journalled: the id may come from a registration that is yet to be rolled back.
            self.addresses.borrow_mut().insert(*address, id);
        }
        Ok(id)
    }

    /// Gives a new id to an address, through the init actor's state.
    ///
    /// # Errors
    /// [`VmError::Store`].
    pub fn register(&mut self, address: &Address) -> Result<ActorID, VmError> {
        let mut actor = self.expect(INIT_ACTOR_ID)?;
        let mut init: init::State = read(self.blocks(), &actor.state)?;
        let id = init
            .register(self.blocks(), address)
            .map_err(VmError::Store)?;
        actor.state = self
            .blocks()
            .put_cbor(&init, Code::Blake2b256)
            .map_err(VmError::Store)?;
        self.set(INIT_ACTOR_ID, actor);
        self.addresses.get_mut().insert(*address, id);
        Ok(id)
    }

    /// Where the tree stands, to come back to.
    pub fn mark(&self) -> Mark {
        Mark {
            actors: self.actors.borrow().mark(),
            addresses: self.addresses.borrow().mark(),
        }
    }

    /// Undoes everything since `mark`.
    pub fn rollback(&mut self, mark: Mark) {
        self.actors.get_mut().rollback(mark.actors);
        self.addresses.get_mut().rollback(mark.addresses);
    }

    /// By how much all balances together have grown since `mark`; zero unless funds came from nowhere.
    /// Costs as much as was changed, not as much as there is.
    pub fn growth_since(&self, mark: Mark) -> fvm_shared::econ::TokenAmount {
        let balance = |cached: &Cached| {
            cached
                .actor
                .as_ref()
                .map(|actor| actor.balance.clone())
                .unwrap_or_default()
        };
        let actors = self.actors.borrow();
        let mut seen = std::collections::HashSet::new();
        let mut growth = fvm_shared::econ::TokenAmount::default();
        for (id, before) in actors.changes(mark.actors) {
            if seen.insert(*id) {
                growth += actors.get(id).map(balance).unwrap_or_default();
                growth -= before.as_ref().map(balance).unwrap_or_default();
            }
        }
        growth
    }

    /// Makes everything final that was done: it can no longer be rolled back.
    pub fn commit(&mut self) {
        self.actors.get_mut().forget_history();
        self.addresses.get_mut().forget_history();
    }

    /// The root of the tree as it stands, in the buffer; [`Blocks::flush`] then stores it.
    ///
    /// # Errors
    /// [`VmError::Store`].
    pub fn flush(&mut self) -> Result<Cid, VmError> {
        self.commit();
        let hamt_error = |error: fvm_ipld_hamt::Error| VmError::Store(error.into());
        for (&id, cached) in self.actors.get_mut().iter_mut() {
            if !std::mem::take(&mut cached.dirty) {
                continue;
            }
            let key = Address::new_id(id).to_bytes();
            match &cached.actor {
                Some(actor) => {
                    self.hamt
                        .set(key.into(), actor.clone())
                        .map_err(hamt_error)?;
                }
                None => {
                    self.hamt.delete(&key).map_err(hamt_error)?;
                }
            }
        }
        let root = StateRoot {
            version: StateTreeVersion::V5,
            actors: self.hamt.flush().map_err(hamt_error)?,
            info: self.info,
        };
        self.blocks()
            .put_cbor(&root, Code::Blake2b256)
            .map_err(VmError::Store)
    }

    /// Calls `f` with every actor, in no particular order. Only of what has been flushed.
    ///
    /// # Errors
    /// [`VmError::Store`].
    pub fn for_each(&self, mut f: impl FnMut(ActorID, &ActorState)) -> Result<(), VmError> {
        self.hamt
            .for_each(|key, actor| {
                f(Address::from_bytes(&key.0)?.id()?, actor);
                Ok(())
            })
            .map_err(|error| VmError::Store(error.into()))
    }
}

/// What must be in the store.
fn read<T: serde::de::DeserializeOwned>(blocks: &Blocks, cid: &Cid) -> Result<T, VmError> {
    blocks
        .get_cbor(cid)
        .map_err(VmError::Store)?
        .ok_or_else(|| VmError::Inconsistent(format!("block {cid} is missing")))
}
