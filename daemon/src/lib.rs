//! The node and miner daemons behind Lotus's API.
//!
//! ```no_run
//! # async fn run() -> Result<(), lotus_daemon::StartError> {
//! use lotus_daemon::{Node, Options};
//!
//! let node = Node::start(Options::new("/home/user/.lotus")).await?;
//! println!("listening on {}", node.ready().address);
//! node.finished().await
//! # }
//! ```
//!
//! | module | its noun |
//! |---|---|
//! | [`repo`], [`keystore`], [`config`] | the directory that Lotus knows, and what is in it |
//! | [`auth`] | tokens: minted and verified |
//! | [`audit`] | who called what, sealed |
//! | [`wallet`] | keys and signatures |
//! | [`chain`] | the seam between the methods and the chain behind them |
//! | [`log`], [`alerts`] | what the daemon tells its operator |
//! | [`node`], [`miner`] | the two daemons: which methods they serve on which path |
//! | [`daemon`] | their common life: open → serve → shut down |
//! | `ext` | the Auth API and the endpoints beside it, under `/ext` |
//! | [`rpc`] | the server: paths, authentication, gate, HTTP, WebSockets, channels |

pub mod alerts;
pub mod audit;
pub mod auth;
pub mod chain;
pub mod config;
pub mod daemon;
mod ext;
pub mod keystore;
pub mod log;
mod metrics;
pub mod miner;
pub mod node;
pub mod repo;
pub mod rpc;
pub mod shutdown;
mod task;
pub mod wallet;

pub use chain::options::{
    Accounts, BlockMode, ChainOptions, Import, LocalNetwork, Progress, Source, Watch, actor_name,
};
pub use daemon::{ChainReady, Daemon, Options, Ready, StartError};
pub use miner::Miner;
pub use node::Node;

/// The version that `Filecoin.Version` reports: the package's, and the network's kind as Lotus
/// appends it.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+devnet");
