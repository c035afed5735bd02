//! `Common`: tokens, version, logging and life cycle, for the node and the miner.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jsonrpsee::core::{SubscriptionResult, async_trait};
use jsonrpsee::{Extensions, PendingSubscriptionSink};
use lotus_core::api::common::{COMMON, CommonServer};
use lotus_core::api::{Mismatch, Surface};
use lotus_core::types::{Alert, ApiVersion, Bytes, NewToken, TokenOrigin, Version};
use lotus_core::{Api, Error, Permission, Permissions, openrpc};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::alerts::Alerts;
use crate::auth::{Authority, Minter};
use crate::daemon::Parts;
use crate::log::Logs;
use crate::rpc::{Caller, RequestedLifetime};
use crate::shutdown::Shutdown;

/// The methods of `Common` on one path.
pub(crate) struct CommonRpc {
    version: ApiVersion,
    surface: Surface,
    /// What `discover` answers, made when it is first asked for.
    document: OnceLock<String>,
    authority: Arc<Authority>,
    alerts: Alerts,
    logs: Logs,
    shutdown: Shutdown,
    session: Uuid,
    started: Timestamp,
    /// In seconds.
    block_delay: u64,
}

impl CommonRpc {
    /// `version` is what this path reports, `surface` what it serves, `block_delay` how many seconds
    /// there are between two epochs of the chain.
    pub(crate) fn new(
        parts: &Parts,
        version: ApiVersion,
        surface: Surface,
        block_delay: u64,
    ) -> Self {
        Self {
            version,
            surface,
            document: OnceLock::new(),
            authority: parts.authority.clone(),
            alerts: parts.alerts.clone(),
            logs: parts.logs.clone(),
            shutdown: parts.shutdown.clone(),
            session: parts.session,
            started: parts.started,
            block_delay,
        }
    }

    pub(crate) fn api(self) -> Result<Api, Mismatch> {
        Api::new(self.into_rpc(), COMMON)
    }
}

#[async_trait]
impl CommonServer for CommonRpc {
    async fn auth_new(&self, call: &Extensions, perms: Vec<String>) -> Result<Bytes, Error> {
        let asked = perms.iter().map(|name| name.parse::<Permission>());
        let asked: Permissions = asked.collect::<Result<_, _>>().map_err(Error::other)?;
        let holder = call.get::<Caller>().and_then(Caller::token);
        let holder = holder.ok_or_else(|| Error::other("AuthNew needs a token"))?;
        let expires_in = match call.get::<RequestedLifetime>() {
            None => None,
            Some(RequestedLifetime(Some(seconds))) => Some(*seconds),
            // A token that never dies is not what was meant.
            Some(RequestedLifetime(None)) => {
                return Err(Error::other(
                    "a token's lifetime is a whole number of seconds",
                ));
            }
        };
        let new = NewToken {
            permissions: asked,
            expires_in,
            ..NewToken::default()
        };
        let minted = self
            .authority
            .mint(new, TokenOrigin::Minted, Minter::Heir(holder))
            .await;
        let (token, _) = minted.map_err(Error::other)?;
        Ok(Bytes::from(token.into_bytes()))
    }

    async fn auth_verify(&self, token: String) -> Result<Permissions, Error> {
        match self.authority.verify(&token).await {
            Ok(token) => Ok(token.permissions()),
            Err(why) => Err(Error::Other(format!("JWT Verification failed: {why}"))),
        }
    }

    async fn version(&self) -> Result<Version, Error> {
        Ok(Version {
            version: crate::VERSION.to_owned(),
            api_version: self.version,
            block_delay: self.block_delay,
            agent: "lotus".to_owned(),
        })
    }

    async fn discover(&self) -> Result<Box<RawValue>, Error> {
        let document = self.document.get_or_init(|| {
            let (title, version) = (self.surface.program, self.version.to_string());
            openrpc::document(title, &version, &self.surface).to_string()
        });
        RawValue::from_string(document.clone()).map_err(Error::other)
    }

    async fn log_list(&self) -> Result<Vec<String>, Error> {
        Ok(self.logs.subsystems())
    }

    async fn log_set_level(&self, subsystem: String, level: String) -> Result<(), Error> {
        self.logs
            .set_level(&subsystem, &level)
            .map_err(Error::other)
    }

    async fn log_alerts(&self) -> Result<Vec<Alert>, Error> {
        Ok(self.alerts.list())
    }

    async fn session(&self) -> Result<Uuid, Error> {
        Ok(self.session)
    }

    async fn start_time(&self) -> Result<Timestamp, Error> {
        Ok(self.started)
    }

    async fn shutdown(&self) -> Result<(), Error> {
        tracing::warn!(target: "main", "received shutdown");
        self.shutdown.begin();
        Ok(())
    }

    async fn closing(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let sink = pending.accept().await?;
        tokio::select! {
            () = sink.closed() => {}
            () = self.shutdown.begun() => {}
        }
        Ok(())
    }
}
