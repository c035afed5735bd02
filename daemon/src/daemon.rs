//! What the two daemons have in common: open the repo, serve, shut down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use lotus_core::api::Mismatch;
use lotus_core::types::{KeyInfo, KeyType, Network, NetworkAlreadySet};
use lotus_core::{Api, Permissions};
use multiaddr::Multiaddr;
use serde_json::json;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::alerts::Alerts;
use crate::auth::{Authority, Secret};
use crate::config::{self, AnonymousPermissions, Config, Warning};
use crate::keystore::{Keystore, KeystoreError};
use crate::log::Logs;
use crate::metrics::Metrics;
use crate::repo::{self, Repo};
use crate::rpc::{self, Limits, ListenError, Listener, Paths};
use crate::shutdown::Shutdown;
use lotus_core::Role;

/// The keystore entry of the secret that signs tokens (Lotus `node/modules/core.go`).
const SECRET_ENTRY: &str = "auth-jwt-private";

/// The length of that secret, in bytes. RFC 7518 §3.2 requires as many for HS256, Lotus makes as
/// many, and a damaged entry may have fewer.
const SECRET_BYTES: usize = 32;

/// How to start a daemon.
#[derive(Clone, Debug)]
pub struct Options {
    /// The repo's directory; it is made when it does not exist.
    pub repo: PathBuf,
    /// Another config file than `<repo>/config.toml`.
    pub config: Option<PathBuf>,
    /// Where to listen instead of `[API] ListenAddress`.
    pub listen: Option<Multiaddr>,
    /// The longest request in bytes instead of `[API] MaxRequestSize`.
    pub max_request_size: Option<u32>,
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
    /// The keystore's entry for the secret cannot be read.
    #[error(
        "{0}; correct that, or delete the file to make a new secret (all tokens become invalid)"
    )]
    Secret(#[source] KeystoreError),
    /// The keystore's entry for the secret holds something else.
    #[error(
        "the keystore's entry {SECRET_ENTRY:?} has type {0} instead of \"jwt-hmac-secret\"; restore it, or delete it to make a new secret (all tokens become invalid)"
    )]
    NoSecret(KeyType),
    /// The secret is so short that tokens could be forged.
    #[error(
        "the keystore's entry {SECRET_ENTRY:?} has a secret of {0} bytes, and whoever guesses it can make tokens; restore the entry, or delete it to make a new secret of {SECRET_BYTES} bytes (all tokens become invalid)"
    )]
    WeakSecret(usize),
    /// Another daemon of this process uses the other address prefix.
    #[error(transparent)]
    Network(#[from] NetworkAlreadySet),
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
    pub(crate) alerts: Alerts,
    pub(crate) logs: Logs,
    pub(crate) shutdown: Shutdown,
    pub(crate) session: Uuid,
    pub(crate) started: Timestamp,
}

impl Parts {
    /// Opens everything that does not listen yet.
    pub(crate) fn open(role: Role, options: Options) -> Result<Self, StartError> {
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
        let authority = Arc::new(Authority::new(secret(&keystore)?));
        write_token(&repo, &authority)?;
        Ok(Self {
            role,
            repo,
            config,
            keystore,
            authority,
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
            concurrent_calls: api.max_concurrent_calls as usize,
            channels: api.max_subscriptions,
            shutdown: api.shutdown_timeout,
        }
    }
}

/// Reads the secret, or makes it on the first start.
fn secret(keystore: &Keystore) -> Result<Secret, StartError> {
    match keystore.get(SECRET_ENTRY) {
        Ok(key) if key.key_type() != &KeyType::JwtHmacSecret => {
            Err(StartError::NoSecret(key.key_type().clone()))
        }
        Ok(key) if key.private_key().len() < SECRET_BYTES => {
            Err(StartError::WeakSecret(key.private_key().len()))
        }
        Ok(key) => Ok(Secret::from_bytes(key.private_key().to_vec())),
        Err(error) if error.is_not_found() => {
            tracing::info!(target: "auth", "Generating new API secret");
            let secret = Secret::generate();
            let key = KeyInfo::new(KeyType::JwtHmacSecret, secret.expose().to_vec());
            keystore.put(SECRET_ENTRY, &key)?;
            Ok(secret)
        }
        Err(error) => Err(StartError::Secret(error)),
    }
}

/// Keeps the repo's own admin token usable. Lotus writes it only together with a new secret, so a
/// token file that was deleted or damaged never comes back there.
fn write_token(repo: &Repo, authority: &Authority) -> Result<(), repo::Error> {
    if let Some(token) = repo.read_token()? {
        match authority.verify(&token) {
            Ok(token) if token.permissions == Permissions::ALL => return Ok(()),
            Ok(_) => {
                tracing::warn!(target: "auth", "the repo's token lacks permissions and is replaced")
            }
            Err(why) => tracing::warn!(target: "auth", %why, "the repo's token is replaced"),
        }
    }
    repo.write_token(&authority.mint(Permissions::ALL, None))
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
}

impl Daemon {
    /// Listens, announces the address in the repo and serves `apis` by path.
    pub(crate) async fn serve(
        parts: Parts,
        apis: impl IntoIterator<Item = (&'static str, Api)>,
    ) -> Result<Self, StartError> {
        let listener = Listener::bind(&parts.config.api.listen_address).await?;
        let anonymous = match parts.config.api.anonymous_permissions {
            AnonymousPermissions::Read => Permissions::READ,
            AnonymousPermissions::LoopbackOnly if listener.is_loopback() => Permissions::READ,
            AnonymousPermissions::LoopbackOnly => Permissions::NONE,
        };
        let ready = Ready {
            role: parts.role,
            version: crate::VERSION,
            repo: parts.repo.path().to_owned(),
            token_file: parts.repo.path().join("token"),
            address: listener.address().clone(),
            socket: listener.local_addr(),
            anonymous,
        };
        if ready.is_exposed() {
            let message = format!("the API listens on {} without TLS", ready.socket);
            parts
                .alerts
                .raise("api", "exposed", json!({ "message": message }));
        }
        let stopping = parts.shutdown.clone();
        let paths = Paths::new(
            apis,
            parts.authority.clone(),
            anonymous,
            parts.limits(),
            Arc::new(Metrics::new(crate::VERSION)),
            Box::new(move || match stopping.has_begun() {
                true => Err("the daemon is shutting down".to_owned()),
                false => Ok(()),
            }),
            parts.shutdown.clone(),
        );
        parts.repo.write_api(&ready.address.to_string())?;
        let server = tokio::spawn(rpc::serve(
            listener,
            Arc::new(paths),
            parts.shutdown.clone(),
        ));
        tracing::info!(target: "main", address = %ready.address, "API ready");
        Ok(Self {
            ready,
            repo: parts.repo,
            shutdown: parts.shutdown,
            server,
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
            tracing::error!(target: "rpc", %error, "the server ended abnormally");
        }
        tracing::info!(target: "main", "rpc server shut down successfully");
        self.repo.close()?;
        Ok(())
    }
}
