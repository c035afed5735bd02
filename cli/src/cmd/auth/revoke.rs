//! `auth revoke`: the end of tokens.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use lotus_core::api::auth::AuthClient;
use lotus_core::types::{TokenInfo, TokenSelector};

use super::registry::{Registry, short_id};
use super::{given, list};
use crate::opts::Context;
use crate::span;
use crate::table::printable;

/// Revoke the tokens that match everything that is given
///
/// When the command ends, they are refused for good, and their connections are closed.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// A name or an id, as `auth list` shows them
    #[arg(value_name = "NAME|ID", conflicts_with = "token_file")]
    name: Option<String>,

    /// The file with the token; - is stdin
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Those that are older than this, such as 30d
    #[arg(long, value_name = "DURATION", value_parser = span::read)]
    older_than: Option<u64>,

    /// Those that were not used for this long, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = span::read)]
    unused: Option<u64>,

    /// Only say which they are
    #[arg(long)]
    dry_run: bool,
}

impl Revoke {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let Self {
            name,
            token_file,
            older_than,
            unused,
            dry_run,
        } = self;
        let any =
            name.is_some() || token_file.is_some() || older_than.is_some() || unused.is_some();
        if !any {
            bail!(
                "say which tokens to revoke: a NAME or ID, --token-file FILE, --older-than 30d, \
                 --unused 90d"
            );
        }
        let token = token_file
            .map(|file| given::read(&file, context))
            .transpose()?;
        let registry = Registry::open(context).await?;
        // By name, every token of that name: after a rotation there may be an old one and a new one.
        let (id, name) = match name {
            None => (None, None),
            Some(text) => {
                let found = registry.find(&text).await?;
                match found.name == Some(text) {
                    true => (None, found.name),
                    false => (Some(found.id), None),
                }
            }
        };
        let selector = TokenSelector {
            id,
            name,
            token: token.map(|token| token.expose().to_owned()),
            older_than,
            unused,
            dry_run,
        };
        let revoked = registry.answer(registry.client.revoke(selector).await)?;
        if revoked.is_empty() {
            context
                .out
                .note("Nothing to revoke: no token that is alive matches.");
        }
        let lines: Vec<_> = revoked.iter().map(|token| line(token, dry_run)).collect();
        context.out.result(lines.join("\n"), &revoked)
    }
}

fn line(token: &TokenInfo, dry_run: bool) -> String {
    let verb = if dry_run { "would revoke" } else { "revoked" };
    format!(
        "{verb} {} {} ({}; {})",
        short_id(&token.id),
        printable(list::name(token)),
        token.permissions,
        printable(&list::scope(&token.scope))
    )
}
