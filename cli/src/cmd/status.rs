//! `status`: the API that this program talks to, and who it is there.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use lotus_core::Permissions;
use lotus_core::Role;
use lotus_core::api::common::CommonClient;
use lotus_daemon::config::duration;
use serde::Serialize;

use crate::opts::{Answer, Connection, Context};

/// What a daemon says about itself. Every field but the first four is empty when the token in use
/// does not allow to ask for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    url: String,
    source: String,
    version: String,
    api: String,
    ready: bool,
    started: Option<Timestamp>,
    uptime_seconds: Option<u64>,
    token: Token,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    chain: Option<()>,
}

/// Who the caller is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Token {
    /// Nobody: no token was sent.
    None,
    Permissions(Permissions),
    /// The node did not tell.
    Unknown(String),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "API:      {} (address from {})", self.url, self.source)?;
        writeln!(f, "Version:  {}+api{}", self.version, self.api)?;
        writeln!(f, "Ready:    yes")?;
        if let (Some(started), Some(uptime)) = (self.started, self.uptime_seconds) {
            let uptime = duration::format(Duration::from_secs(uptime));
            writeln!(f, "Uptime:   {uptime} (started at {started:.0})")?;
        }
        match &self.token {
            Token::None => writeln!(f, "Token:    none sent")?,
            Token::Permissions(permissions) => writeln!(f, "Token:    {permissions}")?,
            Token::Unknown(reason) => writeln!(f, "Token:    permissions unknown ({reason})")?,
        }
        if let Some(node) = &self.node {
            writeln!(f, "Node:     {node}")?;
        }
        write!(
            f,
            "Chain:    none yet: this version serves tokens, keys and logs"
        )
    }
}

/// Prints the status of this program's daemon.
pub(crate) async fn run(context: &Context) -> anyhow::Result<()> {
    let Connection { client, found } = context.connect().await?;
    let version = client.version().await.answer()?;
    let started = client.start_time().await.ok();
    let uptime = started.map(|started| Timestamp::now().as_second() - started.as_second());
    let token = match &found.info.token {
        None => Token::None,
        Some(token) => match client.auth_verify(token.expose().to_owned()).await.answer() {
            Ok(permissions) => Token::Permissions(permissions),
            Err(error) => Token::Unknown(error.to_string()),
        },
    };
    let node = match context.role {
        Role::FullNode => None,
        Role::StorageMiner => Some(match node_version(context).await {
            Ok(node) => node,
            Err(error) => format!("{error:#}"),
        }),
    };
    let status = Status {
        url: client.endpoint().url().to_owned(),
        source: found.info.source.to_string(),
        version: version.version,
        api: version.api_version.to_string(),
        ready: true,
        started,
        uptime_seconds: uptime.map(|seconds| seconds.try_into().unwrap_or_default()),
        token,
        node,
        chain: None,
    };
    context.out.result(&status, &status)
}

/// The miner's node, if it answers.
async fn node_version(context: &Context) -> anyhow::Result<String> {
    let client = context.connect_to(Role::FullNode).await?.client;
    let version = client.version().await.answer()?;
    Ok(format!("{} ({})", client.endpoint().url(), version.version))
}
