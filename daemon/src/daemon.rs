//! What the two daemons have in common: open the repo, serve, shut down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use lotus_core::api::Mismatch;
use lotus_core::types::{Address, Cid, Network, NetworkAlreadySet, TokenAmount};
use lotus_core::{Api, Permissions};
use multiaddr::Multiaddr;
use serde_json::json;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::alerts::Alerts;
use crate::audit::{self, Audit};
use crate::auth::store::embedded::Embedded;
use crate::auth::store::postgres::Postgres;
use crate::auth::store::{StoreError, TokenStore};
use crate::auth::{Authority, Catalogue, Keys, OwnTokenError, SecretError, Upkeep};
use crate::chain::Chain;
use crate::chain::devnet::DevnetError;
use crate::chain::options::ChainOptions;
use crate::chain::place::ImportError;
use crate::config::{self, AnonymousPermissions, Config, Warning};
use crate::ext::Ext;
use crate::ext::auth_api::AuthApi;
use crate::ext::chain_aliases::ChainAliases;
use crate::ext::health::{self, Health, Probe};
use crate::ext::info::Info;
use crate::ext::issuer::{self, Issuer, PasswordError};
use crate::keystore::{Keystore, KeystoreError};
use crate::log::Logs;
use crate::metrics::Metrics;
use crate::repo::{self, Repo};
use crate::rpc::{self, Anonymous, Hosts, Limits, ListenError, Listener, Paths, Served};
use crate::shutdown::Shutdown;
use crate::wallet::WalletError;
use lotus_core::Role;

/// How to start a daemon.
#[derive(Debug)]
pub struct Options {
    /// The repo's directory; it is made when it does not exist.
    pub repo: PathBuf,
    /// Another config file than `<repo>/config.toml`.
    pub config: Option<PathBuf>,
    /// Where to listen instead of `[API] ListenAddress`.
    pub listen: Option<Multiaddr>,
    /// The longest request in bytes instead of `[API] MaxRequestSize`.
    pub max_request_size: Option<u32>,
    /// Requires a token for every call and serves the Auth API, whatever `[API] AuthRequired` says.
    pub auth_required: bool,
    /// The file with the Auth API's password instead of `[API] AuthPasswordFile`.
    pub auth_password_file: Option<PathBuf>,
    /// Which chain a node has. A miner has none.
    pub chain: ChainOptions,
    /// The letter that addresses begin with.
    pub network: Network,
    /// Where `LOTUS_*` overrides of the config come from; the process's environment by default.
    pub env: fn(&str) -> Option<String>,
    /// The log whose levels `LogSetLevel` changes.
    pub logs: Logs,
}

impl Options {
    /// The defaults for a repo: its config decides.
    pub fn new(repo: impl Into<PathBuf>) -> Self {
        Self {
            repo: repo.into(),
            config: None,
            listen: None,
            max_request_size: None,
            auth_required: false,
            auth_password_file: None,
            chain: ChainOptions::default(),
            network: Network::Testnet,
            env: |name| std::env::var(name).ok(),
            logs: Logs::default(),
        }
    }
}

