//! Running a daemon in the foreground: start, say so, wait, shut down.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use lotus_core::Role;
use lotus_core::types::Network;
use lotus_daemon::config::edit;
use lotus_daemon::log::Logs;
use lotus_daemon::{ChainOptions, Daemon, Options, StartError};
use multiaddr::{Multiaddr, multiaddr};

use super::banner::Banner;
use super::signals::Signals;
use crate::opts::{Context, env};

/// What the command line says about a daemon.
#[derive(Debug)]
pub(crate) struct ServeOpts {
    pub(crate) listen: Option<Multiaddr>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) max_request_size: Option<u32>,
    pub(crate) auth: AuthOpts,
    /// Which chain a node has; a miner has none.
    pub(crate) chain: ChainOptions,
}

/// The flags of the Auth API, the same for both daemons.
#[derive(Debug, Args)]
pub(crate) struct AuthOpts {
    /// Require a token for every call, and serve the Auth API at /ext/auth
    #[arg(long)]
    pub(crate) api_auth_required: bool,

    /// The file with the password of the Auth API instead of [API] AuthPasswordFile
    #[arg(long, value_name = "FILE")]
    pub(crate) api_auth_password_file: Option<PathBuf>,
}

/// Reads where to listen: a port, which means one of 127.0.0.1 as in Lotus, or a multiaddr.
pub(crate) fn read_listen(text: &str) -> Result<Multiaddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(multiaddr!(Ip4([127, 0, 0, 1]), Tcp(port), Http));
    }
    // The empty text is a multiaddr too, of nothing.
    let address = text.parse().ok().filter(|_| !text.is_empty());
    address.ok_or_else(|| {
        "use a port such as 1234, or a multiaddr such as /ip4/0.0.0.0/tcp/1234/http".to_owned()
    })
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
    let options = options(context, opts)?;
    let auth_required = auth_required(context.role, &options);
    block_on(|signals| serve(context, auth_required, start(options), signals))
}

/// What the command line says to a daemon. The log begins here.
pub(super) fn options(context: &Context, opts: ServeOpts) -> anyhow::Result<Options> {
    let mut options = Options::new(context.repo_path()?);
    options.config = opts.config;
    options.chain = opts.chain;
    options.listen = opts.listen;
    options.max_request_size = opts.max_request_size;
    options.auth_required = opts.auth.api_auth_required;
    options.auth_password_file = opts.auth.api_auth_password_file;
    // As Lotus, whose builds for test networks otherwise print `t` addresses.
    if env("LOTUS_ADDRESS_TYPE").as_deref() == Some("_mainnet_") {
        options.network = Network::Mainnet;
    }
    options.logs = Logs::init(&env)?;
    Ok(options)
}

/// Does something that a signal ends with an error.
pub(super) fn until_signal<T>(
    work: impl Future<Output = Result<T, StartError>>,
) -> anyhow::Result<T> {
    block_on(async |mut signals| signals.interrupt(work).await)
}

/// Runs `work`. If it fails, what it has begun is not waited for: an import reads for as long as its
/// file is, and a database is whole at any moment.
fn block_on<T>(work: impl AsyncFnOnce(Signals) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let done = runtime.block_on(async { work(Signals::new()?).await });
    if done.is_err() {
        runtime.shutdown_background();
    }
    done
}

async fn serve(
    context: &Context,
    auth_required: bool,
    start: impl Future<Output = Result<Daemon, StartError>>,
    mut signals: Signals,
) -> anyhow::Result<()> {
    let daemon = signals.interrupt(start).await?;
    let banner = Banner::new(daemon.ready(), auth_required);
    if let Err(error) = context.out.result(&banner, &banner) {
        tracing::warn!(target: "main", %error, "cannot print the start-up banner");
    }
    let shutdown = daemon.shutdown();
    tokio::spawn(async move {
        let signal = signals.next().await;
        tracing::warn!(target: "main", signal, "received shutdown");
        shutdown.begin();
    });
    daemon.finished().await?;
    tracing::warn!(target: "main", "Graceful shutdown successful");
    Ok(())
}

/// Whether the flag, the config file or the environment says that every call needs a token.
fn auth_required(role: Role, options: &Options) -> bool {
    let file = options.config.clone();
    let file = file.unwrap_or_else(|| options.repo.join("config.toml"));
    let configured = || edit::get(role, &file, "API.AuthRequired", &env);
    options.auth_required || configured().is_ok_and(|value| value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_one_of_the_loopback() {
        assert_eq!(
            read_listen("1234").unwrap().to_string(),
            "/ip4/127.0.0.1/tcp/1234/http"
        );
        let all = "/ip4/0.0.0.0/tcp/1234/http";
        assert_eq!(read_listen(all).unwrap().to_string(), all);
        for bad in ["", "65536", "-1", "127.0.0.1:1234", "http://h:1"] {
            assert!(read_listen(bad).is_err(), "{bad}");
        }
    }
}
