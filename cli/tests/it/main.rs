//! The real programs, run as a user runs them, each in a home directory of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod daemon;
mod harness;
mod local;
mod running;
mod wallet;
