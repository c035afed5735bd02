//! The methods of a full node, for each version of its API: import everything in a version's module,
//! and a [`Client`](crate::Client) has them. Everything in here is [`v1`].
//!
//! Each method group comes as two traits: `WalletClient` for a [`Client`](crate::Client), and, of
//! the methods that need no more than the permission `read`, `WalletReader` for a
//! [`ReadOnly`](crate::ReadOnly) one.
//!
//! ```
//! use lotus_client::full_node::*;
//! use lotus_client::{ApiPath, Client};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let node = lotus_testutil::TestNode::start().await;
//! # let info = format!("{}:{}", node.repo_token(), node.daemon().ready().address).parse()?;
//! let client = Client::connect(&info, ApiPath::V1).await?;
//! let reader = client.read_only();
//! println!("{} has {} keys", reader.version().await?.version, client.wallet_list().await?.len());
//! # Ok(())
//! # }
//! ```
//!
//! What the token may not do does not compile:
//!
//! ```compile_fail
//! use lotus_client::full_node::*;
//! use lotus_client::{CallError, Client};
//!
//! # async fn list(client: Client) -> Result<(), CallError> {
//! let reader = client.read_only();
//! reader.wallet_list().await?; // needs `write`
//! # Ok(())
//! # }
//! ```

pub mod v0;
pub mod v1;
pub mod v2;

pub use v1::*;
