//! The methods of a worker of a miner (Lotus's `lotus-worker`): import everything in here, and a
//! [`Client`](crate::Client) of [`ApiPath::V0`](crate::ApiPath::V0) has them. All need
//! the permission `admin`.
//!
//! ```
//! use lotus_client::worker::*;
//! use lotus_client::{ApiPath, CallError, Client};
//!
//! async fn pause(worker: &Client) -> Result<(), CallError> {
//!     worker.set_enabled(false).await
//! }
//! ```

pub use lotus_core::api::worker::{
    management::ManagementClient, proving::ProvingClient, sealing::SealingClient,
    storage::StorageClient,
};
