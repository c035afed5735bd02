//! `daemon`: the node itself.

mod banner;
mod import;
mod network;
pub(crate) mod serve;
mod signals;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lotus_core::api::common::CommonClient;
use lotus_daemon::{ChainOptions, Node};
use multiaddr::Multiaddr;

use crate::opts::{Answer, Context, block_on};
use import::ImportOpts;
use network::NetworkOpts;
use serve::{AuthOpts, ServeOpts};

/// Start a lotus daemon process
#[derive(Debug, Args)]
pub(crate) struct DaemonCommand {
    /// Where to listen instead of [API] ListenAddress: a port of 127.0.0.1, or a multiaddr
    #[arg(long, value_name = "PORT|MULTIADDR", value_parser = serve::read_listen)]
    api: Option<Multiaddr>,

    /// The config file instead of <repo>/config.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The largest request in bytes instead of [API] MaxRequestSize; 0 leaves it
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    api_max_req_size: u32,

    #[command(flatten)]
    auth: AuthOpts,

    #[command(flatten)]
    network: NetworkOpts,

    #[command(flatten)]
    import: ImportOpts,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Stop a running lotus daemon
    Stop,
}

impl DaemonCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.command {
            Some(Command::Stop) => block_on(stop(context)),
            None => {
                let import = self.import.read()?;
                let replace = self.import.remove_existing_chain;
                let mut opts = ServeOpts {
                    listen: self.api,
                    config: self.config,
                    max_request_size: Some(self.api_max_req_size).filter(|size| *size > 0),
                    auth: self.auth,
                    chain: ChainOptions::Local(self.network.read(replace)?),
                };
                match import {
                    Some(import) if self.import.halt_after_import => {
                        return import::halt(context, opts, import);
                    }
                    Some(import) => opts.chain = ChainOptions::Import(import),
                    None => {}
                }
                serve::run(context, opts, Node::start)
            }
        }
    }
}

/// Asks this program's daemon to shut down, and leaves it alone with that, as Lotus.
pub(crate) async fn stop(context: &Context) -> anyhow::Result<()> {
    context.connect().await?.client.shutdown().await.answer()?;
    context.out.done()
}
