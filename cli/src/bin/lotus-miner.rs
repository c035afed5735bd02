//! The program `lotus-miner`.

fn main() {}
