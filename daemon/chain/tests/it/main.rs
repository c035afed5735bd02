//! Tests of the chain through its front door.

// A test fails by panicking; clippy knows that only of functions marked `#[test]`.
#![allow(clippy::unwrap_used)]

mod chain;
mod estimate;
mod mempool;
mod store;
