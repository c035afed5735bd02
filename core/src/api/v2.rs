//! `/rpc/v2` of a full node: its methods name a tipset by what it is, not only by its key. Beside
//! these it answers the methods of the group Eth, as `/rpc/v1` does.

pub mod chain;
pub mod state;
