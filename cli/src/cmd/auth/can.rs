//! `auth can`: may a token call a method?

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use lotus_core::Role;
use lotus_core::api::auth::AuthClient;

use super::registry::Registry;
use super::{given, methods};
use crate::opts::Context;
use crate::output::No;

/// Say whether a token may call a method, and if not, which rule refuses it
///
/// The exit code is 0 for yes, and 1 for no.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct Can {
    /// The name or id of the token, as `auth list` shows them
    #[arg(value_name = "NAME|ID", conflicts_with = "token_file")]
    name: Option<String>,

    /// The method, such as Filecoin.WalletSign or WalletSign
    method: String,

    /// The file with the token; - is stdin
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Can {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (token, registry) = match (self.name, self.token_file) {
            (Some(name), _) => {
                let registry = Registry::open(context).await?;
                (registry.find(&name).await?.id, registry)
            }
            (None, Some(file)) => {
                let token = given::read(&file, context)?.expose().to_owned();
                (token, Registry::open(context).await?)
            }
            (None, None) => bail!("say which token: a NAME or ID, or --token-file FILE"),
        };
        let method = full_name(context.role, self.method);
        let verdict = registry.answer(registry.client.can(token, method).await)?;
        let answer = if verdict.allowed { "yes" } else { "no" };
        context
            .out
            .result(format_args!("{answer}: {}", verdict.reason), &verdict)?;
        if !verdict.allowed {
            bail!(No);
        }
        Ok(())
    }
}

/// The wire name of a method. Lotus's refusals name methods without their namespace.
fn full_name(role: Role, method: String) -> String {
    let known = methods::of(role).find(|row| row.bare_name() == method);
    known.map_or(method, |row| row.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_known_by_its_bare_name_too() {
        let name = |method: &str| full_name(Role::FullNode, method.to_owned());
        assert_eq!(name("WalletSign"), "Filecoin.WalletSign");
        for kept in ["Filecoin.WalletSign", "rpc.discover", "Nothing"] {
            assert_eq!(name(kept), kept);
        }
    }
}