/// Why a daemon did not start. Nothing is left running or locked.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The repo cannot be opened.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// The config cannot be used.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// The keystore cannot be used.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// There is no usable secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The tokens cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token store that the config names cannot be opened.
    #[error("[Auth] Store: {0}")]
    SharedStore(#[source] StoreError),
    /// The audit log cannot be continued.
    #[error(transparent)]
    Audit(#[from] audit::OpenError),
    /// The names of the chain under `/ext/bc` cannot be used.
    #[error("{0}")]
    Aliases(String),
    /// The Auth API cannot be served.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The repo's own token cannot be made.
    #[error(transparent)]
    OwnToken(#[from] OwnTokenError),
    /// Another daemon of this process uses the other address prefix.
    #[error(transparent)]
    Network(#[from] NetworkAlreadySet),
    /// The local network cannot be opened.
    #[error(transparent)]
    LocalNetwork(#[from] Box<DevnetError>),
    /// The chain cannot be imported, or the one that was imported cannot be opened.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The keys of the accounts that have funds cannot be kept.
    #[error("the keys of the local network's accounts cannot be kept: {0}")]
    Accounts(#[from] WalletError),
    /// An error in this program.
    #[error("opening the chain failed: {0}")]
    Thread(tokio::task::JoinError),
    /// The API cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// An error in this program: methods without permissions, or the reverse.
    #[error(transparent)]
    Api(#[from] Mismatch),
}

/// What a daemon's methods are made of.
pub(crate) struct Parts {
    pub(crate) role: Role,
    pub(crate) repo: Repo,
    pub(crate) config: Config,
    pub(crate) keystore: Arc<Keystore>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) audit: Arc<Audit>,
    pub(crate) upkeep: Upkeep,
    pub(crate) alerts: Alerts,
    pub(crate) logs: Logs,
    pub(crate) shutdown: Shutdown,
    pub(crate) session: Uuid,
    pub(crate) started: Timestamp,
}

impl Parts {
    /// Opens everything that does not listen yet.
    pub(crate) async fn open(role: Role, options: Options) -> Result<Self, StartError> {
        let Options {
            repo,
            config,
            logs,
            env,
            ..
        } = options;
        Network::set_current(options.network)?;
        let repo = match config {
            Some(config) => Repo::open_or_init_with_config(&repo, role, &config)?,
            None => Repo::open_or_init(&repo, role)?,
        };
        let loaded = Config::load(role, repo.config_path(), &env)?;
        let mut config = loaded.config;
        if let Some(listen) = options.listen {
            if listen != config.api.listen_address {
                tracing::warn!(
                    target: "main",
                    "--api overrides configured API listen address \"{}\" (API.ListenAddress / LOTUS_API_LISTENADDRESS); using \"{listen}\"",
                    config.api.listen_address
                );
            }
            config.api.listen_address = listen;
        }
        if let Some(bytes) = options.max_request_size {
            config.api.max_request_size = bytes;
        }
        config.api.auth_required |= options.auth_required;
        if let Some(file) = options.auth_password_file {
            config.api.auth_password_file = file.display().to_string();
        }
        for error in logs.set_levels(&config.logging.subsystem_levels) {
            tracing::warn!(target: "config", "[Logging.SubsystemLevels]: {error}");
        }
        let alerts = Alerts::default();
        let mut unknown = Vec::new();
        for warning in &loaded.warnings {
            warning.log();
            if matches!(warning, Warning::UnknownKey { .. }) {
                unknown.push(warning.to_string());
            }
        }
        if !unknown.is_empty() {
            let message = json!({ "message": unknown.join("\n") });
            alerts.raise("config", "unknown-key", message);
        }
        let keystore = Arc::new(Keystore::open(repo.keystore_dir(), repo.path().to_owned())?);
        // The secret first: without it nothing else is touched.
        let keys = Keys::open(&keystore)?;
        let store = token_store(&repo, &config).await?;
        let catalogue = Catalogue::new(role.surfaces());
        let (authority, upkeep) = Authority::open(
            keystore.clone(),
            keys,
            store,
            config.auth.max_staleness,
            catalogue,
        );
        let settings = audit::Settings {
            max_size: config.audit.max_size,
            max_age: config.audit.max_age,
            ..audit::Settings::default()
        };
        let audit = repo.path().join("audit");
        let audit = Audit::start(&keystore, &audit, &settings, alerts.clone())?;
        if config.api.auth_required {
            issuer::prepare(&config.api.auth_password_file, &authority).await?;
        }
        authority.keep_repo_token(&repo.token_file()).await?;
        Ok(Self {
            role,
            repo,
            config,
            keystore,
            authority,
            audit: Arc::new(audit),
            upkeep,
            alerts,
            logs,
            shutdown: Shutdown::default(),
            session: Uuid::new_v4(),
            started: Timestamp::now(),
        })
    }

    fn limits(&self) -> Limits {
        let api = &self.config.api;
        Limits {
            request_bytes: api.max_request_size as usize,
            read_timeout: api.timeout,
            connections: api.max_connections as usize,
            batch: api.max_batch_size as usize,
            batch_reply: api.max_batch_reply as usize,
            concurrent_calls: api.max_concurrent_calls as usize,
            channels: api.max_subscriptions,
            shutdown: api.shutdown_timeout,
        }
    }
}

/// Opens the store that `[Auth] Store` names.
async fn token_store(repo: &Repo, config: &Config) -> Result<Arc<dyn TokenStore>, StartError> {
    Ok(match config.auth.store.as_str() {
        "" => Arc::new(Embedded::open(&repo.datastore_dir().join("tokens.redb")).await?),
        url => Arc::new(Postgres::open(url).await.map_err(StartError::SharedStore)?),
    })
}

/// What an operator wants to know about a node's chain.
#[derive(Clone, Debug)]
pub struct ChainReady {
    /// The network's name.
    pub network: String,
    /// Its EIP-155 chain ID.
    pub chain_id: u64,
    /// The CID of its first block; an excerpt of a chain has none.
    pub genesis: Option<Cid>,
    /// The epoch of its head.
    pub height: i64,
    /// When blocks are made, in words.
    pub blocks: String,
    /// The accounts that had funds from the start and whose keys are in the wallet, and what they
    /// have now.
    pub accounts: Vec<(Address, TokenAmount)>,
}

/// The checks of a daemon.
fn health(ready: Probe, chain: Option<&Arc<dyn Chain>>) -> Health {
    let health = Health::default().with("ready", health::Kind::Readiness, ready);
    let Some(chain) = chain.cloned() else {
        return health;
    };
    let readable = move || match chain.store().heaviest() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    health.with("chain", health::Kind::Readiness, Box::new(readable))
}

/// What an operator wants to know about a daemon that is ready.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Which daemon it is.
    pub role: Role,
    /// [`crate::VERSION`].
    pub version: &'static str,
    /// The repo's directory.
    pub repo: PathBuf,
    /// The file with the repo's admin token.
    pub token_file: PathBuf,
    /// The multiaddr of the API, with the real port.
    pub address: Multiaddr,
    /// The socket's address.
    pub socket: std::net::SocketAddr,
    /// What callers without a token may do.
    pub anonymous: Permissions,
    /// The node's chain; a miner has none.
    pub chain: Option<ChainReady>,
}

impl Ready {
    /// Whether other machines can reach the API.
    pub fn is_exposed(&self) -> bool {
        !self.socket.ip().is_loopback()
    }
}

/// A daemon that is serving.
#[derive(Debug)]
pub struct Daemon {
    ready: Ready,
    repo: Repo,
    shutdown: Shutdown,
    server: JoinHandle<()>,
    /// Begins when the last call has ended: then nothing more is told to the upkeep.
    drained: Shutdown,
    upkeep: JoinHandle<()>,
    records: JoinHandle<()>,
    audit: Arc<Audit>,
    chain: Option<Arc<dyn Chain>>,
}

impl Daemon {
    /// Listens, announces the address in the repo and serves `apis` by path. A node has a chain.
    pub(crate) async fn serve(
        parts: Parts,
        apis: impl IntoIterator<Item = (&'static str, Api)>,
        chain: Option<(Arc<dyn Chain>, ChainReady)>,
    ) -> Result<Self, StartError> {
        let (chain, chain_ready) = chain.unzip();
        let listener = Listener::bind(&parts.config.api.listen_address).await?;
        let anonymous = match parts.config.api.anonymous_permissions {
            _ if parts.config.api.auth_required => Anonymous::Refused,
            AnonymousPermissions::Read => Anonymous::Have(Permissions::READ),
            AnonymousPermissions::LoopbackOnly if listener.is_loopback() => {
                Anonymous::Have(Permissions::READ)
            }
            AnonymousPermissions::LoopbackOnly => Anonymous::Have(Permissions::NONE),
        };
        let ready = Ready {
            role: parts.role,
            version: crate::VERSION,
            repo: parts.repo.path().to_owned(),
            token_file: parts.repo.path().join("token"),
            address: listener.address().clone(),
            socket: listener.local_addr(),
            anonymous: match anonymous {
                Anonymous::Have(permissions) => permissions,
                Anonymous::Refused => Permissions::NONE,
            },
            chain: chain_ready,
        };
        if ready.is_exposed() {
            let message = format!("the API listens on {} without TLS", ready.socket);
            parts
                .alerts
                .raise("api", "exposed", json!({ "message": message }));
        }
        let (stopping, authority) = (parts.shutdown.clone(), parts.authority.clone());
        let apis: Vec<(&'static str, Api)> = apis.into_iter().collect();
        let served: Vec<&str> = apis.iter().map(|(path, _)| *path).collect();
        let names = parts.config.api.chain_aliases.clone();
        let genesis = ready.chain.as_ref().and_then(|chain| chain.genesis);
        let id = genesis.map(|genesis| genesis.to_string());
        let chains = ChainAliases::new(names, &served, id)
            .map_err(|error| StartError::Aliases(error.to_string()))?;
        let chains = Arc::new(chains);
        let fit: Arc<dyn Fn() -> Result<(), String> + Send + Sync> =
            Arc::new(move || match stopping.has_begun() {
                true => Err("the daemon is shutting down".to_owned()),
                false => authority.check_store().map_err(|error| error.to_string()),
            });
        let probe = || {
            let fit = fit.clone();
            Box::new(move || fit()) as Probe
        };
        let issuer = Issuer {
            authority: parts.authority.clone(),
            audit: parts.audit.clone(),
        };
        let ext = Ext {
            auth: parts
                .config
                .api
                .auth_required
                .then(|| AuthApi::new(Arc::new(issuer))),
            info: Info {
                role: parts.role,
                session: parts.session,
                network: ready.chain.as_ref().map(|chain| chain.network.clone()),
                network_id: ready.chain.as_ref().map(|chain| chain.chain_id),
                chains: chains.clone(),
                ready: probe(),
            },
            health: health(probe(), chain.as_ref()),
        };
        let paths = Paths::new(
            apis,
            Served {
                authority: parts.authority.clone(),
                anonymous,
                hosts: Hosts::of(&parts.config.api, &listener),
                limits: parts.limits(),
                metrics: Arc::new(Metrics::new(crate::VERSION)),
                audit: parts.audit.clone(),
                ext,
                chains,
                readiness: probe(),
                shutdown: parts.shutdown.clone(),
            },
        );
        parts.repo.write_api(&ready.address.to_string())?;
        let server = tokio::spawn(rpc::serve(
            listener,
            Arc::new(paths),
            parts.shutdown.clone(),
        ));
        let drained = Shutdown::default();
        let upkeep = tokio::spawn(parts.upkeep.run(drained.clone()));
        let (authority, keep) = (parts.authority.clone(), parts.config.auth.record_retention);
        let shutdown = parts.shutdown.clone();
        let records = tokio::spawn(async move { authority.keep_records(keep, shutdown).await });
        tracing::info!(target: "main", address = %ready.address, "API ready");
        Ok(Self {
            ready,
            repo: parts.repo,
            shutdown: parts.shutdown,
            server,
            drained,
            upkeep,
            records,
            audit: parts.audit,
            chain,
        })
    }

    /// Where it listens and what it allows.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The repo's directory.
    pub fn repo(&self) -> &Path {
        self.repo.path()
    }

    /// A handle that can shut the daemon down.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Waits until the daemon has been asked to shut down and has done so: calls in flight are
    /// finished (or cut off after `[API] ShutdownTimeout`), `api` is gone and the lock released.
    pub async fn finished(self) -> Result<(), StartError> {
        if let Err(error) = self.server.await {
            tracing::error!(target: "main", %error, "the server ended abnormally");
        }
        if let Some(chain) = self.chain {
            // It waits for the block that is being made.
            let closed = tokio::task::spawn_blocking(move || chain.close());
            if let Err(error) = closed.await {
                tracing::error!(target: "main", %error, "the chain ended abnormally");
            }
        }
        self.drained.begin();
        if let Err(error) = self.upkeep.await {
            tracing::error!(target: "main", %error, "the token upkeep ended abnormally");
        }
        if let Err(error) = self.records.await {
            tracing::error!(target: "main", %error, "the retention of records ended abnormally");
        }
        if let Err(error) = self.audit.close().await {
            tracing::error!(target: "main", %error, "the audit log is not complete");
        }
        tracing::info!(target: "main", "rpc server shut down successfully");
        self.repo.close()?;
        Ok(())
    }
}
