//! One epoch's state and context, and the calls between its actors: addresses, implicit creation of
//! accounts, transfers, rollback, depth, gas and traces. The rules are those of the FVM's
//! `call_manager/default.rs`.

mod access;
mod outcome;
mod traces;

use std::fmt::Debug;
use std::sync::Arc;

use cid::Cid;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::{Address, Payload};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::event::StampedEvent;
use fvm_shared::version::NetworkVersion;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, METHOD_SEND, MethodNum};

use super::actors;
use super::blocks::Blocks;
use super::error::VmError;
use super::gas::{self, Meter, OutOfGas};
use super::manifest::{ActorKind, EAM_ACTOR_ID, SYSTEM_ACTOR_ID};
use super::runtime::Runtime;
use super::state_tree::{ActorState, Mark, StateTree};
use super::trace::{CallTrace, GasCharge};

use self::access::Access;
pub use self::outcome::Outcome;
use self::outcome::syscall;
pub(super) use self::outcome::{CallError, exit_code_of};

/// How deeply calls may nest, as in the FVM.
pub const MAX_CALL_DEPTH: u32 = 1024;

/// What is the same for all messages of a tipset.
#[derive(Debug, Clone)]
pub struct Context {
    /// The epoch that is executed.
    pub epoch: ChainEpoch,
    /// Its time, in seconds since 1970.
    pub timestamp: u64,
    /// What is burnt for a unit of gas.
    pub base_fee: TokenAmount,
    /// The circulating supply before this epoch.
    pub circulating_supply: TokenAmount,
    /// The version of the network's rules.
    pub network_version: NetworkVersion,
    /// The network's Ethereum chain id.
    pub chain_id: u64,
    /// Record what each call did.
    pub tracing: bool,
}

/// What the machine asks of the chain around it.
pub trait Externs: Debug + Send + Sync {
    /// The randomness drawn from the tickets at an epoch, as `StateGetRandomnessDigestFromTickets`.
    ///
    /// # Errors
    /// When the epoch is not on the chain.
    fn chain_randomness(&self, epoch: ChainEpoch) -> anyhow::Result<[u8; 32]>;

    /// The randomness drawn from the beacon at an epoch, as `StateGetRandomnessDigestFromBeacon`.
    ///
    /// # Errors
    /// When the epoch is not on the chain.
    fn beacon_randomness(&self, epoch: ChainEpoch) -> anyhow::Result<[u8; 32]>;

    /// Whether `signature` over `data` is that of the key behind `signer`, an f1, f3 or f4 address.
    fn verify_signature(&self, signature: &Signature, signer: &Address, data: &[u8]) -> bool;
}

/// One epoch's state, and the messages that are executed on it.
#[derive(Debug)]
pub struct Machine {
    pub(super) tree: StateTree,
    pub(super) context: Context,
    pub(super) externs: Arc<dyn Externs>,
    pub(super) stack: Stack,
}

/// What belongs to the message that is being executed.
#[derive(Debug, Default)]
pub(super) struct Stack {
    pub(super) origin: ActorID,
    /// As the message names it: new addresses derive from it.
    pub(super) origin_address: Option<Address>,
    pub(super) nonce: u64,
    pub(super) actors_created: u64,
    depth: u32,
    pub(super) gas: Meter,
    /// Set once, and then the message has failed whatever the actors make of it.
    out_of_gas: bool,
    /// Likewise.
    fatal: Option<VmError>,
    pub(super) events: Vec<StampedEvent>,
    access: Access,
    /// The calls under way, outermost first; the first is a root that holds the message's own.
    traces: Vec<CallTrace>,
    charges: Vec<GasCharge>,
}

impl Machine {
    /// A machine on the state under `root`.
    ///
    /// # Errors
    /// As [`StateTree::load`].
    pub fn new(
        blocks: Blocks,
        root: &Cid,
        context: Context,
        externs: Arc<dyn Externs>,
    ) -> Result<Self, VmError> {
        Ok(Self::on(StateTree::load(blocks, root)?, context, externs))
    }

