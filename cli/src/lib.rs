//! The command lines of `lotus` and `lotus-miner`: parse, make one call, print.
//!
//! ```text
//! usage   the command line → matches, or what to tell the user
//! opts    the options of every command, and how it finds its daemon
//! cmd     the commands, one file per noun; both programs share them
//! miner   the commands that only `lotus-miner` has
//! output  stdout and stderr
//! table   text in columns
//! span    spans of time, read and shown
//! ```

mod cmd;
mod miner;
mod opts;
mod output;
mod span;
mod table;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use cmd::Shared;
use cmd::chain::ChainCommand;
use cmd::daemon::DaemonCommand;
use cmd::mpool::MpoolCommand;
use cmd::send::Send;
use cmd::state::StateCommand;
use cmd::wallet::WalletCommand;
use miner::init::Init;
use miner::run::Run;
use opts::{Context, MinerOpts, NodeOpts, block_on};

pub use lotus_daemon::VERSION;

/// Filecoin node with Lotus's API
#[derive(Debug, Parser)]
#[command(name = "lotus", version = version_line())]
struct Lotus {
    #[command(flatten)]
    opts: NodeOpts,
    #[command(subcommand)]
    command: LotusCommand,
}

#[derive(Debug, Subcommand)]
enum LotusCommand {
    Daemon(DaemonCommand),
    Send(Send),
    Wallet(WalletCommand),
    Mpool(MpoolCommand),
    State(StateCommand),
    Chain(ChainCommand),
    #[command(flatten)]
    Shared(Shared),
}

/// Filecoin miner with Lotus's API
#[derive(Debug, Parser)]
#[command(name = "lotus-miner", version = version_line())]
struct LotusMiner {
    #[command(flatten)]
    opts: MinerOpts,
    #[command(subcommand)]
    command: MinerCommand,
}

#[derive(Debug, Subcommand)]
enum MinerCommand {
    Init(Init),
    Run(Run),
    /// Stop a running lotus miner
    Stop,
    #[command(flatten)]
    Shared(Shared),
}

/// What `--version` prints behind the name.
fn version_line() -> String {
    format!("version {VERSION}")
}

/// The command line of `lotus`, for parsing and for generating documentation.
pub fn lotus_command() -> clap::Command {
    usage::dressed(Lotus::command())
}

/// The command line of `lotus-miner`, for parsing and for generating documentation.
pub fn lotus_miner_command() -> clap::Command {
    usage::dressed(LotusMiner::command())
}

/// Runs `lotus` with these arguments, program name included, and returns its exit code: 0 for
/// success, 1 for an error, 3 for an unknown command.
pub fn lotus(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run(lotus_command, args, |Lotus { opts, command }| {
        let context = Context::from(opts);
        match command {
            LotusCommand::Daemon(command) => command.run(&context),
            LotusCommand::Send(command) => block_on(command.run(&context)),
            LotusCommand::Wallet(command) => block_on(command.run(&context)),
            LotusCommand::Mpool(command) => block_on(command.run(&context)),
            LotusCommand::State(command) => block_on(command.run(&context)),
            LotusCommand::Chain(command) => block_on(command.run(&context)),
            LotusCommand::Shared(command) => command.run(&context),
        }
    })
}

/// Runs `lotus-miner` with these arguments, program name included, and returns its exit code as
/// [`lotus`] does.
pub fn lotus_miner(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run(lotus_miner_command, args, |LotusMiner { opts, command }| {
        let context = Context::from(opts);
        match command {
            MinerCommand::Init(command) => command.run(&context),
            MinerCommand::Run(command) => command.run(&context),
            MinerCommand::Stop => block_on(cmd::daemon::stop(&context)),
            MinerCommand::Shared(command) => command.run(&context),
        }
    })
}

fn run<P: FromArgMatches>(
    command: fn() -> clap::Command,
    args: impl IntoIterator<Item = OsString>,
    execute: impl FnOnce(P) -> anyhow::Result<()>,
) -> ExitCode {
    let parsed = match usage::parse(command(), args) {
        Ok(matches) => P::from_arg_matches(&matches),
        Err(stop) => return stop.report().into(),
    };
    match parsed.map_err(anyhow::Error::from).and_then(execute) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<output::No>() => ExitCode::FAILURE,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
