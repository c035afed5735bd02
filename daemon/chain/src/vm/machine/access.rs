//! The actors as a message reads and writes them, each for gas the first time; and the funds that
//! move between them.

use std::collections::HashSet;

use fvm_shared::ActorID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ErrorNumber;

use super::Machine;
use super::outcome::{CallError, syscall};
use crate::vm::gas::{self, OutOfGas};
use crate::vm::state_tree::ActorState;

/// Actors that are always at hand, so that using them is free (FIP-0055).
const PRELOADED: &[ActorID] = &[0, 1, 2, 3, 4, 5, 6, 7, 10, 99];

/// What has been paid for already: looking an actor up costs once in a message.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub(super) read: HashSet<ActorID>,
    pub(super) updated: HashSet<ActorID>,
}

impl Machine {
    /// Moves funds.
    pub(in crate::vm) fn transfer(
        &mut self,
        from: ActorID,
        to: ActorID,
        value: &TokenAmount,
    ) -> Result<(), CallError> {
        if value.is_negative() {
            return syscall(
                ErrorNumber::IllegalArgument,
                format!("negative transfer of {value}"),
            );
        }
        let Some(mut sender) = self.actor(from)? else {
            return syscall(
                ErrorNumber::InsufficientFunds,
                format!("f0{from} does not exist"),
            );
        };
        if sender.balance < *value {
            return syscall(
                ErrorNumber::InsufficientFunds,
                format!("f0{from} has {} FIL, less than {value} FIL", sender.balance),
            );
        }
        if from == to {
            return Ok(());
        }
        let Some(mut receiver) = self.actor(to)? else {
            return syscall(
                ErrorNumber::NotFound,
                format!("recipient f0{to} does not exist"),
            );
        };
        sender.balance -= value;
        receiver.balance += value;
        self.set_actor(from, sender)?;
        self.set_actor(to, receiver)
    }

    /// An actor, for gas when it is the first time.
    pub(in crate::vm) fn actor(&mut self, id: ActorID) -> Result<Option<ActorState>, CallError> {
        if !PRELOADED.contains(&id) && self.stack.access.read.insert(id) {
            self.charge("OnActorLookup", gas::ACTOR_LOOKUP)?;
        }
        Ok(self.tree.get(id)?)
    }

    /// Sets an actor, for gas when it is the first time.
    pub(in crate::vm) fn set_actor(
        &mut self,
        id: ActorID,
        actor: ActorState,
    ) -> Result<(), CallError> {
        self.charge_update(id)?;
        self.tree.set(id, actor);
        Ok(())
    }

    pub(in crate::vm) fn charge_update(&mut self, id: ActorID) -> Result<(), OutOfGas> {
        if PRELOADED.contains(&id) {
            return Ok(());
        }
        if self.stack.access.read.insert(id) {
            self.charge("OnActorLookup", gas::ACTOR_LOOKUP)?;
        }
        if self.stack.access.updated.insert(id) {
            self.charge("OnActorUpdate", gas::ACTOR_UPDATE)?;
        }
        Ok(())
    }
}
