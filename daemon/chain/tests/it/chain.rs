//! The chain and its own miner, through their public API.

mod durable;
mod foreign;
mod forks;
mod kill;
mod miner;
mod pool;
mod produce;
mod search;
mod world;
