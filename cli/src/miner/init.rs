//! `lotus-miner init`: the miner's repo.

use anyhow::bail;
use clap::Args;
use lotus_daemon::repo::{self, Repo};
use serde_json::json;

use crate::opts::Context;

/// Initialize a lotus miner repo
#[derive(Debug, Args)]
pub(crate) struct Init {}

impl Init {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let path = context.repo_path()?;
        if repo::exists(&path) {
            bail!("repo at '{}' is already initialized", path.display());
        }
        let repo = Repo::open_or_init(&path, context.role)?;
        let path = repo.path().to_owned();
        repo.close()?;
        let text = format!(
            "Miner repo created at {}; you can now start it with 'lotus-miner run'.\n\
             The miner actor is not created: that needs a chain, which comes with a later version.",
            path.display()
        );
        context
            .out
            .result(text, json!({ "repo": path, "actor": null }))
    }
}
