//! `chain export`: the chain in a file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use lotus_core::api::chain::ChainClient;
use lotus_core::types::{Cid, TipSetKey};
use serde_json::json;

use super::read_cid;
use crate::opts::{Answer, Context};

/// Export chain to a car file
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The tipset that ends it: CIDs of its blocks with commas between them, or @head
    #[arg(long, value_name = "TIPSET", default_value = "@head")]
    tipset: String,

    /// How many epochs come with their state
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    recent_stateroots: i64,

    /// Leave out the messages of older epochs
    #[arg(long)]
    skip_old_msgs: bool,

    /// The file
    output_path: PathBuf,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        if self.skip_old_msgs && self.recent_stateroots == 0 {
            bail!("must pass recent stateroots along with skip-old-msgs");
        }
        let tipset = match self.tipset.as_str() {
            "" | "@head" => TipSetKey::default(),
            cids => cids
                .split(',')
                .map(read_cid)
                .collect::<anyhow::Result<Vec<Cid>>>()?
                .into_iter()
                .collect(),
        };
        let path = &self.output_path;
        let cannot = || format!("cannot write {}", path.display());
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let client = context.connect_main().await?.client;
        let opened = client.chain_export(self.recent_stateroots, self.skip_old_msgs, tipset);
        let mut pieces = opened.await.answer()?;
        // The file has its name when it is complete.
        let mut file = tempfile::NamedTempFile::new_in(directory).with_context(cannot)?;
        let (mut bytes, mut complete) = (0, false);
        while let Some(piece) = pieces.next().await {
            let piece = piece.context("exporting")?;
            complete = piece.is_empty();
            if complete {
                break;
            }
            bytes += piece.len();
            file.write_all(&piece).with_context(cannot)?;
        }
        if !complete {
            bail!("incomplete export (remote connection lost?)");
        }
        file.as_file().sync_all().with_context(cannot)?;
        file.persist(path).with_context(cannot)?;
        context
            .out
            .result("", json!({ "path": path, "bytes": bytes }))
    }
}
