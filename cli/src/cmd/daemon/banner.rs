//! What an operator is told when a daemon is ready: text to read, or JSON.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use lotus_core::types::{Address, Cid, TokenAmount};
use lotus_core::{Permissions, Role};
use lotus_daemon::{ChainReady, Ready};
use serde::Serialize;

use crate::table;

/// What an operator needs to know, and to paste, when a daemon is ready.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Banner {
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
    pub(super) fn new(ready: &Ready, auth_required: bool) -> Self {
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
}
