//! The methods that a full node has on `/rpc/v1`, for a client of [`ApiPath::V1`](crate::ApiPath::V1).
//!
//! ```
//! use lotus_client::full_node::v1::*;
//! use lotus_client::types::KeyType;
//! use lotus_client::{ApiPath, Client};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let node = lotus_testutil::TestNode::start().await;
//! # let info = format!("{}:{}", node.repo_token(), node.daemon().ready().address).parse()?;
//! let client = Client::connect(&info, ApiPath::V1).await?;
//! let address = client.wallet_new(KeyType::Bls).await?;
//! assert!(client.wallet_has(address).await?);
//! # Ok(())
//! # }
//! ```

pub use lotus_core::api::actor_events::{ActorEventsClient, ActorEventsReader};
pub use lotus_core::api::auth::{AuthClient, AuthReader};
pub use lotus_core::api::backup::BackupClient;
pub use lotus_core::api::chain::{ChainClient, ChainReader};
pub use lotus_core::api::common::{CommonClient, CommonReader};
pub use lotus_core::api::eth::{
    EthClient, EthReader,
    chain::{EthChainClient, EthChainReader},
    filter::{EthFilterClient, EthFilterReader},
    trace::{EthTracesClient, EthTracesReader},
};
pub use lotus_core::api::f3::{F3Client, F3Reader};
pub use lotus_core::api::gas::{GasClient, GasReader};
pub use lotus_core::api::market::MarketClient;
pub use lotus_core::api::mining::{MiningClient, MiningReader};
pub use lotus_core::api::mpool::{MpoolClient, MpoolReader};
pub use lotus_core::api::msig::{MsigClient, MsigReader};
pub use lotus_core::api::net::{NetClient, NetReader};
pub use lotus_core::api::paych::{PaychClient, PaychReader};
pub use lotus_core::api::state::{
    StateClient, StateReader,
    market::{StateMarketClient, StateMarketReader},
    miner::{StateMinerClient, StateMinerReader},
    randomness::{StateRandomnessClient, StateRandomnessReader},
    verified::{StateVerifiedClient, StateVerifiedReader},
};
pub use lotus_core::api::status::{StatusClient, StatusReader};
pub use lotus_core::api::sync::{SyncClient, SyncReader};
pub use lotus_core::api::wallet::{WalletClient, WalletReader};
