//! A typed client of Lotus-compatible nodes.
//!
//! ```no_run
//! use jsonrpsee::core::client::ClientT;
//! use lotus_client::{ApiInfo, ApiPath, Client, Role};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let node = ApiInfo::discover(Role::FullNode)?;
//! let client = Client::connect(&node, ApiPath::V1).await?;
//! let version: serde_json::Value = client.request("Filecoin.Version", [(); 0]).await?;
//! println!("{version}");
//! # Ok(())
//! # }
//! ```
//!
//! [`ApiInfo`] says where a node is and which token to send. [`ApiInfo::discover`] finds both where
//! Lotus's command line looks for them: in `FULLNODE_API_INFO` or `MINER_API_INFO`, then in the repo
//! of a daemon on this machine. [`Discovery`] has the full list, and the say in it.
//!
//! [`Client`] is the connection: HTTP or WebSocket, as the address says. The methods of the API come
//! from the traits of `lotus_core::api`, all of which it implements. A method that returns a channel
//! in Lotus returns a stream of typed values here, over a WebSocket.
//!
//! Errors name the node that was tried and where its address came from; [`error::message`] turns the
//! error of a call into what a user should see. A [`Token`] never shows up in an error, in `Debug`
//! or in a log.

mod address;
mod channels;
mod client;
mod discovery;
pub mod error;
mod info;
mod path;
mod token;
mod transport;

pub use address::{Address, AddressError};
pub use client::{Client, ClientBuilder};
pub use discovery::{Discovery, DiscoveryError, Found, Warning};
pub use error::{CallError, Endpoint, Error};
pub use info::{ApiInfo, InfoError, Source};
pub use lotus_core::Role;
pub use path::ApiPath;
pub use token::{Token, TokenError};
