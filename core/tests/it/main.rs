//! Tests of `lotus-core` as its users see it.

mod examples;
mod openrpc;
mod permissions;
