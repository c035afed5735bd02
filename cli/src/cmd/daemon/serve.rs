//! Running a daemon in the foreground: start, say so, wait, shut down.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use lotus_core::Permissions;
use lotus_core::Role;
use lotus_core::types::{Address, Cid, Network, TokenAmount};
use lotus_daemon::config::edit;
use lotus_daemon::log::Logs;
use lotus_daemon::{ChainOptions, ChainReady, Daemon, Options, Ready, StartError};
use multiaddr::{Multiaddr, multiaddr};
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::opts::{Context, env};
use crate::table;

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

/// The signals that ask a program to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        Ok(Self {
            interrupt,
            terminate,
        })
    }

    /// The next one, by the name that Go gives it.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupt",
            _ = self.terminate.recv() => "terminated",
        }
    }

    /// Does something that is not worth to be ended gracefully.
    async fn interrupt<T>(
        &mut self,
        work: impl Future<Output = Result<T, StartError>>,
    ) -> anyhow::Result<T> {
        tokio::select! {
            done = work => Ok(done?),
            signal = self.next() => bail!("ended by a signal before it was ready ({signal})"),
        }
    }
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
    /// Whether every call needs a token, and the Auth API is served.
    auth_required: bool,
    /// Where the API can be reached from other machines: `all interfaces`, or an address.
    exposed_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Chain>,
}

/// What a node's chain is, and who has funds on it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    network: String,
    chain_id: u64,
    genesis: Cid,
    height: i64,
    blocks: String,
    miner: Option<Address>,
    accounts: Vec<Account>,
}

/// An account that had funds from the start. Its key is in the wallet, and not here.
#[derive(Debug, Serialize)]
struct Account {
    address: Address,
    balance: TokenAmount,
}

impl From<&ChainReady> for Chain {
    fn from(ready: &ChainReady) -> Self {
        let accounts = ready.accounts.iter().map(|(address, balance)| Account {
            address: *address,
            balance: balance.clone(),
        });
        Self {
            network: ready.network.clone(),
            chain_id: ready.chain_id,
            genesis: ready.genesis,
            height: ready.height,
            blocks: ready.blocks.clone(),
            miner: ready.miner,
            accounts: accounts.collect(),
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            network,
            chain_id,
            genesis,
            height,
            blocks,
            ..
        } = self;
        writeln!(
            f,
            "  Chain     {network}, chain ID {chain_id}, at epoch {height}"
        )?;
        writeln!(f, "  Genesis   {genesis}")?;
        writeln!(f, "  Blocks    {blocks}")?;
        if let Some(miner) = &self.miner {
            writeln!(f, "  Miner     {miner}")?;
        }
        if self.accounts.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        writeln!(f, "Accounts, whose keys are in the wallet:")?;
        writeln!(f)?;
        let numbers: Vec<_> = (0..self.accounts.len())
            .map(|n| format!("  ({n})"))
            .collect();
        let text = |account: &Account| (account.address.to_string(), account.balance.to_string());
        let (addresses, balances): (Vec<_>, Vec<_>) = self.accounts.iter().map(text).unzip();
        let columns = [numbers, addresses, balances];
        let columns: Vec<_> = columns
            .iter()
            .map(|column| column.iter().map(String::as_str).collect())
            .collect();
        for line in table::aligned(&columns) {
            writeln!(f, "{line}")?;
        }
        writeln!(f)?;
        writeln!(f, "  A private key: lotus wallet export ADDRESS")?;
        writeln!(f, "  Another token: lotus auth create-token --perm write")
    }
}

impl Banner {
    fn new(ready: &Ready, auth_required: bool) -> Self {
        let Ready {
            role,
            version,
            repo,
            token_file,
            address,
            socket,
            anonymous,
            chain,
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
            auth_required,
            exposed_on,
            chain: chain.as_ref().map(Chain::from),
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
            _ if self.auth_required => "call nothing, because every call needs a token".to_owned(),
            Permissions::NONE => "only see that the daemon is up".to_owned(),
            permissions => format!("call methods that need no more than {permissions}"),
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
        if self.auth_required {
            let path = url.find("/rpc/").map_or(url.as_str(), |end| &url[..end]);
            writeln!(
                f,
                "  Auth API  {path}/ext/auth (gives tokens for the password)"
            )?;
        }
        if let Some(chain) = &self.chain {
            write!(f, "{chain}")?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn banner(role: Role, socket: &str, anonymous: Permissions) -> String {
        Banner::new(&ready(role, socket, anonymous), false).to_string()
    }

    fn ready(role: Role, socket: &str, anonymous: Permissions) -> Ready {
        Ready {
            role,
            version: "0.1.0",
            repo: "/r".into(),
            token_file: "/r/token".into(),
            address: "/dns/node/tcp/1234/http".parse().unwrap(),
            socket: socket.parse().unwrap(),
            anonymous,
            chain: None,
        }
    }

    #[test]
    fn an_exposed_api_is_warned_about_with_what_anyone_may_do() {
        let all = banner(Role::FullNode, "0.0.0.0:1234", Permissions::READ);
        assert!(
            all.contains(
                "  WARNING: the API is exposed on all interfaces, without TLS.\n  Whoever can \
                 reach it there may, without a token, call methods that need no more than read.\n"
            ),
            "{all}"
        );
        assert!(
            all.contains("curl -s http://127.0.0.1:1234/rpc/v1 "),
            "{all}"
        );
        let one = banner(Role::StorageMiner, "[2001:db8::1]:2345", Permissions::NONE);
        assert!(one.contains("exposed on 2001:db8::1, without TLS"), "{one}");
        assert!(
            one.contains("without a token, only see that the daemon is up.\n"),
            "{one}"
        );
        assert!(
            one.contains("curl -s http://[2001:db8::1]:2345/rpc/v0 "),
            "{one}"
        );
        let own = banner(Role::FullNode, "127.0.0.1:1234", Permissions::READ);
        assert!(!own.contains("WARNING"), "{own}");
    }

    #[test]
    fn a_daemon_that_wants_a_token_for_every_call_says_where_they_are() {
        let ready = ready(Role::FullNode, "127.0.0.1:1234", Permissions::NONE);
        let text = Banner::new(&ready, true).to_string();
        assert!(
            text.contains(
                "\n  No token  may call nothing, because every call needs a token\n  Auth API  \
                 http://127.0.0.1:1234/ext/auth "
            ),
            "{text}"
        );
        let text = Banner::new(&ready, false).to_string();
        assert!(!text.contains("/ext/auth"), "{text}");
    }

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
