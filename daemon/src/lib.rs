//! The node and miner daemons behind Lotus's API.

pub mod keystore;
pub mod wallet;
