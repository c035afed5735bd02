//! What an actor can learn of the others: who they are, what they are, what they own.

use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::{ActorID, METHOD_SEND};

use super::Runtime;
use crate::vm::error::{ActorError, OrExit};
use crate::vm::manifest::ActorKind;

impl Runtime<'_> {
    /// This actor's balance.
    ///
    /// # Errors
    /// Only when the machine fails.
    pub fn balance(&mut self) -> Result<TokenAmount, ActorError> {
        let actor = self.machine.actor(self.receiver);
        Ok(self
            .settle(actor)?
            .map(|actor| actor.balance)
            .unwrap_or_default())
    }

    /// The balance of any actor; none if there is no such actor.
    ///
    /// # Errors
    /// Only when the machine fails.
    pub fn balance_of(&mut self, id: ActorID) -> Result<Option<TokenAmount>, ActorError> {
        let actor = self.machine.actor(id);
        Ok(self.settle(actor)?.map(|actor| actor.balance))
    }

    /// What kind of actor an id is; none if there is none with it, or not a built-in one.
    ///
    /// # Errors
    /// Only when the machine fails.
    pub fn kind_of(&mut self, id: ActorID) -> Result<Option<ActorKind>, ActorError> {
        let actor = self.machine.actor(id);
        Ok(self
            .settle(actor)?
            .and_then(|actor| ActorKind::of(&actor.code)))
    }

    /// The f4 address of an actor, if there is such an actor and it has one.
    ///
    /// # Errors
    /// Only when the machine fails.
    pub fn delegated_address(&mut self, id: ActorID) -> Result<Option<Address>, ActorError> {
        let actor = self.machine.actor(id);
        Ok(self
            .settle(actor)?
            .and_then(|actor| actor.delegated_address))
    }

    /// The id behind an address; none if it has none. An id is its own, whether or not there is such
    /// an actor.
    ///
    /// # Errors
    /// Only when the machine fails.
    pub fn resolve(&mut self, address: &Address) -> Result<Option<ActorID>, ActorError> {
        let id = self.machine.tree.lookup(address);
        self.settle(id.map_err(Into::into))
    }

    /// The id behind an address; an address that has none gets one by being sent nothing, as
    /// `resolve_to_actor_id` of the built-in actors does. With `check`, there must be such an actor.
    ///
    /// # Errors
    /// `USR_ILLEGAL_ARGUMENT` when it cannot have one, `USR_NOT_FOUND` when there is no such actor; those
    /// of the send.
    pub fn resolve_or_create(
        &mut self,
        address: &Address,
        check: bool,
    ) -> Result<ActorID, ActorError> {
        let mut id = self.resolve(address)?;
        if id.is_none() {
            self.call(address, METHOD_SEND, None, TokenAmount::default())
                .map_err(|e| {
                    e.context(format!("failed to send zero balance to address {address}"))
                })?;
            id = self.resolve(address)?;
        }
        let id = id.or_illegal_argument(format!("failed to resolve or initialize {address}"))?;
        if check {
            let actor = self.machine.actor(id);
            self.settle(actor)?
                .ok_or_else(|| ActorError::not_found(format!("no code for address {address}")))?;
        }
        Ok(id)
    }
}
