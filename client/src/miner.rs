//! The methods of a miner's process: import everything in here, and a [`Client`](crate::Client) of
//! [`ApiPath::V0`](crate::ApiPath::V0) has them, or a [`ReadOnly`](crate::ReadOnly) one those that
//! need no more than the permission `read`.
//!
//! ```
//! use lotus_client::miner::*;
//! use lotus_client::{ApiPath, Client};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let miner = lotus_testutil::TestMiner::start().await;
//! # let info = format!("{}:{}", miner.repo_token(), miner.daemon().ready().address).parse()?;
//! let client = Client::connect(&info, ApiPath::V0).await?;
//! println!("{}", client.version().await?.version);
//! # Ok(())
//! # }
//! ```

pub use lotus_core::api::auth::{AuthClient, AuthReader};
pub use lotus_core::api::backup::BackupClient;
pub use lotus_core::api::common::{CommonClient, CommonReader};
pub use lotus_core::api::miner::{
    actor::{ActorClient, ActorReader},
    market::{MarketClient, MarketReader},
    mining::{MiningClient, MiningReader},
    proving::{ProvingClient, ProvingReader},
    returns::ReturnClient,
    runtime::{RuntimeClient, RuntimeReader},
    sealing::SealingClient,
    sector::{SectorClient, SectorReader},
    storage::{StorageClient, StorageReader},
    worker::WorkerClient,
};
