//! The virtual machine: executes messages natively, with the same result as the real FVM.
//!
//! The real FVM runs the built-in actors as wasm. Here each actor is a Rust file of its own in
//! [`actors`], written against the [`Runtime`] below, over the same state types, the same HAMT state
//! tree and the same rules of the machine around it: addresses, transfers, rollback, exit codes, fees.
//! That both agree to the last bit of the state root is not claimed but measured, by the conformance
//! package next to this crate.
//!
//! # The parts
//!
//! | module | noun |
//! |---|---|
//! | [`manifest`] | which code CID is which built-in actor; the singletons' ids |
//! | [`blocks`] | the write buffer between the actors and the blockstore |
//! | [`state_tree`] | the actors of the chain, cached and journalled |
//! | [`machine`] | one epoch's state and context; runs messages and calls |
//! | [`runtime`] | what an actor's code sees |
//! | [`actors`] | the actors |
//! | [`keys`] | numbers as keys |
//! | [`multimap`] | many values under a key |
//! | [`apply`] | one message: validity, fees, receipt |
//! | [`executor`] | one tipset |
//! | [`genesis`] | the state before the first epoch |
//! | [`exit_code`] | what exit codes are called |
//! | [`error`] | how an actor fails, and how the machine does |
//!
//! # How an actor is written
//!
//! One file `actors/NAME.rs`: the state as a serde tuple, a table of its methods, and `invoke`.
//! A failed method returns an [`ActorError`]; everything it did is rolled back by the machine.
//!
//! ```
//! use fvm_ipld_encoding::ipld_block::IpldBlock;
//! use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
//! use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};
//! use lotus_chain::vm::manifest::{ActorKind, SYSTEM_ACTOR_ID};
//! use lotus_chain::vm::{ActorError, Runtime, runtime::{no_params, params, returns}};
//!
//! /// How often it was called.
//! #[derive(Serialize_tuple, Deserialize_tuple)]
//! struct State {
//!     calls: u64,
//! }
//!
//! /// The methods, by number, for traces and `StateListMethods`-like listings.
//! pub const METHODS: &[(MethodNum, &str)] = &[(METHOD_CONSTRUCTOR, "Constructor"), (2, "Add")];
//!
//! pub fn invoke(
//!     rt: &mut Runtime<'_>,
//!     method: MethodNum,
//!     input: Option<IpldBlock>,
//! ) -> Result<Option<IpldBlock>, ActorError> {
//!     match method {
//!         METHOD_CONSTRUCTOR => {
//!             no_params(input)?;
//!             rt.require_caller(&[SYSTEM_ACTOR_ID])?;
//!             rt.create(&State { calls: 0 })?;
//!             Ok(None)
//!         }
//!         2 => {
//!             let (by,): (u64,) = params(input)?;
//!             rt.require_caller_kind(&[ActorKind::Account, ActorKind::Multisig])?;
//!             let now = rt.transaction(|state: &mut State, _rt| {
//!                 state.calls = state
//!                     .calls
//!                     .checked_add(by)
//!                     .ok_or_else(|| ActorError::illegal_argument("too many"))?;
//!                 Ok(state.calls)
//!             })?;
//!             returns(&(now,))
//!         }
//!         _ => Err(ActorError::unhandled(method)),
//!     }
//! }
//! ```
//!
//! Collections live in the store: `Hamt::load_with_bit_width(&cid, rt.store(), HAMT_BIT_WIDTH)` and
//! `Amt::load(&cid, rt.store())`; [`OrExit`] turns their errors into an [`ActorError`] with the exit
//! code that the real actor has for it.

pub mod actors;
pub mod apply;
pub mod blocks;
pub mod error;
pub mod executor;
pub mod exit_code;
pub mod fees;
pub mod frc42;
pub mod gas;
pub mod genesis;
mod journal;
pub mod keys;
mod links;
pub mod machine;
pub mod manifest;
pub mod multimap;
pub mod runtime;
pub mod state_tree;
pub mod trace;

pub use apply::{Applied, ApplyKind};
pub use error::{ActorError, OrExit, VmError};
pub use executor::{Executor, NativeExecutor};
pub use machine::{Context, Externs, Machine};
pub use runtime::Runtime;
