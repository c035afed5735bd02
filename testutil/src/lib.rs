//! Test nodes, byte-level wire speakers and fixtures.
//!
//! Every wait in here is bounded by [`PATIENCE`], every daemon has a repo of its own and a free
//! port.

pub mod postgres;
pub mod wire;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lotus_client::{ApiInfo, ApiPath, Client, Source};
use lotus_core::api::common::CommonClient;
use lotus_core::{Permission, Permissions};
use lotus_daemon::{ChainOptions, Daemon, LocalNetwork, Miner, Node, Options, StartError};
use tempfile::TempDir;

/// How long a test waits for anything before it fails. Generous: machines are shared.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for `what`, but not for ever.
pub async fn bounded<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("it did not happen in time")
}

/// A daemon in this process, with a temporary repo, on a free port of 127.0.0.1.
#[derive(Debug)]
pub struct TestDaemon {
    daemon: Daemon,
    repo: TempDir,
}

/// Starts full nodes.
#[derive(Debug)]
pub struct TestNode;

/// Starts miners.
#[derive(Debug)]
pub struct TestMiner;

impl TestNode {
    /// A node with the default config.
    pub async fn start() -> TestDaemon {
        Self::with_config("").await
    }

    /// A node whose `config.toml` is this text.
    pub async fn with_config(config: &str) -> TestDaemon {
        let repo = repo(config);
        let daemon = Self::open(repo.path()).await.expect("the node starts");
        TestDaemon { daemon, repo }
    }

    /// A node with a local network in memory and so many accounts that have funds. The first is the
    /// default address.
    pub async fn with_accounts(accounts: u32) -> TestDaemon {
        Self::with_chain(ChainOptions::Local(LocalNetwork {
            accounts,
            ephemeral: true,
            ..LocalNetwork::default()
        }))
        .await
    }

    /// A node with this chain.
    pub async fn with_chain(chain: ChainOptions) -> TestDaemon {
        Self::open_in(repo(""), chain).await
    }

    /// A node with this chain in an existing directory, such as [`TestDaemon::stop`] returns.
    pub async fn open_in(repo: TempDir, chain: ChainOptions) -> TestDaemon {
        let daemon = Self::open_with(repo.path(), chain).await;
        TestDaemon {
            daemon: daemon.expect("the node starts"),
            repo,
        }
    }

    /// Opens a node on an existing directory. Its local network is in memory, and nobody has funds.
    pub async fn open(repo: &Path) -> Result<Daemon, StartError> {
        let chain = LocalNetwork {
            accounts: 0,
            ephemeral: true,
            ..LocalNetwork::default()
        };
        Self::open_with(repo, ChainOptions::Local(chain)).await
    }

    /// Opens a node on an existing directory, with this chain.
    pub async fn open_with(repo: &Path, chain: ChainOptions) -> Result<Daemon, StartError> {
        let mut options = options(repo);
        options.chain = chain;
        bounded(Node::start(options)).await
    }
}

impl TestMiner {
    /// A miner with the default config.
    pub async fn start() -> TestDaemon {
        let repo = repo("");
        let daemon = bounded(Miner::start(options(repo.path())))
            .await
            .expect("the miner starts");
        TestDaemon { daemon, repo }
    }
}

/// A directory with this `config.toml`, for [`TestNode::open`].
pub fn repo(config: &str) -> TempDir {
    let repo = TempDir::new().expect("a temporary directory");
    std::fs::write(repo.path().join("config.toml"), config).expect("the directory is writable");
    repo
}

fn options(repo: &Path) -> Options {
    let mut options = Options::new(repo);
    // Neither the developer's environment nor a fixed port.
    options.env = |_| None;
    if !std::fs::read_to_string(repo.join("config.toml"))
        .is_ok_and(|c| c.contains("ListenAddress =") && !c.contains("#ListenAddress"))
    {
        options.listen = Some("/ip4/127.0.0.1/tcp/0/http".parse().expect("a multiaddr"));
    }
    options
}

impl TestDaemon {
    /// The daemon itself.
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// The repo's directory.
    pub fn repo(&self) -> &Path {
        self.repo.path()
    }

    /// Where it listens.
    pub fn socket(&self) -> SocketAddr {
        self.daemon.ready().socket
    }

    /// The admin token in the repo.
    pub fn repo_token(&self) -> String {
        std::fs::read_to_string(self.repo().join("token")).expect("the daemon wrote it")
    }

    /// A new token with everything up to `permission`, as `auth create-token` makes it.
    pub async fn token(&self, permission: Permission) -> String {
        let names = Permissions::up_to(permission)
            .iter()
            .map(|p| p.to_string())
            .collect();
        let token = bounded(self.admin().await.auth_new(names))
            .await
            .expect("admin may mint");
        String::from_utf8(token.into_vec()).expect("a token is ASCII")
    }

    /// A client with a new token.
    pub async fn client(&self, permission: Permission) -> Client {
        let token = self.token(permission).await;
        self.connect(&format!("{token}:{}", self.daemon.ready().address))
            .await
    }

    async fn admin(&self) -> Client {
        self.connect(&format!(
            "{}:{}",
            self.repo_token(),
            self.daemon.ready().address
        ))
        .await
    }

    async fn connect(&self, info: &str) -> Client {
        let info = ApiInfo::parse(info, Source::Explicit).expect("made of a token and a multiaddr");
        bounded(Client::connect(&info, ApiPath::V0))
            .await
            .expect("the daemon listens")
    }

    /// Shuts down and waits for the end. The repo stays until the returned value is dropped.
    pub async fn stop(self) -> TempDir {
        self.daemon.shutdown().begin();
        bounded(self.daemon.finished()).await.expect("a clean end");
        self.repo
    }
}
