//! The methods of a full node: import everything in here, and a [`Client`](crate::Client) has them.

pub use lotus_core::api::common::CommonClient;
pub use lotus_core::api::wallet::WalletClient;
