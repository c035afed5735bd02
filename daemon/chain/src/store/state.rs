//! Reading the state of a chain, of every version that there ever was.
//!
//! It only reads: what computes a new state is the virtual machine's.

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::CborStore;
use fvm_ipld_hamt::{BytesKey, Hamt, Hamtv0};
use fvm_shared::address as fvm;
use fvm_shared::econ;
use fvm_shared::state::{ActorState, StateRoot, StateTreeVersion};
use lotus_types::{Address, Cid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// How wide the HAMTs of actors and addresses are, in bits (Lotus `builtin.DefaultHamtBitwidth`).
const BIT_WIDTH: u32 = 5;

/// The actor that knows which address belongs to which ID: `f01`.
const INIT_ACTOR_ID: u64 = 1;

const ACTORS: &str = "tree of actors";
const INIT: &str = "state of the init actor";

/// The actors of one state.
#[derive(Debug)]
pub struct StateReader<S> {
    store: S,
    version: StateTreeVersion,
    actors: cid::Cid,
}

impl<S: Blockstore> StateReader<S> {
    /// The state with this root.
    ///
    /// # Errors
    /// The root is not here, or is the root of no state that is known.
    pub fn open(store: S, root: &Cid) -> Result<StateReader<S>, StoreError> {
        let block = super::tipsets::read(&store, "state", root)?;
        // Up to version 0 the root was that of the actors, an array of two.
        let versioned = fvm_ipld_encoding::from_slice::<StateRoot>(&block);
        let (version, actors) = match versioned {
            Ok(versioned) => (versioned.version, versioned.actors),
            Err(_) => (StateTreeVersion::V0, *root.inner()),
        };
        let reader = StateReader {
            store,
            version,
            actors,
        };
        // What is no tree is refused here and not later.
        reader.actor_by_id(INIT_ACTOR_ID)?;
        Ok(reader)
    }

    /// The version of the state tree.
    pub fn version(&self) -> StateTreeVersion {
        self.version
    }

    /// An actor by any of its addresses; `None` if there is no such actor.
    ///
    /// # Errors
    /// Part of the state is not here or is malformed.
    pub fn actor(&self, address: &Address) -> Result<Option<ActorState>, StoreError> {
        match self.lookup_id(address)? {
            Some(id) => self.actor_by_id(id),
            None => Ok(None),
        }
    }

    /// An actor by its ID; `None` if there is no such actor.
    ///
    /// # Errors
    /// As [`StateReader::actor`].
    pub fn actor_by_id(&self, id: u64) -> Result<Option<ActorState>, StoreError> {
        let key = fvm::Address::new_id(id).to_bytes();
        match self.version {
            StateTreeVersion::V5 => self.get(ACTORS, &self.actors, key),
            _ => {
                let actor: Option<ActorV0> = self.get(ACTORS, &self.actors, key)?;
                Ok(actor.map(ActorState::from))
            }
        }
    }

    /// The ID of an address (Lotus `StateTree.LookupIDAddress`); `None` if there is no such actor.
    ///
    /// # Errors
    /// As [`StateReader::actor`].
    pub fn lookup_id(&self, address: &Address) -> Result<Option<u64>, StoreError> {
        let Some(inner) = address.inner() else {
            return Ok(None);
        };
        if let fvm::Payload::ID(id) = inner.payload() {
            return Ok(Some(*id));
        }
        let Some(init) = self.init()? else {
            return Ok(None);
        };
        self.get(INIT, &init.address_map, inner.to_bytes())
    }

    /// The name of the network, which the init actor keeps.
    ///
    /// # Errors
    /// As [`StateReader::actor`].
    pub fn network_name(&self) -> Result<Option<String>, StoreError> {
        Ok(self.init()?.map(|init| init.network_name))
    }

    /// Calls `visit` with the ID and the state of every actor, in the tree's order, until it returns
    /// an error.
    ///
    /// # Errors
    /// As [`StateReader::actor`], and what `visit` returns.
    pub fn for_each(
        &self,
        mut visit: impl FnMut(u64, &ActorState) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let id = |key: &BytesKey| {
            let address = fvm::Address::from_bytes(&key.0)?;
            address.id()
        };
        let result = match self.version {
            StateTreeVersion::V5 => self
                .hamt::<ActorState>(&self.actors)
                .and_then(|actors| actors.for_each(|key, actor| Ok(visit(id(key)?, actor)?))),
            StateTreeVersion::V0 | StateTreeVersion::V1 => {
                self.hamt_v0::<ActorV0>(&self.actors).and_then(|actors| {
                    actors.for_each(|key, actor| Ok(visit(id(key)?, &actor.clone().into())?))
                })
            }
            _ => self.hamt::<ActorV0>(&self.actors).and_then(|actors| {
                actors.for_each(|key, actor| Ok(visit(id(key)?, &actor.clone().into())?))
            }),
        };
        result.map_err(|error| StoreError::from_library(ACTORS, &self.actors, error))
    }

    /// Calls `visit` with every address that stands for an ID, and the ID, until it returns an error.
    /// It walks all of them: the init actor has no index the other way.
    ///
    /// # Errors
    /// As [`StateReader::actor`], and what `visit` returns.
    pub fn for_each_address(
        &self,
        mut visit: impl FnMut(Address, u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Some(init) = self.init()? else {
            return Ok(());
        };
        let mut visit = |key: &BytesKey, id: &u64| {
            let address = fvm::Address::from_bytes(&key.0)?;
            Ok(visit(address.into(), *id)?)
        };
        let root = &init.address_map;
        let result = match self.version {
            StateTreeVersion::V0 | StateTreeVersion::V1 => self
                .hamt_v0(root)
                .and_then(|addresses| addresses.for_each(&mut visit)),
            _ => self
                .hamt(root)
                .and_then(|addresses| addresses.for_each(&mut visit)),
        };
        result.map_err(|error| StoreError::from_library(INIT, root, error))
    }

    fn init(&self) -> Result<Option<InitState>, StoreError> {
        let Some(actor) = self.actor_by_id(INIT_ACTOR_ID)? else {
            return Ok(None);
        };
        let state = self.store.get_cbor(&actor.state);
        let state = state.map_err(|error| StoreError::from_library(INIT, &actor.state, error))?;
        state.map(Some).ok_or(StoreError::Missing {
            what: INIT,
            cid: actor.state.into(),
        })
    }

    /// The value of a key in the HAMT with this root, in the encoding of this version.
    fn get<V>(
        &self,
        what: &'static str,
        root: &cid::Cid,
        key: Vec<u8>,
    ) -> Result<Option<V>, StoreError>
    where
        V: Serialize + DeserializeOwned + Clone,
    {
        let key = BytesKey(key);
        let value = match self.version {
            StateTreeVersion::V0 | StateTreeVersion::V1 => self
                .hamt_v0(root)
                .and_then(|hamt| Ok(hamt.get(&key)?.cloned())),
            _ => self
                .hamt(root)
                .and_then(|hamt| Ok(hamt.get(&key)?.cloned())),
        };
        value.map_err(|error| StoreError::from_library(what, root, error))
    }

    fn hamt<V>(&self, root: &cid::Cid) -> Result<Hamt<&S, V>, fvm_ipld_hamt::Error>
    where
        V: Serialize + DeserializeOwned,
    {
        Hamt::load_with_bit_width(root, &self.store, BIT_WIDTH)
    }

    fn hamt_v0<V>(&self, root: &cid::Cid) -> Result<Hamtv0<&S, V>, fvm_ipld_hamt::Error>
    where
        V: Serialize + DeserializeOwned,
    {
        Hamtv0::load_with_bit_width(root, &self.store, BIT_WIDTH)
    }
}

/// An actor before there were delegated addresses (versions 0 to 4).
#[derive(Clone, Serialize, Deserialize)]
struct ActorV0(cid::Cid, cid::Cid, u64, econ::TokenAmount);

impl From<ActorV0> for ActorState {
    fn from(ActorV0(code, state, sequence, balance): ActorV0) -> ActorState {
        ActorState::new(code, state, balance, sequence, None)
    }
}

/// The state of the init actor, the same in all versions.
#[derive(Deserialize)]
#[serde(from = "(cid::Cid, u64, String)")]
struct InitState {
    address_map: cid::Cid,
    network_name: String,
}

impl From<(cid::Cid, u64, String)> for InitState {
    fn from((address_map, _, network_name): (cid::Cid, u64, String)) -> InitState {
        InitState {
            address_map,
            network_name,
        }
    }
}
