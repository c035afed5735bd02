//! The node and miner daemons behind Lotus's API.

pub mod alerts;
pub mod log;
