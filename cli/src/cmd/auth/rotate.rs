//! `auth rotate`: a new secret.

use std::time::Duration;

use anyhow::bail;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use lotus_client::{CallError, Source};
use lotus_core::api::auth::AuthClient;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::registry::Registry;
use crate::opts::Context;
use crate::span;

/// How long the daemon may take to renew its own token.
const RENEWAL: Duration = Duration::from_secs(5);

/// How often its token is tried.
const INTERVAL: Duration = Duration::from_millis(50);

/// Make a new secret, so that all tokens there are die
///
/// The daemon's own token is renewed, and programs that read it from the repo go on working once
/// they have read it anew. All others need a new token.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// How long tokens of the old secret stay valid, such as 1h
    #[arg(long, value_name = "DURATION", default_value = "0", hide_default_value = true, value_parser = span::read)]
    grace: u64,
}

/// What has happened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rotated {
    /// Until when tokens of the old secret are valid.
    old_tokens_valid_until: Timestamp,
    /// The file with the daemon's own token, if it is on this machine.
    token_file: Option<String>,
}

impl Rotate {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let Ok(grace) = i64::try_from(self.grace).map(SignedDuration::from_secs) else {
            bail!("--grace is too long");
        };
        let Ok(until) = Timestamp::now().checked_add(grace) else {
            bail!("--grace is too long");
        };
        let registry = Registry::open(context).await?;
        match registry.client.rotate_secret(self.grace).await {
            // The token of this call dies of it, and its connection may be closed before the answer
            // has been read.
            Err(error) if closed_by_death(&error) => {}
            answer => registry.answer(answer)?,
        }
        let token_file = match &registry.found.info.source {
            Source::Repo(api) => {
                renewed(context, &registry).await?;
                Some(api.with_file_name("token").display().to_string())
            }
            source => {
                context.out.note(format_args!(
                    "The token in {source} is one of the old ones: replace it."
                ));
                None
            }
        };
        let old = match self.grace {
            0 => "The tokens of the old secret are dead, and their connections closed.".to_owned(),
            grace => format!(
                "The tokens of the old secret stay valid for {}, until {until:.0}.",
                span::short(grace)
            ),
        };
        let file = token_file.as_deref().unwrap_or("<repo of the node>/token");
        let text = format!(
            "The daemon has a new secret. {old}\nIts own token in {file} has been renewed; all other \
             programs need a new one."
        );
        let rotated = Rotated {
            old_tokens_valid_until: until,
            token_file,
        };
        context.out.result(text, &rotated)
    }
}

/// Waits until the repo has another token than the one that is dying, and it is accepted.
async fn renewed(context: &Context, old: &Registry) -> anyhow::Result<()> {
    let deadline = Instant::now() + RENEWAL;
    loop {
        let reason = match Registry::open(context).await {
            Ok(new) if new.own_token() != old.own_token() => return Ok(()),
            Ok(_) => "it is still the old one".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        if Instant::now() >= deadline {
            bail!(
                "the daemon has a new secret, and its own token could not be renewed ({reason}); a \
                 restart of the daemon renews it"
            );
        }
        sleep(INTERVAL).await;
    }
}

/// Whether the daemon has closed the connection because the token died.
fn closed_by_death(error: &CallError) -> bool {
    let CallError::Transport(cause) = error else {
        return false;
    };
    matches!(
        cause.downcast_ref(),
        Some(lotus_client::Error::Disconnected { reason, .. }) if reason.contains("(code 4401)")
    )
}
