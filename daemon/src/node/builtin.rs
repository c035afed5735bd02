//! The states of the built-in actors, as they are in a chain's store.

use fvm_ipld_encoding::CborStore;
use fvm_ipld_hamt::Hamt;
use fvm_shared::HAMT_BIT_WIDTH;
use fvm_shared::state::ActorState;
use lotus_chain::store::ChainBlockstore;
use lotus_chain::store::state::StateReader;
use lotus_chain::vm::manifest::ActorKind;
use lotus_core::Error;
use lotus_core::types::{Address, TipSetKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chain::Chain;

/// The states of the actors as of one tipset.
pub(super) struct Builtin {
    pub(super) blocks: ChainBlockstore,
    actors: StateReader<ChainBlockstore>,
}

impl Builtin {
    /// Those before the messages of a tipset, as Lotus's methods read them.
    ///
    /// # Errors
    /// The tipset or its state is not here.
    pub(super) fn at(chain: &dyn Chain, tipset: &TipSetKey) -> Result<Builtin, Error> {
        Ok(Builtin {
            blocks: chain.store().blocks().clone(),
            actors: chain.state(tipset)?,
        })
    }

    /// The ID of an address; error 11 if there is no such actor.
    ///
    /// # Errors
    /// The state is not here.
    pub(super) fn id(&self, address: &Address) -> Result<u64, Error> {
        let id = self.actors.lookup_id(address).map_err(Error::other)?;
        id.ok_or(Error::ActorNotFound)
    }

    /// An actor; error 11 if there is none.
    ///
    /// # Errors
    /// The state is not here.
    pub(super) fn actor(&self, address: &Address) -> Result<ActorState, Error> {
        let actor = self.actors.actor(address).map_err(Error::other)?;
        actor.ok_or(Error::ActorNotFound)
    }

    /// The state of an actor of this kind, and the actor.
    ///
    /// # Errors
    /// There is no such actor, it is of another kind or of another version of the actors than this
    /// program knows, or its state is not here.
    pub(super) fn load<T: DeserializeOwned>(
        &self,
        address: &Address,
        kind: ActorKind,
    ) -> Result<(ActorState, T), Error> {
        let actor = self.actor(address)?;
        if ActorKind::of(&actor.code) != Some(kind) {
            return Err(Error::Other(format!(
                "{address} is no {} actor of version 17: its code is {}",
                kind.name(),
                actor.code
            )));
        }
        let state = self.blocks.get_cbor(&actor.state).map_err(Error::other)?;
        let state = state.ok_or_else(|| missing(&actor.state))?;
        Ok((actor, state))
    }

    /// The state of the actor with this ID, of which there is one only.
    ///
    /// # Errors
    /// As [`Builtin::load`].
    pub(super) fn singleton<T: DeserializeOwned>(
        &self,
        id: u64,
        kind: ActorKind,
    ) -> Result<T, Error> {
        Ok(self.load(&Address::new_id(id), kind)?.1)
    }

    /// A map of the built-in actors.
    ///
    /// # Errors
    /// It is not here.
    pub(super) fn map<V>(&self, root: &cid::Cid) -> Result<Hamt<&ChainBlockstore, V>, Error>
    where
        V: Serialize + DeserializeOwned,
    {
        self.map_of_width(root, HAMT_BIT_WIDTH)
    }

    /// A map whose nodes have another width, in bits.
    ///
    /// # Errors
    /// It is not here.
    pub(super) fn map_of_width<V>(
        &self,
        root: &cid::Cid,
        bit_width: u32,
    ) -> Result<Hamt<&ChainBlockstore, V>, Error>
    where
        V: Serialize + DeserializeOwned,
    {
        Hamt::load_with_bit_width(root, &self.blocks, bit_width).map_err(Error::other)
    }
}

/// A block that should be in the store, in the words of Lotus's blockstore.
pub(super) fn missing(cid: &cid::Cid) -> Error {
    Error::Other(format!("blockstore get: ipld: could not find {cid}"))
}
