//! Tests of the chain through its front door.

// A test fails by panicking; clippy knows that only of functions marked `#[test]`.
#![allow(clippy::unwrap_used)]

mod chain;
#[path = "../support/child.rs"]
mod child;
mod estimate;
mod mempool;
#[path = "../support/outside.rs"]
mod outside;
mod store;
