//! Integration tests of the daemon: in this process, through real sockets.
//!
//! Three tiers: unit tests stand beside the code; these here start `TestNode`s; the real programs
//! run in `cli/tests/it` and `testutil/interop`.

// A test fails by panicking; clippy knows that only of functions marked `#[test]`.
#![allow(clippy::unwrap_used)]

mod chain;
mod channels;
#[path = "../../chain/tests/support/child.rs"]
mod child;
mod crowd;
mod gate;
mod hostile;
mod http;
mod lifetimes;
mod matrix;
mod names;
mod retention;
mod revocation;
mod shutdown;
mod store;
mod storm;
mod tokens;
mod ws;