    /// A machine on a tree.
    pub fn on(tree: StateTree, context: Context, externs: Arc<dyn Externs>) -> Self {
        Self {
            tree,
            context,
            externs,
            stack: Stack::default(),
        }
    }

    /// The state.
    pub fn tree(&self) -> &StateTree {
        &self.tree
    }

    /// What is the same for all messages.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Goes on to another epoch on the same state.
    pub fn set_context(&mut self, context: Context) {
        self.context = context;
    }

    /// The state root as it stands, with the blocks under it in the buffer.
    ///
    /// # Errors
    /// [`VmError::Store`].
    pub fn flush(&mut self) -> Result<Cid, VmError> {
        self.tree.flush()
    }

    /// Begins a message: nothing is charged or created yet.
    pub(super) fn begin(
        &mut self,
        origin: ActorID,
        from: Address,
        to: Address,
        nonce: u64,
        limit: u64,
    ) -> Result<(), VmError> {
        self.tree.blocks().take_usage();
        let mut access = Access::default();
        access.updated.insert(origin);
        access.read.insert(origin);
        access.read.extend(self.tree.lookup(&to)?);
        self.stack = Stack {
            origin,
            origin_address: Some(from),
            nonce,
            gas: Meter::new(limit),
            access,
            ..Stack::default()
        };
        Ok(())
    }

    pub(super) fn charge(&mut self, name: &'static str, gas: u64) -> Result<(), OutOfGas> {
        if self.context.tracing {
            self.stack.charges.push(GasCharge { name, gas });
        }
        let charged = self.stack.gas.charge(gas);
        self.stack.out_of_gas |= charged.is_err();
        charged
    }

    /// Calls an actor. When the exit code is not 0, or the call failed, what it did is undone.
    pub(super) fn call(
        &mut self,
        from: ActorID,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: &TokenAmount,
        read_only: bool,
    ) -> Result<Outcome, CallError> {
        if self.context.tracing {
            self.open_trace(from, to, method, params.clone(), value, read_only);
        }
        let mark = self.tree.mark();
        let events = self.stack.events.len();
        let result = if self.stack.depth >= MAX_CALL_DEPTH {
            syscall(
                ErrorNumber::LimitExceeded,
                "message execution exceeds call depth",
            )
        } else {
            self.stack.depth += 1;
            let result = self.call_address(from, to, method, params, value, read_only);
            self.stack.depth -= 1;
            result
        };
        if !matches!(&result, Ok(outcome) if outcome.exit_code.is_success()) {
            self.undo(mark, events);
        }
        if self.context.tracing {
            self.close_trace(&result);
        }
        result
    }

    fn undo(&mut self, mark: Mark, events: usize) {
        self.tree.rollback(mark);
        self.stack.events.truncate(events);
    }

    fn call_address(
        &mut self,
        from: ActorID,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: &TokenAmount,
        read_only: bool,
    ) -> Result<Outcome, CallError> {
        let id = match self.tree.lookup(to)? {
            Some(id) => id,
            None => self.create_by_send(to, read_only)?,
        };
        self.call_id(from, id, method, params, value, read_only)
    }

