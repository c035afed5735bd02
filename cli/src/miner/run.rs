//! `lotus-miner run`: the miner itself.

use anyhow::bail;
use clap::Args;
use lotus_daemon::{ChainOptions, Miner, repo};
use multiaddr::Multiaddr;

use crate::cmd::daemon::serve::{self, AuthOpts, ServeOpts};
use crate::opts::Context;

/// Start a lotus miner process
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Where to listen instead of [API] ListenAddress: a port of 127.0.0.1, or a multiaddr
    #[arg(long, value_name = "PORT|MULTIADDR", value_parser = serve::read_listen)]
    miner_api: Option<Multiaddr>,

    #[command(flatten)]
    auth: AuthOpts,
}

impl Run {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let path = context.repo_path()?;
        if !repo::exists(&path) {
            bail!(
                "repo at '{}' is not initialized, run 'lotus-miner init' to set it up",
                path.display()
            );
        }
        let opts = ServeOpts {
            listen: self.miner_api,
            config: None,
            max_request_size: None,
            auth: self.auth,
            chain: ChainOptions::default(),
        };
        serve::run(context, opts, Miner::start)
    }
}
