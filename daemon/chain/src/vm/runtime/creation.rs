//! How actors come into the world, and leave it.

use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

use super::Runtime;
use crate::vm::error::ActorError;
use crate::vm::gas;
use crate::vm::manifest::{ActorKind, INIT_ACTOR_ID};
use crate::vm::state_tree::ActorState;

impl Runtime<'_> {
    /// The address that the next actor created by this message gets: an f2 address that survives
    /// reorganisations.
    ///
    /// # Errors
    /// `USR_SERIALIZATION`, which cannot happen.
    pub fn new_actor_address(&self) -> Result<Address, ActorError> {
        let stack = &self.machine.stack;
        let mut seed = fvm_ipld_encoding::to_vec(&stack.origin_address)?;
        seed.extend_from_slice(&stack.nonce.to_be_bytes());
        seed.extend_from_slice(&stack.actors_created.to_be_bytes());
        Ok(Address::new_actor(&seed))
    }

    /// Creates an actor under an id, or turns a placeholder into one. Only the init actor can.
    ///
    /// # Errors
    /// `USR_FORBIDDEN` when there is another actor with that id.
    pub fn create_actor(
        &mut self,
        kind: ActorKind,
        id: ActorID,
        delegated: Option<Address>,
    ) -> Result<(), ActorError> {
        if self.in_transaction {
            return Err(ActorError::assertion_failed(
                "create_actor is not allowed in a transaction",
            ));
        }
        if self.receiver != INIT_ACTOR_ID || kind == ActorKind::Placeholder {
            return Err(ActorError::assertion_failed(format!(
                "cannot create a {}",
                kind.name()
            )));
        }
        if self.read_only {
            return Err(ActorError::assertion_failed(
                "cannot create actors while read-only",
            ));
        }
        let existing = self.machine.actor(id);
        let actor = match self.settle(existing)? {
            None => {
                let charged = self.machine.charge("OnCreateActor", gas::ACTOR_CREATE);
                self.settle(charged.map_err(Into::into))?;
                ActorState::new_empty(kind.code(), delegated)
            }
            Some(mut placeholder)
                if ActorKind::of(&placeholder.code) == Some(ActorKind::Placeholder)
                    && placeholder.delegated_address == delegated =>
            {
                placeholder.code = kind.code();
                placeholder
            }
            Some(_) => return Err(ActorError::forbidden("actor already exists")),
        };
        let set = self.machine.set_actor(id, actor);
        self.settle(set)?;
        self.machine.stack.actors_created += 1;
        Ok(())
    }

    /// Deletes this actor, which must have spent everything.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when it has funds; `USR_READ_ONLY`.
    pub fn delete_actor(&mut self) -> Result<(), ActorError> {
        if self.in_transaction {
            return Err(ActorError::assertion_failed(
                "delete_actor is not allowed in a transaction",
            ));
        }
        if self.read_only {
            return Err(ActorError::read_only(
                "cannot delete an actor while read-only",
            ));
        }
        if self.balance()? != TokenAmount::default() {
            return Err(ActorError::illegal_state(
                "actor to be deleted has unspent funds",
            ));
        }
        let charged = self.machine.charge_update(self.receiver);
        self.settle(charged.map_err(Into::into))?;
        self.machine.tree.delete(self.receiver);
        Ok(())
    }
}
