//! `auth`: tokens for other programs and machines.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use lotus_client::{ApiInfo, Token};
use lotus_core::api::common::CommonClient;
use lotus_core::{Permission, Permissions};
use serde_json::json;

use crate::opts::{Answer, Connection, Context};

/// Manage RPC permissions
#[derive(Debug, Args)]
pub(crate) struct AuthCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create token
    CreateToken(Perm),
    /// Get token with API info required to connect to this node
    ApiInfo(Perm),
}

#[derive(Debug, Args)]
struct Perm {
    /// Permission of the token, and all that come before it in: read, write, sign, admin
    #[arg(long, value_name = "PERMISSION")]
    perm: Option<String>,
}

impl Perm {
    /// The set that Lotus mints: the permission and those before it.
    fn permissions(&self) -> anyhow::Result<Permissions> {
        let Some(perm) = &self.perm else {
            bail!("--perm flag not set, use with one of: read, write, sign, admin");
        };
        match perm.parse::<Permission>() {
            Ok(highest) => Ok(Permissions::up_to(highest)),
            Err(_) => bail!("--perm flag has to be one of: [read write sign admin]"),
        }
    }
}

impl AuthCommand {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.command {
            Command::CreateToken(perm) => {
                let permissions = perm.permissions()?;
                let token = mint(&context.connect().await?, permissions).await?;
                context
                    .out
                    .result(token.expose(), json!({ "token": token.expose() }))
            }
            Command::ApiInfo(perm) => {
                let permissions = perm.permissions()?;
                let connection = context.connect().await?;
                let token = mint(&connection, permissions).await?;
                let info = &connection.found.info;
                if let Some(note) = local_only(info) {
                    context.out.note(note);
                }
                let (name, value) = (context.role.info_variable(), info.api_info_string(&token));
                context
                    .out
                    .result(format_args!("{name}={value}"), json!({ name: value }))
            }
        }
    }
}

async fn mint(connection: &Connection, permissions: Permissions) -> anyhow::Result<Token> {
    let names = permissions
        .iter()
        .map(|permission| permission.name().to_owned())
        .collect();
    let token = connection.client.auth_new(names).await.answer()?;
    let token = String::from_utf8(token.into_vec()).context("the node's token is not text")?;
    Token::new(&token).context("the node's token is not usable")
}

/// A note on an address that means something else, or nothing, on another machine.
fn local_only(info: &ApiInfo) -> Option<String> {
    let address = info.address.to_string();
    let local = [
        "/ip4/127.",
        "/ip6/::1/",
        "/ip4/0.0.0.0/",
        "/ip6/::/",
        "localhost",
        "//127.",
    ]
    .iter()
    .any(|part| address.contains(part));
    local.then(|| {
        format!("Note: on another machine, replace {address} by an address that reaches this one.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn perm(text: &str) -> Perm {
        Perm {
            perm: Some(text.to_owned()),
        }
    }

    #[test]
    fn a_permission_stands_for_those_before_it_too() {
        assert_eq!(perm("read").permissions().unwrap().to_string(), "read");
        assert_eq!(
            perm("sign").permissions().unwrap().to_string(),
            "read,write,sign"
        );
        assert_eq!(perm("admin").permissions().unwrap(), Permissions::ALL);
    }

    #[test]
    fn other_permissions_are_refused_in_lotus_words() {
        for bad in ["", "Read", "root", "read,write", "read "] {
            let error = perm(bad).permissions().unwrap_err().to_string();
            assert_eq!(
                error, "--perm flag has to be one of: [read write sign admin]",
                "{bad:?}"
            );
        }
        let error = Perm { perm: None }.permissions().unwrap_err().to_string();
        assert_eq!(
            error,
            "--perm flag not set, use with one of: read, write, sign, admin"
        );
    }

    #[test]
    fn an_address_of_this_machine_earns_a_note() {
        let noted = |text: &str| local_only(&text.parse().unwrap()).is_some();
        for local in [
            "/ip4/127.0.0.1/tcp/1234/http",
            "/ip4/0.0.0.0/tcp/1234/http",
            "/ip6/::1/tcp/1/http",
            "/ip6/::/tcp/1/http",
            "http://127.0.0.1:1",
            "localhost:1234",
        ] {
            assert!(noted(local), "{local}");
        }
        for remote in [
            "/ip4/10.0.0.1/tcp/1234/http",
            "/dns/node/tcp/1/http",
            "https://node.example",
        ] {
            assert!(!noted(remote), "{remote}");
        }
    }
}
