//! The commands that only `lotus-miner` has.

pub(crate) mod init;
pub(crate) mod run;
