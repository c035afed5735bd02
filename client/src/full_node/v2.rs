//! The methods that a full node has on `/rpc/v2`, for a client of [`ApiPath::V2`](crate::ApiPath::V2).
//!
//! They name a tipset by what it is: the latest safe one, the one at an epoch. Some have the names
//! of methods of [`v1`](super::v1) and take other parameters, so import one of the two.
//!
//! ```
//! use lotus_client::full_node::v2::*;
//! use lotus_client::{ApiPath, Client, error};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let node = lotus_testutil::TestNode::start().await;
//! # let info = format!("{}:{}", node.repo_token(), node.daemon().ready().address).parse()?;
//! let client = Client::connect(&info, ApiPath::V2).await?;
//! match client.chain_get_tip_set_finality_status().await {
//!     Ok(status) => println!("{status:?}"),
//!     Err(error) => println!("{}", error::message(&error)),
//! }
//! # Ok(())
//! # }
//! ```

pub use lotus_core::api::eth::{
    EthClient, EthReader,
    chain::{EthChainClient, EthChainReader},
    filter::{EthFilterClient, EthFilterReader},
    trace::{EthTracesClient, EthTracesReader},
};
pub use lotus_core::api::v2::{
    chain::{ChainV2Client, ChainV2Reader},
    state::{StateV2Client, StateV2Reader},
};
