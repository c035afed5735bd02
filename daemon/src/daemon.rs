//! What the two daemons have in common: open the repo, serve, shut down.

mod error;
mod options;
mod parts;
mod ready;

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use lotus_core::{Api, Permissions};
use serde_json::json;
use tokio::task::JoinHandle;

pub use self::error::StartError;
pub use self::options::Options;
pub(crate) use self::parts::Parts;
pub use self::ready::{ChainReady, Ready};
use crate::audit::Audit;
use crate::chain::Chain;
use crate::config::AnonymousPermissions;
use crate::ext::Ext;
use crate::ext::auth_api::AuthApi;
use crate::ext::chain_aliases::ChainAliases;
use crate::ext::health::{self, Health, Probe};
use crate::ext::info::Info;
use crate::ext::issuer::Issuer;
use crate::metrics::Metrics;
use crate::repo::Repo;
use crate::rpc::{self, Anonymous, Hosts, Listener, Paths, Served};
use crate::shutdown::Shutdown;
use crate::task;

/// The checks of a daemon.
fn health(ready: Probe, chain: Option<&Arc<dyn Chain>>) -> Health {
    let health = Health::default().with("ready", health::Kind::Readiness, ready);
    let Some(chain) = chain.cloned() else {
        return health;
    };
    let producing = chain.clone();
    let readable = move || match chain.store().heaviest() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    // A node whose blocks cannot be made can still be asked everything.
    let growing = move || match producing.is_stuck() {
        false => Ok(()),
        true => Err("blocks cannot be made, and are tried again; the log says why".to_owned()),
    };
    health
        .with("chain", health::Kind::Readiness, Box::new(readable))
        .with("blocks", health::Kind::Health, Box::new(growing))
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
        let genesis = ready.chain.as_ref().map(|chain| chain.genesis);
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
    pub fn finished(self) -> BoxFuture<'static, Result<(), StartError>> {
        // As `Node::start`.
        Box::pin(self.finish())
    }

    async fn finish(self) -> Result<(), StartError> {
        if let Err(error) = self.server.await {
            tracing::error!(target: "main", %error, "the server ended abnormally");
        }
        if let Some(chain) = self.chain {
            // It waits for the block that is being made.
            let closed = task::blocking(move || chain.close());
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
