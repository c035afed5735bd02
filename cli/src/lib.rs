//! The command lines of `lotus` and `lotus-miner`.
