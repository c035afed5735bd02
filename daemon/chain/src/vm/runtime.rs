//! What an actor's code sees of the machine: who called, with what; its own state; the other actors.

use fvm_ipld_encoding::CborStore;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::event::{ActorEvent, Entry, Flags, StampedEvent};
use fvm_shared::version::NetworkVersion;
use fvm_shared::{ActorID, EMPTY_ARR_CID, METHOD_SEND, MethodNum};
use multihash_codetable::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::blocks::Blocks;
use super::error::{ActorError, OrExit};
use super::frc42::FIRST_EXPORTED_METHOD;
use super::gas;
use super::machine::{CallError, Machine, Outcome};
use super::manifest::{ActorKind, BURNT_FUNDS_ACTOR_ID, INIT_ACTOR_ID};
use super::state_tree::ActorState;

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

    // ---- state ----

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

    // ---- other actors ----

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

    /// Calls another actor. `Ok` has its exit code, which may not be 0; then what it did is undone.
    ///
    /// # Errors
    /// Why the call did not reach it.
    pub fn send(
        &mut self,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: TokenAmount,
        read_only: bool,
    ) -> Result<Outcome, ErrorNumber> {
        if self.in_transaction {
            return Err(ErrorNumber::IllegalOperation);
        }
        let read_only = read_only || self.read_only;
        if read_only && value != TokenAmount::default() {
            return Err(ErrorNumber::ReadOnly);
        }
        let sent = self
            .machine
            .call(self.receiver, to, method, params, &value, read_only);
        sent.map_err(|error| match self.machine.note(error) {
            Some((number, _)) => number,
            None => ErrorNumber::AssertionFailed,
        })
    }

    /// Calls another actor and takes its failure for one's own: `send` and `extract_send_result` of
    /// the built-in actors.
    ///
    /// # Errors
    /// As [`send_result`].
    pub fn call(
        &mut self,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: TokenAmount,
    ) -> Result<Option<IpldBlock>, ActorError> {
        if self.in_transaction {
            return Err(ActorError::assertion_failed(
                "send is not allowed during transaction",
            ));
        }
        send_result(to, method, self.send(to, method, params, value, false))
    }

    /// [`Self::call`] that cannot change anything.
    ///
    /// # Errors
    /// As [`send_result`].
    pub fn call_read_only(
        &mut self,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
    ) -> Result<Option<IpldBlock>, ActorError> {
        if self.in_transaction {
            return Err(ActorError::assertion_failed(
                "send is not allowed during transaction",
            ));
        }
        send_result(
            to,
            method,
            self.send(to, method, params, TokenAmount::default(), true),
        )
    }

    // ---- creation and deletion ----

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

    /// Sends from this actor to the burnt funds.
    ///
    /// # Errors
    /// Those of [`Self::call`].
    pub fn burn(&mut self, value: TokenAmount) -> Result<(), ActorError> {
        self.call(
            &Address::new_id(BURNT_FUNDS_ACTOR_ID),
            METHOD_SEND,
            None,
            value,
        )
        .map(drop)
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
        use fvm_shared::crypto::signature::SignatureType;
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

/// What an actor makes of a call that failed (`extract_send_result` of the built-in actors).
///
/// # Errors
/// The callee's exit code as [`ActorError::of_callee`]; for a call that did not reach it
/// `USR_UNSPECIFIED` (no such receiver), `USR_INSUFFICIENT_FUNDS` or `USR_ASSERTION_FAILED`.
pub fn send_result(
    to: &Address,
    method: MethodNum,
    sent: Result<Outcome, ErrorNumber>,
) -> Result<Option<IpldBlock>, ActorError> {
    match sent {
        Ok(outcome) if outcome.exit_code.is_success() => Ok(outcome.value),
        Ok(Outcome {
            exit_code, value, ..
        }) => Err(ActorError::of_callee(
            exit_code,
            format!("send to {to} method {method} aborted with code {exit_code}"),
            value,
        )),
        Err(ErrorNumber::NotFound) => Err(ActorError::unspecified("receiver not found")),
        Err(ErrorNumber::InsufficientFunds) => {
            Err(ActorError::insufficient_funds("not enough funds"))
        }
        Err(ErrorNumber::LimitExceeded) => {
            Err(ActorError::assertion_failed("recursion limit exceeded"))
        }
        Err(ErrorNumber::ReadOnly) => Err(ActorError::new(
            ExitCode::USR_READ_ONLY,
            "cannot write in read-only mode",
        )),
        Err(other) => Err(ActorError::assertion_failed(format!(
            "unexpected error: {other}"
        ))),
    }
}

/// A method's parameters.
///
/// # Errors
/// `USR_ILLEGAL_ARGUMENT` when there are none, `USR_SERIALIZATION` when they are not a `T`.
pub fn params<T: DeserializeOwned>(input: Option<IpldBlock>) -> Result<T, ActorError> {
    let input = input.or_illegal_argument("method expects arguments")?;
    Ok(input.deserialize()?)
}

/// What another actor returned.
///
/// # Errors
/// `USR_ASSERTION_FAILED` when it returned nothing, `USR_SERIALIZATION` when it is not a `T`.
pub fn returned<T: DeserializeOwned>(value: Option<IpldBlock>) -> Result<T, ActorError> {
    let value = value.or_exit(ExitCode::USR_ASSERTION_FAILED, "return expected")?;
    Ok(value.deserialize()?)
}

/// The method takes none.
///
/// # Errors
/// `USR_ILLEGAL_ARGUMENT` when there are parameters.
pub fn no_params(input: Option<IpldBlock>) -> Result<(), ActorError> {
    match input {
        None => Ok(()),
        Some(_) => Err(ActorError::illegal_argument("method expects no arguments")),
    }
}

/// A method's return value, in CBOR.
///
/// # Errors
/// `USR_SERIALIZATION`.
pub fn returns<T: Serialize>(value: &T) -> Result<Option<IpldBlock>, ActorError> {
    Ok(IpldBlock::serialize_cbor(value)?)
}

/// An event under construction, as the built-in actors' `EventBuilder`: values are CBOR, keys are
/// indexed, values if asked for.
#[derive(Debug, Clone, Default)]
pub struct Event {
    entries: Vec<Entry>,
}

impl Event {
    /// An event of a type, which is its first entry, `$type`.
    ///
    /// # Errors
    /// `USR_SERIALIZATION`.
    pub fn of(kind: &str) -> Result<Self, ActorError> {
        Self::default().indexed("$type", &kind)
    }

    /// Adds a field that can be searched for by key and value.
    ///
    /// # Errors
    /// `USR_SERIALIZATION`.
    pub fn indexed(self, key: &str, value: &impl Serialize) -> Result<Self, ActorError> {
        self.push(Flags::FLAG_INDEXED_ALL, key, value)
    }

    /// Adds a field whose key alone is indexed.
    ///
    /// # Errors
    /// `USR_SERIALIZATION`.
    pub fn field(self, key: &str, value: &impl Serialize) -> Result<Self, ActorError> {
        self.push(Flags::FLAG_INDEXED_KEY, key, value)
    }

    fn push(mut self, flags: Flags, key: &str, value: &impl Serialize) -> Result<Self, ActorError> {
        self.entries.push(Entry {
            flags,
            key: key.to_owned(),
            codec: fvm_ipld_encoding::CBOR,
            value: fvm_ipld_encoding::to_vec(value)?,
        });
        Ok(self)
    }
}
