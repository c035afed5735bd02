//! The methods of a wallet that is a process of its own (Lotus's `lotus-wallet`): import everything
//! in here, and a [`Client`](crate::Client) of [`ApiPath::V0`](crate::ApiPath::V0) has them. All
//! need the permission `admin`.
//!
//! ```
//! use lotus_client::remote_wallet::*;
//! use lotus_client::types::Address;
//! use lotus_client::{CallError, Client};
//!
//! async fn keys(wallet: &Client) -> Result<Vec<Address>, CallError> {
//!     wallet.wallet_list().await
//! }
//! ```

pub use lotus_core::api::remote_wallet::RemoteWalletClient;
