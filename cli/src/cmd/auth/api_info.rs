//! `auth api-info`: a token and the address it is for, as another machine's environment wants them.

use clap::Args;
use lotus_client::ApiInfo;
use serde_json::json;

use super::create::{self, Perm};
use crate::opts::Context;

/// Get token with API info required to connect to this node
#[derive(Debug, Args)]
pub(super) struct ApiInfoCommand {
    #[command(flatten)]
    perm: Perm,
}

impl ApiInfoCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let permissions = self.perm.permissions()?;
        let connection = context.connect().await?;
        let token = create::mint(&connection, permissions).await?;
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
