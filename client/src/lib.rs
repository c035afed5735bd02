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
//! from traits: import everything from the module of a role.
//!
//! | role | module | path |
//! |---|---|---|
//! | full node | [`full_node`], which is [`full_node::v1`] | [`ApiPath::V1`] |
//! | full node, older API | [`full_node::v0`] | [`ApiPath::V0`] |
//! | full node, tipsets by selector | [`full_node::v2`] | [`ApiPath::V2`] |
//! | miner | [`miner`] | [`ApiPath::V0`] |
//! | worker of a miner | [`worker`] | [`ApiPath::V0`] |
//! | wallet of its own | [`remote_wallet`] | [`ApiPath::V0`] |
//!
//! A program that holds a `read` token calls [`Client::read_only`] first: what the token may not do
//! does then not compile.
//!
//! A method that returns a channel in Lotus returns a stream of typed values here, over a WebSocket.
//!
//! # When the connection fails
//!
//! | what | HTTP | WebSocket |
//! |---|---|---|
//! | the connection | one per call | dialled anew, after 100 ms, then ever later, at most every 5 s ([`ClientBuilder::backoff`]), until the last clone of the client is dropped; not when [`ClientBuilder::reconnect`] is off, and no longer when the node refuses the token (HTTP 401, or a close with code 4401) |
//! | a call to a method that Lotus marks safe to repeat (`retry:"true"`: the miner's `Return…` and `WorkerConnect`) | tried up to 5 times ([`ClientBuilder::attempts`]), all within the [`ClientBuilder::request_timeout`] | the same |
//! | every other call, in flight | [`Error::Unreachable`]; never repeated | [`Error::Disconnected`]; never repeated, because it may have taken effect |
//! | every call that is made before there is a new connection | – | waits for it, within its time |
//! | a batch, a notification | never repeated | never repeated |
//! | a stream of a method (`chain_notify`) | – | ends |
//! | a stream of [`Client::resubscribing`] | – | yields [`Event::Gap`], then values again |
//!
//! An error with which the node answers is never a reason to call again, and neither is a call that
//! has run into its timeout.
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
