//! `auth create-token`: minting.

use anyhow::{Context as _, bail};
use clap::Args;
use lotus_client::Token;
use lotus_core::api::auth::AuthClient;
use lotus_core::api::common::CommonClient;
use lotus_core::types::NewToken;
use lotus_core::{Permission, Permissions, Scope};
use serde_json::json;

use super::registry::Registry;
use crate::opts::{Answer, Connection, Context};
use crate::span;

/// Create token
///
/// Without other flags than --perm, this is Lotus's create-token, and works with a Lotus node.
#[derive(Debug, Args)]
pub(super) struct CreateToken {
    #[command(flatten)]
    perm: Perm,

    /// A name to list and revoke it by
    #[arg(long)]
    name: Option<String>,

    /// How long it lives, such as 90d; until it is revoked if omitted
    #[arg(long, value_name = "DURATION", value_parser = span::read)]
    expires: Option<u64>,

    /// How long it may be out of use before it dies, such as 30d
    #[arg(long, value_name = "DURATION", value_parser = span::read)]
    idle: Option<u64>,

    /// A path that it is good for, with what lies under it, such as /rpc/v1; may be repeated; all
    /// if omitted
    #[arg(long = "endpoint", value_name = "PATH")]
    endpoints: Vec<String>,

    /// A method that it may call, or a pattern, such as 'Filecoin.State*'; may be repeated; all
    /// that the permissions allow if omitted
    #[arg(long = "method", value_name = "PATTERN")]
    methods: Vec<String>,
}

/// The flag that `create-token` and `api-info` share.
#[derive(Debug, Args)]
pub(super) struct Perm {
    /// Permission of the token, and all that come before it in: read, write, sign, admin
    #[arg(long, value_name = "PERMISSION")]
    perm: Option<String>,
}

impl Perm {
    /// The set that Lotus mints: the permission and those before it.
    pub(super) fn permissions(&self) -> anyhow::Result<Permissions> {
        let Some(perm) = &self.perm else {
            bail!("--perm flag not set, use with one of: read, write, sign, admin");
        };
        Ok(Permissions::up_to(permission(perm)?))
    }
}

/// Reads the value of a `--perm` flag.
pub(super) fn permission(perm: &str) -> anyhow::Result<Permission> {
    match perm.parse() {
        Ok(permission) => Ok(permission),
        Err(_) => bail!("--perm flag has to be one of: [read write sign admin]"),
    }
}

impl CreateToken {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let permissions = self.perm.permissions()?;
        let new = self.new_token(permissions);
        // Nothing that Lotus could not do: ask what Lotus knows.
        if new == plain(permissions) {
            let token = mint(&context.connect().await?, permissions).await?;
            return context
                .out
                .result(token.expose(), json!({ "token": token.expose() }));
        }
        new.scope.check()?;
        let registry = Registry::open(context).await?;
        let created = registry.answer(registry.client.create(new).await)?;
        for warning in &created.warnings {
            context.out.note(format_args!("Warning: {warning}"));
        }
        context.out.result(&created.token, &created)
    }

    fn new_token(self, permissions: Permissions) -> NewToken {
        let given = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        NewToken {
            name: self.name,
            scope: Scope {
                endpoints: given(self.endpoints),
                methods: given(self.methods),
            },
            expires_in: self.expires,
            idle: self.idle,
            ..plain(permissions)
        }
    }
}

/// A token as Lotus makes it.
fn plain(permissions: Permissions) -> NewToken {
    NewToken {
        permissions,
        ..NewToken::default()
    }
}

/// Mints a token as Lotus does.
pub(super) async fn mint(
    connection: &Connection,
    permissions: Permissions,
) -> anyhow::Result<Token> {
    let names = permissions
        .iter()
        .map(|permission| permission.name().to_owned())
        .collect();
    let token = connection.client.auth_new(names).await.answer()?;
    let token = String::from_utf8(token.into_vec()).context("the node's token is not text")?;
    Token::new(&token).context("the node's token is not usable")
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
}
