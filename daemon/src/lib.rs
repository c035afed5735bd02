//! The node and miner daemons behind Lotus's API.

pub mod alerts;
pub mod config;
pub mod log;
pub mod repo;
pub mod role;
