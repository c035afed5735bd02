//! The real programs, run as a user runs them, each in a home directory of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod auth_api;
mod careless;
mod chain;
mod chain_crash;
mod crash;
mod daemon;
mod full_disk;
mod harness;
mod hostile;
mod import;
mod local;
mod rpc;
mod rpc_client;
mod running;
mod secrets;
mod send;
mod shared_store;
mod state;
mod tokens;
mod tokens_offline;
mod wallet;
