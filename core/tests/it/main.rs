//! Tests of `lotus-core` as its users see it.

mod examples;
mod permissions;
