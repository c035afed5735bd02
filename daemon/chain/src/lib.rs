//! A Filecoin chain in one process: what is stored, how messages are executed, which wait, and how
//! blocks are made of them.

pub mod accounts;
pub mod chain;
pub mod database;
pub mod devnet;
pub mod estimate;
pub mod keys;
pub mod mempool;
mod recent;
pub mod store;
pub mod vm;
