//! `/rpc/v0` of a full node, where it differs from `/rpc/v1`: methods that only it has, and
//! methods whose parameters or result are those of old.
//!
//! The latter have `_v0` after their names in Rust, because both can be called where the traits of
//! v1 are in scope; on the wire they have no suffix.

pub mod chain;
pub mod msig;
pub mod paych;
pub mod state;
