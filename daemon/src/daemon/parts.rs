//! What a daemon is made of before it listens.

use std::sync::Arc;

use jiff::Timestamp;
use lotus_core::Role;
use lotus_core::types::Network;
use serde_json::json;
use uuid::Uuid;

use super::{Options, StartError};
use crate::alerts::Alerts;
use crate::audit::{self, Audit};
use crate::auth::store::TokenStore;
use crate::auth::store::embedded::Embedded;
use crate::auth::store::postgres::Postgres;
use crate::auth::{Authority, Catalogue, Keys, Upkeep};
use crate::config::{Config, Warning};
use crate::ext::issuer;
use crate::keystore::Keystore;
use crate::log::Logs;
use crate::repo::Repo;
use crate::rpc::Limits;
use crate::shutdown::Shutdown;

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

    pub(super) fn limits(&self) -> Limits {
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
