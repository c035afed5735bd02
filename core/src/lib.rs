//! Lotus's API: traits with permissions, wire types, errors.
//!
//! Every method is declared once, with its wire name, permission and signature on adjacent lines:
//!
//! ```
//! use lotus_core::{Error, Permission, permissioned};
//! use jsonrpsee::proc_macros::rpc;
//!
//! #[permissioned]
//! #[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
//! pub trait Greeting {
//!     /// Says hello.
//!     #[method(name = "Hello", perm = write)]
//!     async fn hello(&self, who: String) -> Result<String, Error>;
//! }
//!
//! assert_eq!(GREETING[0].name, "Filecoin.Hello");
//! assert_eq!(GREETING[0].permission, Permission::Write);
//! ```
//!
//! From that come jsonrpsee's `GreetingServer` and `GreetingClient`, and the table `GREETING` that
//! a daemon's gate reads. Only an [`Api`], a module and its table compared when built, can be
//! served, so a method without a permission cannot reach the wire.
//!
//! This crate has no transport, runtime, file or clock.

// `#[permissioned]` names this crate by its absolute path, also when it is used in here.
extern crate self as lotus_core;

pub mod api;
pub mod error;
pub mod method;
pub mod openrpc;
pub mod read_only;
pub mod role;
pub mod wire_type;

pub use api::Api;
pub use error::Error;
pub use lotus_core_macros::permissioned;
/// The JSON shapes, which compile on their own.
pub use lotus_types as types;
pub use lotus_types::{Permission, Permissions, Scope, ScopeError, go};
pub use method::{Kind, Method, Param};
pub use read_only::ReadOnly;
pub use role::Role;
pub use wire_type::WireType;
