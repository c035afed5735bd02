//! The methods of a miner: import everything in here, and a [`Client`](crate::Client) has them.

pub use lotus_core::api::common::CommonClient;
