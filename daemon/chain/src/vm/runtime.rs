//! What an actor's code sees of the machine: who called, with what; its own state; the other actors.

mod creation;
mod event;
mod lookup;
mod send;
mod state;
mod values;

use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::{Signature, SignatureType};
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::event::{ActorEvent, StampedEvent};
use fvm_shared::version::NetworkVersion;
use fvm_shared::{ActorID, MethodNum};

use super::blocks::Blocks;
use super::error::{ActorError, OrExit};
use super::frc42::FIRST_EXPORTED_METHOD;
use super::gas;
use super::machine::{CallError, Machine};
use super::manifest::ActorKind;

pub use self::event::Event;
pub use self::send::send_result;
pub use self::values::{no_params, params, returned, returns};

/// One call of one actor's method.
///
/// If the machine fails underneath (the store does, or gas runs out), the actor is told with some
/// error, and whatever it returns is discarded.
#[derive(Debug)]
pub struct Runtime<'m> {
    machine: &'m mut Machine,
    store: Blocks,
    caller: ActorID,
    receiver: ActorID,
    method: MethodNum,
    value: TokenAmount,
    read_only: bool,
    in_transaction: bool,
}

impl<'m> Runtime<'m> {
    pub(super) fn new(
        machine: &'m mut Machine,
        caller: ActorID,
        receiver: ActorID,
        method: MethodNum,
        value: TokenAmount,
        read_only: bool,
    ) -> Self {
        Self {
            store: machine.tree.blocks().for_call(),
            machine,
            caller,
            receiver,
            method,
            value,
            read_only,
            in_transaction: false,
        }
    }

    // ---- the call ----

    /// Who called this method.
    pub fn caller(&self) -> ActorID {
        self.caller
    }

    /// The caller's id address.
    pub fn caller_address(&self) -> Address {
        Address::new_id(self.caller)
    }

    /// This actor.
    pub fn receiver(&self) -> ActorID {
        self.receiver
    }

    /// Who sent the message that this call is part of.
    pub fn origin(&self) -> ActorID {
        self.machine.stack.origin
    }

    /// The nonce of that message.
    pub fn nonce(&self) -> u64 {
        self.machine.stack.nonce
    }

    /// The method that was called.
    pub fn method(&self) -> MethodNum {
        self.method
    }

    /// What came with the call; it is in this actor's balance already.
    pub fn value_received(&self) -> &TokenAmount {
        &self.value
    }

    /// Nothing may be changed by this call.
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    // ---- the network ----

    /// The epoch that is executed.
    pub fn epoch(&self) -> ChainEpoch {
        self.machine.context.epoch
    }

    /// What is burnt for a unit of gas.
    pub fn base_fee(&self) -> &TokenAmount {
        &self.machine.context.base_fee
    }

    /// The circulating supply before this epoch.
    pub fn circulating_supply(&self) -> &TokenAmount {
        &self.machine.context.circulating_supply
    }

    /// The version of the network's rules.
    pub fn network_version(&self) -> NetworkVersion {
        self.machine.context.network_version
    }

    /// The randomness of the tickets at an epoch, before personalization.
    ///
    /// # Errors
    /// `USR_ILLEGAL_ARGUMENT` when the epoch lies in the future or before the chain.
    pub fn chain_randomness(&self, epoch: ChainEpoch) -> Result<[u8; 32], ActorError> {
        self.past(epoch)?;
        self.machine.externs.chain_randomness(epoch).or_exit(
            ExitCode::USR_ASSERTION_FAILED,
            "get chain randomness failed",
        )
    }

    /// The randomness of the beacon at an epoch, before personalization.
    ///
    /// # Errors
    /// As [`Self::chain_randomness`].
    pub fn beacon_randomness(&self, epoch: ChainEpoch) -> Result<[u8; 32], ActorError> {
        self.past(epoch)?;
        self.machine.externs.beacon_randomness(epoch).or_exit(
            ExitCode::USR_ASSERTION_FAILED,
            "get beacon randomness failed",
        )
    }

    fn past(&self, epoch: ChainEpoch) -> Result<(), ActorError> {
        if epoch > self.epoch() {
            return Err(ActorError::illegal_argument(format!(
                "randomness epoch {epoch} is in the future"
            )));
        }
        Ok(())
    }

    // ---- who may call ----

    /// The caller must be one of these actors.
    ///
    /// # Errors
    /// `USR_FORBIDDEN`.
    pub fn require_caller(&self, ids: &[ActorID]) -> Result<(), ActorError> {
        if ids.contains(&self.caller) {
            return Ok(());
        }
        Err(ActorError::forbidden(format!(
            "caller f0{} is not one of supported",
            self.caller
        )))
    }

    /// The caller must be an actor of one of these kinds.
    ///
    /// # Errors
    /// `USR_FORBIDDEN`.
    pub fn require_caller_kind(&mut self, kinds: &[ActorKind]) -> Result<(), ActorError> {
        match self.kind_of(self.caller)? {
            Some(kind) if kinds.contains(&kind) => Ok(()),
            _ => Err(ActorError::forbidden(format!(
                "caller f0{} is not of a supported type",
                self.caller
            ))),
        }
    }

    /// Methods below the exported range (FRC-0042) are for built-in actors other than contracts. Called
    /// once, by the dispatch, for every actor but the EVM's.
    pub(super) fn restrict_internal_api(&mut self) -> Result<(), ActorError> {
        if self.method >= FIRST_EXPORTED_METHOD {
            return Ok(());
        }
        match self.kind_of(self.caller)? {
            Some(kind) if kind != ActorKind::Evm => Ok(()),
            _ => Err(ActorError::forbidden(format!(
                "caller f0{} of method {} must be built-in",
                self.caller, self.method
            ))),
        }
    }

    // ---- the rest ----

    /// Emits an event. Build it with [`Event`].
    ///
    /// # Errors
    /// `USR_READ_ONLY`.
    pub fn emit(&mut self, event: Event) -> Result<(), ActorError> {
        if self.read_only {
            return Err(ActorError::read_only("cannot emit events while read-only"));
        }
        let event = StampedEvent::new(
            self.receiver,
            ActorEvent {
                entries: event.entries,
            },
        );
        self.machine.stack.events.push(event);
        Ok(())
    }

    /// Whether a signature over `data` is that of the key behind `signer`, an f1, f3 or f4 address.
    ///
    /// # Errors
    /// Only when gas runs out.
    pub fn verify_signature(
        &mut self,
        signature: &Signature,
        signer: &Address,
        data: &[u8],
    ) -> Result<bool, ActorError> {
        let gas = match signature.sig_type {
            SignatureType::Secp256k1 => gas::SECP_RECOVER,
            SignatureType::BLS => gas::BLS_VERIFY,
        };
        let charged = self.machine.charge("OnVerifySignature", gas);
        self.settle(charged.map_err(Into::into))?;
        Ok(self
            .machine
            .externs
            .verify_signature(signature, signer, data))
    }

    /// The BLAKE2b-256 of `data`.
    pub fn blake2b(&self, data: &[u8]) -> [u8; 32] {
        let hash = blake2b_simd::Params::new().hash_length(32).hash(data);
        let mut digest = [0; 32];
        digest.copy_from_slice(hash.as_bytes());
        digest
    }

    /// Hands a failure of the machine to the machine; the actor only learns that there was one.
    fn settle<T>(&mut self, result: Result<T, CallError>) -> Result<T, ActorError> {
        result.map_err(|error| {
            let message = match self.machine.note(error) {
                Some((_, message)) => message,
                None => "the machine has failed".to_owned(),
            };
            ActorError::assertion_failed(message)
        })
    }
}
