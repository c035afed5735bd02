//! The commands, one file per noun. Those in [`Shared`] are the same in both programs; what differs
//! is the daemon in their [`Context`].

pub(crate) mod auth;
pub(crate) mod chain;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod daemon;
pub(crate) mod log;
pub(crate) mod mpool;
pub(crate) mod rpc;
pub(crate) mod send;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod version;
pub(crate) mod wait_api;
pub(crate) mod wallet;

use clap::Subcommand;

use crate::opts::{Context, block_on};

/// The commands that both programs have.
#[derive(Debug, Subcommand)]
pub(crate) enum Shared {
    Auth(auth::AuthCommand),
    Log(log::LogCommand),
    Config(config::ConfigCommand),
    Rpc(rpc::Rpc),
    /// Print version
    Version,
    WaitApi(wait_api::WaitApi),
    /// Show the daemon's API: where it is, who you are to it, how long it has been up
    Status,
    Completion(completion::Completion),
}

impl Shared {
    /// Runs the command.
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Shared::Auth(command) => block_on(command.run(context)),
            Shared::Log(command) => block_on(command.run(context)),
            Shared::Config(command) => command.run(context),
            Shared::Rpc(command) => block_on(command.run(context)),
            Shared::Version => block_on(version::run(context)),
            Shared::WaitApi(command) => block_on(command.run(context)),
            Shared::Status => block_on(status::run(context)),
            Shared::Completion(command) => command.run(context),
        }
    }
}
