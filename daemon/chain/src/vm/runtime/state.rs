//! An actor's own state.

use fvm_ipld_encoding::CborStore;
use fvm_shared::EMPTY_ARR_CID;
use multihash_codetable::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Runtime;
use crate::vm::blocks::Blocks;
use crate::vm::error::{ActorError, OrExit};
use crate::vm::state_tree::ActorState;

impl Runtime<'_> {
    /// The store that states, HAMTs and AMTs live in.
    pub fn store(&self) -> Blocks {
        self.store.clone()
    }

    /// This actor's state.
    ///
    /// # Errors
    /// `USR_ILLEGAL_ARGUMENT` when the state is not of type `T`; `USR_ILLEGAL_STATE` when the actor has
    /// been deleted.
    pub fn state<T: DeserializeOwned>(&mut self) -> Result<T, ActorError> {
        let root = self.own()?.state;
        self.store.reach(&root);
        self.store
            .get_cbor(&root)
            .or_illegal_argument("failed to get actor state")?
            .or_illegal_state("state does not exist for actor state root")
    }

    /// Sets the state of an actor that has none yet: what constructors do.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when it has one.
    pub fn create<T: Serialize>(&mut self, state: &T) -> Result<(), ActorError> {
        let root = self.own()?.state;
        if root != EMPTY_ARR_CID {
            return Err(ActorError::illegal_state(format!(
                "failed to create state; expected empty array CID, got: {root}"
            )));
        }
        self.set_state(state)
    }

    /// Changes the state: `change` gets it, and what it leaves is stored when it succeeds. Inside,
    /// nothing can be sent, created or deleted.
    ///
    /// # Errors
    /// Those of `change`, and those of [`Self::state`].
    pub fn transaction<T, R>(
        &mut self,
        change: impl FnOnce(&mut T, &mut Self) -> Result<R, ActorError>,
    ) -> Result<R, ActorError>
    where
        T: Serialize + DeserializeOwned,
    {
        let mut state: T = self.state()?;
        self.in_transaction = true;
        let result = change(&mut state, self);
        self.in_transaction = false;
        let result = result?;
        self.set_state(&state)?;
        Ok(result)
    }

    fn set_state<T: Serialize>(&mut self, state: &T) -> Result<(), ActorError> {
        if self.read_only {
            return Err(ActorError::read_only(
                "cannot update the state while read-only",
            ));
        }
        let root = self
            .store()
            .put_cbor(state, Code::Blake2b256)
            .or_illegal_argument("failed to write actor state")?;
        let mut actor = self.own()?;
        actor.state = root;
        let set = self.machine.set_actor(self.receiver, actor);
        self.settle(set)
    }

    fn own(&mut self) -> Result<ActorState, ActorError> {
        let actor = self.machine.actor(self.receiver);
        self.settle(actor)?
            .or_illegal_state("the actor has been deleted")
    }
}
