//! `mpool`: the messages that wait for a block.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use lotus_core::api::mpool::MpoolClient;
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::{Address, SignedMessage, TipSetKey};

use crate::opts::{Answer, Context};

/// Manage message pool
#[derive(Debug, Args)]
pub(crate) struct MpoolCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pending(Pending),
}

/// Get pending messages
#[derive(Debug, Args)]
struct Pending {
    /// Print pending messages for addresses in local wallet only
    #[arg(long)]
    local: bool,

    /// Only print cids of messages in output
    #[arg(long)]
    cids: bool,

    /// Return messages to a given address
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,

    /// Return messages from a given address
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
}

impl MpoolCommand {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.command {
            Command::Pending(pending) => pending.run(context).await,
        }
    }
}

impl Pending {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let read = |address: &Option<String>, what| {
            let address = address.as_deref().map(str::parse::<Address>).transpose();
            address.with_context(|| format!("given {what:?} address was invalid"))
        };
        let (to, from) = (read(&self.to, "to")?, read(&self.from, "from")?);
        let client = context.connect_main().await?.client;
        let own = match self.local {
            true => Some(client.wallet_list().await.answer()?),
            false => None,
        };
        let mut pending = client.mpool_pending(TipSetKey::default()).await.answer()?;
        pending.retain(|signed: &SignedMessage| {
            let message = &signed.message;
            own.as_ref().is_none_or(|own| own.contains(&message.from))
                && to.is_none_or(|to| to == message.to)
                && from.is_none_or(|from| from == message.from)
        });
        if self.cids {
            let cids: Result<Vec<_>, _> = pending.iter().map(SignedMessage::cid).collect();
            let cids = cids?;
            let lines: Vec<_> = cids.iter().map(ToString::to_string).collect();
            return context.out.result(lines.join("\n"), &cids);
        }
        let texts: Result<Vec<_>, _> = pending.iter().map(serde_json::to_string_pretty).collect();
        context.out.result(texts?.join("\n"), &pending)
    }
}
