//! The methods that a full node has on `/rpc/v0`, for a client of [`ApiPath::V0`](crate::ApiPath::V0).
//!
//! They are those of [`v1`](super::v1) and some more. 16 methods have other parameters, or another
//! result, than in v1; these have `_v0` after their names, `state_wait_msg_v0`, and those are the
//! ones to call here: their namesakes without a suffix speak as v1 does.
//!
//! ```
//! use lotus_client::full_node::v0::*;
//! use lotus_client::{ApiPath, Client};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let node = lotus_testutil::TestNode::start().await;
//! # let info = format!("{}:{}", node.repo_token(), node.daemon().ready().address).parse()?;
//! let client = Client::connect(&info, ApiPath::V0).await?;
//! println!("{}", client.version().await?.version);
//! # Ok(())
//! # }
//! ```

pub use super::v1::*;
pub use lotus_core::api::v0::{
    chain::{ChainV0Client, ChainV0Reader},
    msig::MsigV0Client,
    paych::PaychV0Client,
    state::{StateV0Client, StateV0Reader},
};
