//! The options that every command takes, and the context that a command runs in.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use lotus_client::{ApiPath, Client, Discovery, Found};
use lotus_core::Role;

use crate::output::{Format, Output};

/// The options of `lotus`.
#[derive(Debug, Args)]
pub(crate) struct NodeOpts {
    /// The node's repo; else LOTUS_PATH, else ~/.lotus
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) repo: Option<String>,

    /// How the result is printed: text or json
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    pub(crate) output: Format,
}

/// The options of `lotus-miner`.
#[derive(Debug, Args)]
pub(crate) struct MinerOpts {
    /// The miner's repo; else LOTUS_MINER_PATH, else ~/.lotusminer
    #[arg(long, alias = "storagerepo", global = true, value_name = "DIR")]
    pub(crate) miner_repo: Option<String>,

    #[command(flatten)]
    pub(crate) node: NodeOpts,
}

/// What a command knows about the program that it is a part of.
#[derive(Debug)]
pub(crate) struct Context {
    /// The daemon that this program runs and is the client of.
    pub(crate) role: Role,
    /// The flag that names this daemon's repo.
    pub(crate) repo: Option<String>,
    /// The flag that names the node's repo; the same one for `lotus`.
    pub(crate) node_repo: Option<String>,
    /// Where results and notes go.
    pub(crate) out: Output,
}

impl From<NodeOpts> for Context {
    fn from(opts: NodeOpts) -> Self {
        Self {
            role: Role::FullNode,
            node_repo: opts.repo.clone(),
            repo: opts.repo,
            out: Output::new(opts.output),
        }
    }
}

impl From<MinerOpts> for Context {
    fn from(opts: MinerOpts) -> Self {
        Self {
            role: Role::StorageMiner,
            repo: opts.miner_repo,
            node_repo: opts.node.repo,
            out: Output::new(opts.node.output),
        }
    }
}

impl Context {
    /// The repo of this program's daemon on this machine.
    pub(crate) fn repo_path(&self) -> anyhow::Result<PathBuf> {
        Ok(self.discovery(self.role).repo_path()?)
    }

    /// Connects to this program's daemon, at API v0 as Lotus's command line does.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        self.connect_to(self.role).await
    }

    /// Connects to this program's daemon where it serves everything that it has: API v1 of a node,
    /// API v0 of a miner.
    pub(crate) async fn connect_main(&self) -> anyhow::Result<Connection> {
        let path = match self.role {
            Role::FullNode => ApiPath::V1,
            Role::StorageMiner => ApiPath::V0,
        };
        self.connect_at(self.role, path).await
    }

    /// Connects to API v0 of a daemon of either kind.
    pub(crate) async fn connect_to(&self, role: Role) -> anyhow::Result<Connection> {
        self.connect_at(role, ApiPath::V0).await
    }

    /// Connects, and passes on what is odd about the endpoint.
    pub(crate) async fn connect_at(&self, role: Role, path: ApiPath) -> anyhow::Result<Connection> {
        let found = self.find(role)?;
        for warning in &found.warnings {
            self.out.note(warning);
        }
        Connection::open(found, path, CONNECT_TIMEOUT).await
    }

    /// Looks for the endpoint of a daemon.
    pub(crate) fn find(&self, role: Role) -> anyhow::Result<Found> {
        Ok(self.discovery(role).find()?)
    }

    fn discovery(&self, role: Role) -> Discovery<'_> {
        let repo = match role {
            Role::FullNode => &self.node_repo,
            Role::StorageMiner => &self.repo,
        };
        let discovery = Discovery::new(role);
        match repo {
            Some(repo) => discovery.repo(repo),
            None => discovery,
        }
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connected client, and how its endpoint was found.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) found: Found,
}

impl Connection {
    /// Connects to a version of the API at the endpoint.
    pub(crate) async fn open(
        found: Found,
        path: ApiPath,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        let builder = Client::builder().connect_timeout(timeout);
        let client = builder.connect(&found.info, path).await?;
        Ok(Self { client, found })
    }
}

/// A result of a call, with an error that is worded for the user.
pub(crate) trait Answer<T> {
    /// Words the error as Lotus's command line does.
    fn answer(self) -> anyhow::Result<T>;
}

impl<T> Answer<T> for Result<T, lotus_client::CallError> {
    fn answer(self) -> anyhow::Result<T> {
        self.map_err(|error| anyhow::Error::msg(lotus_client::error::message(&error)))
    }
}

/// The process's environment, as the daemon's modules ask for it.
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A runtime of one thread, which is all that one call needs.
pub(crate) fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(command)
}
