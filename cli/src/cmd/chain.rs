//! `chain`: blocks, and what they are made of.

mod export;
mod list;

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use lotus_core::api::chain::ChainClient;
use lotus_core::types::{Cid, TipSet};
use serde_json::{Value, json};

use crate::opts::{Answer, Context};

/// Interact with filecoin blockchain
#[derive(Debug, Args)]
pub(crate) struct ChainCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print chain head
    Head {
        /// Print just the epoch number of the chain head
        #[arg(long)]
        height: bool,
    },
    /// Get a block and print its details
    #[command(alias = "getblock")]
    GetBlock {
        /// The block's CID
        block_cid: String,
        /// Print just the raw block header
        #[arg(long)]
        raw: bool,
    },
    #[command(alias = "love")]
    List(list::List),
    /// Get and print a message by its cid
    #[command(name = "getmessage", aliases = ["get-message", "get-msg"])]
    GetMessage {
        /// The message's CID
        message_cid: String,
    },
    /// Read the raw bytes of an object
    ReadObj {
        /// The object's CID
        object_cid: String,
    },
    /// Collect size and ipld link counts for objs
    StatObj {
        /// The object's CID
        cid: String,
        /// Ignore links found in this obj
        #[arg(long, value_name = "CID")]
        base: Option<String>,
    },
    Export(export::Export),
}

impl ChainCommand {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let out = context.out;
        match self.command {
            Command::Head { height } => {
                let client = context.connect_main().await?.client;
                let head = client.chain_head().await.answer()?;
                match height {
                    true => out.result(head.height(), head.height()),
                    false => out.result(cids(&head), &head),
                }
            }
            Command::GetBlock { block_cid, raw } => get_block(context, &block_cid, raw).await,
            Command::List(list) => list.run(context).await,
            Command::GetMessage { message_cid } => {
                let cid = read_cid(&message_cid)?;
                let client = context.connect_main().await?.client;
                let message = client.chain_get_message(cid).await.answer()?;
                out.result(serde_json::to_string_pretty(&message)?, &message)
            }
            Command::ReadObj { object_cid } => {
                let cid = read_cid(&object_cid)?;
                let client = context.connect_main().await?.client;
                let bytes = client.chain_read_obj(cid).await.answer()?;
                let hex = data_encoding::HEXLOWER.encode(&bytes);
                out.result(&hex, json!({ "cid": cid, "hex": hex }))
            }
            Command::StatObj { cid, base } => {
                let cid = read_cid(&cid)?;
                let base = base.as_deref().map(read_cid).transpose()?;
                let client = context.connect_main().await?.client;
                let stat = client.chain_stat_obj(cid, base).await.answer()?;
                let text = format!("Links: {}\nSize: {}", stat.links, stat.size);
                out.result(text, &stat)
            }
            Command::Export(export) => export.run(context).await,
        }
    }
}

/// Reads a CID from the command line.
pub(crate) fn read_cid(text: &str) -> anyhow::Result<Cid> {
    text.parse().with_context(|| format!("{text:?} is no CID"))
}

/// The CIDs of a tipset's blocks, one on a line.
fn cids(tipset: &TipSet) -> String {
    let mut text = String::new();
    for cid in tipset.cids() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{cid}");
    }
    text.truncate(text.trim_end().len());
    text
}

/// The header, and everything that belongs to it, in one object.
async fn get_block(context: &Context, block_cid: &str, raw: bool) -> anyhow::Result<()> {
    let cid = read_cid(block_cid)?;
    let client = context.connect_main().await?.client;
    let header = client.chain_get_block(cid).await.answer();
    let header = header.context("get block failed")?;
    let mut block = serde_json::to_value(&header)?;
    if let (false, Value::Object(fields)) = (raw, &mut block) {
        let messages = client.chain_get_block_messages(cid).await.answer();
        let messages = messages.context("failed to get messages")?;
        let parents = client.chain_get_parent_messages(cid).await.answer();
        let parents = parents.context("failed to get parent messages")?;
        let receipts = client.chain_get_parent_receipts(cid).await.answer();
        let receipts = receipts.context("failed to get receipts")?;
        let parents: Vec<Cid> = parents.into_iter().map(|message| message.cid).collect();
        let parts = [
            ("BlsMessages", json!(messages.bls_messages)),
            ("SecpkMessages", json!(messages.secpk_messages)),
            ("ParentReceipts", json!(receipts)),
            ("ParentMessages", json!(parents)),
        ];
        fields.extend(parts.map(|(name, part)| (name.to_owned(), part)));
    }
    context
        .out
        .result(serde_json::to_string_pretty(&block)?, &block)
}