    /// A send to an address that nobody has creates its actor: an account for a key's address, a
    /// placeholder for an Ethereum address.
    fn create_by_send(&mut self, to: &Address, read_only: bool) -> Result<ActorID, CallError> {
        let (kind, delegated) = match to.payload() {
            Payload::Secp256k1(_) | Payload::BLS(_) => (ActorKind::Account, None),
            Payload::Delegated(address) if address.namespace() == EAM_ACTOR_ID => {
                (ActorKind::Placeholder, Some(*to))
            }
            _ => {
                return syscall(
                    ErrorNumber::NotFound,
                    format!("actor does not exist or cannot be created: {to}"),
                );
            }
        };
        if read_only {
            return syscall(
                ErrorNumber::ReadOnly,
                format!("cannot create account {to} in a read-only call"),
            );
        }
        if to.is_bls_zero_address() {
            return syscall(
                ErrorNumber::IllegalArgument,
                "cannot create the bls zero address actor",
            );
        }
        self.charge("OnCreateActor", gas::ADDRESS_ASSIGN + gas::ACTOR_CREATE)?;
        let id = self.tree.register(to)?;
        self.set_actor(id, ActorState::new_empty(kind.code(), delegated))?;
        if kind == ActorKind::Account {
            let key = IpldBlock::serialize_cbor(to).map_err(|error| {
                CallError::Syscall(ErrorNumber::IllegalArgument, error.to_string())
            })?;
            // Its exit code is nobody's: the constructor of an account that was just made succeeds.
            let zero = TokenAmount::default();
            self.call_id(SYSTEM_ACTOR_ID, id, METHOD_CONSTRUCTOR, key, &zero, false)?;
        }
        Ok(id)
    }

    fn call_id(
        &mut self,
        from: ActorID,
        to: ActorID,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: &TokenAmount,
        read_only: bool,
    ) -> Result<Outcome, CallError> {
        let Some(actor) = self.actor(to)? else {
            return syscall(
                ErrorNumber::NotFound,
                format!("actor does not exist: f0{to}"),
            );
        };
        let code = actor.code;
        if let Some(trace) = self.stack.traces.last_mut()
            && trace.invoked.is_none()
        {
            trace.invoked = Some((to, actor));
        }
        if *value != TokenAmount::default() {
            self.charge("OnValueTransfer", gas::TRANSFER)?;
            self.transfer(from, to, value)?;
        }
        if method == METHOD_SEND {
            return Ok(Outcome {
                exit_code: ExitCode::OK,
                value: None,
                error: None,
            });
        }
        self.charge("OnMethodInvocation", gas::METHOD + gas::INVOCATION)?;
        let Some(kind) = ActorKind::of(&code) else {
            return Err(
                VmError::Inconsistent(format!("f0{to} has the unknown code {code}")).into(),
            );
        };
        // What the caller has read and written so far.
        let usage = self.tree.blocks().take_usage();
        self.charge("OnBlocks", gas::blocks(usage))?;
        let mut runtime = Runtime::new(self, from, to, method, value.clone(), read_only);
        let result = actors::invoke(kind, &mut runtime, method, params);
        // An actor may have gone on after the machine or the gas failed under it.
        let usage = self.tree.blocks().take_usage();
        if let Some(error) = self
            .tree
            .blocks()
            .take_failure()
            .or_else(|| self.stack.fatal.take())
        {
            return Err(CallError::Fatal(error));
        }
        self.charge("OnBlocks", gas::blocks(usage))?;
        if self.stack.out_of_gas {
            return Err(CallError::OutOfGas);
        }
        let outcome = match result {
            Ok(value) => Outcome {
                exit_code: ExitCode::OK,
                value,
                error: None,
            },
            Err(error) => Outcome {
                exit_code: match error.code {
                    // An actor cannot exit with the machine's own codes.
                    code if code.is_system_error() => ExitCode::SYS_ILLEGAL_EXIT_CODE,
                    code => code,
                },
                value: error.data,
                error: Some(error.message),
            },
        };
        if let Some(value) = &outcome.value
            && self.stack.depth == 1
        {
            self.charge(
                "OnMethodReturn",
                gas::STORAGE_BYTE * value.data.len() as u64,
            )?;
        }
        Ok(outcome)
    }

    /// Notes that the machine failed under an actor, whose own result no longer counts.
    pub(super) fn note(&mut self, error: CallError) -> Option<(ErrorNumber, String)> {
        match error {
            CallError::Syscall(number, message) => return Some((number, message)),
            CallError::OutOfGas => self.stack.out_of_gas = true,
            CallError::Fatal(error) => {
                self.stack.fatal.get_or_insert(error);
            }
        }
        None
    }
}
