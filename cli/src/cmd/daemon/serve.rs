//! Running a daemon in the foreground: start, say so, wait, shut down.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use lotus_core::Permissions;
use lotus_daemon::log::Logs;
use lotus_daemon::role::Role;
use lotus_daemon::{Daemon, Options, Ready, StartError};
use multiaddr::{Multiaddr, multiaddr};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::opts::{Context, env};

/// What the command line says about a daemon.
#[derive(Debug)]
pub(crate) struct ServeOpts {
    pub(crate) listen: Option<Multiaddr>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) max_request_size: Option<u32>,
}

/// Reads where to listen: a port, which means one of 127.0.0.1 as in Lotus, or a multiaddr.
pub(crate) fn read_listen(text: &str) -> Result<Multiaddr, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok(multiaddr!(Ip4([127, 0, 0, 1]), Tcp(port), Http)),
        Err(_) => text.parse().map_err(|_| {
            "use a port such as 1234, or a multiaddr such as /ip4/0.0.0.0/tcp/1234/http".to_owned()
        }),
    }
}

/// Runs a daemon until SIGINT, SIGTERM or its `Shutdown` method ends it.
pub(crate) fn run<S>(
    context: &Context,
    opts: ServeOpts,
    start: impl FnOnce(Options) -> S,
) -> anyhow::Result<()>
where
    S: Future<Output = Result<Daemon, StartError>>,
{
    let mut options = Options::new(context.repo_path()?);
    options.config = opts.config;
    options.listen = opts.listen;
    options.max_request_size = opts.max_request_size;
    options.logs = Logs::init(&env)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(serve(context, options, start))
}

async fn serve<S>(
    context: &Context,
    options: Options,
    start: impl FnOnce(Options) -> S,
) -> anyhow::Result<()>
where
    S: Future<Output = Result<Daemon, StartError>>,
{
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let daemon = start(options).await?;
    let banner = Banner::new(daemon.ready());
    if let Err(error) = context.out.result(&banner, &banner) {
        tracing::warn!(target: "main", %error, "cannot print the start-up banner");
    }
    let shutdown = daemon.shutdown();
    tokio::spawn(async move {
        let signal = tokio::select! {
            _ = interrupt.recv() => "interrupt",
            _ = terminate.recv() => "terminated",
        };
        tracing::warn!(target: "main", signal, "received shutdown");
        shutdown.begin();
    });
    daemon.finished().await?;
    tracing::warn!(target: "main", "Graceful shutdown successful");
    Ok(())
}

/// What an operator needs to know, and to paste, when a daemon is ready.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Banner {
    program: &'static str,
    version: String,
    repo: PathBuf,
    /// As others write it down: a multiaddr with the real port.
    api: String,
    /// As a program on this machine dials it.
    url: String,
    token_file: PathBuf,
    /// What callers without a token may do.
    anonymous: Permissions,
    /// Where the API can be reached from other machines: `all interfaces`, or an address.
    exposed_on: Option<String>,
}

impl Banner {
    fn new(ready: &Ready) -> Self {
        let Ready {
            role,
            version,
            repo,
            token_file,
            address,
            socket,
            anonymous,
        } = ready;
        let ip = match socket.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let path = match role {
            Role::FullNode => "/rpc/v1",
            Role::StorageMiner => "/rpc/v0",
        };
        let exposed_on = ready.is_exposed().then(|| match socket.ip() {
            ip if ip.is_unspecified() => "all interfaces".to_owned(),
            ip => ip.to_string(),
        });
        Self {
            program: role.program(),
            version: (*version).to_owned(),
            repo: repo.clone(),
            api: address.to_string(),
            url: format!("http://{ip}:{}{path}", socket.port()),
            token_file: token_file.clone(),
            anonymous: *anonymous,
            exposed_on,
        }
    }
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            program,
            version,
            api,
            url,
            ..
        } = self;
        let token_file = self.token_file.display();
        let anonymous = match self.anonymous {
            Permissions::NONE => "only see that the daemon is up".to_owned(),
            permissions => format!("call methods that need {permissions}"),
        };
        writeln!(f, "{program} {version} is ready")?;
        writeln!(f)?;
        writeln!(f, "  Repo      {}", self.repo.display())?;
        writeln!(f, "  API       {api}")?;
        writeln!(
            f,
            "  Token     {token_file} (all permissions; keep it secret)"
        )?;
        writeln!(f, "  No token  may {anonymous}")?;
        if let Some(place) = &self.exposed_on {
            writeln!(f)?;
            writeln!(f, "  WARNING: the API is exposed on {place}, without TLS.")?;
            writeln!(
                f,
                "  Whoever can reach it there may, without a token, {anonymous}."
            )?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "  curl -s {url} -H \"Authorization: Bearer $(cat '{token_file}')\" \\"
        )?;
        write!(
            f,
            "    -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Filecoin.Version\",\"params\":[]}}'"
        )
    }
}
