//! A typed client of Lotus-compatible nodes.
//!
//! ```
//! use lotus_client::full_node::*;
//! use lotus_client::types::KeyType;
//! use lotus_client::{ApiInfo, ApiPath, Client};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let node = lotus_testutil::TestNode::start().await;
//! # let info = format!("{}:{}", node.repo_token(), node.daemon().ready().address);
//! let node: ApiInfo = info.parse()?; // TOKEN:/ip4/127.0.0.1/tcp/1234/http
//! let client = Client::connect(&node, ApiPath::V1).await?;
//! let address = client.wallet_new(KeyType::Secp256k1).await?;
//! let signature = client.wallet_sign(address, b"hello"[..].into()).await?;
//! assert!(client.wallet_verify(address, b"hello"[..].into(), signature).await?);
//! # Ok(())
//! # }
//! ```
//!
//! [`ApiInfo`] says where a node is and which token to send. [`ApiInfo::discover`] finds both where
//! Lotus's command line looks for them: in `FULLNODE_API_INFO` or `MINER_API_INFO`, then in the repo
//! of a daemon on this machine. [`Discovery`] has the full list, and the say in it.
//!
//! [`Client`] is the connection: HTTP or WebSocket, as the address says. The methods of the API come
//! from traits: import those of a role, [`full_node`] or [`miner`]. A method that returns a channel
//! in Lotus returns a stream of typed values here, over a WebSocket.
//!
//! Errors name the node that was tried and where its address came from; [`error::message`] turns the
//! error of a call into what a user should see. A [`Token`] never shows up in an error, in `Debug`
//! or in a log.

mod address;
mod backoff;
mod builder;
mod channels;
mod client;
mod discovery;
pub mod error;
pub mod full_node;
mod info;
pub mod miner;
mod path;
pub mod remote_wallet;
mod resubscribing;
mod retry;
mod token;
mod transport;
pub mod worker;

pub use address::{Address, AddressError};
pub use builder::ClientBuilder;
pub use client::Client;
pub use discovery::{Discovery, DiscoveryError, Found, Warning};
pub use error::{CallError, Endpoint, Error};
pub use info::{ApiInfo, InfoError, Source};
pub use lotus_core::{ReadOnly, Role, types};
pub use path::ApiPath;
pub use resubscribing::{Event, Resubscribing};
pub use token::{Token, TokenError};
