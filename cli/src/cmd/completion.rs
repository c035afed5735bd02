//! `completion`: scripts that complete commands and flags in a shell.

use anyhow::Context as _;
use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use lotus_core::Role;

use super::rpc;
use crate::opts::Context;

/// Print a completion script for a shell: eval "$(lotus completion bash)"
#[derive(Debug, Args)]
pub(crate) struct Completion {
    /// The shell: bash, elvish, fish, powershell or zsh
    #[arg(hide_possible_values = true)]
    shell: Shell,
}

impl Completion {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut command = match context.role {
            Role::FullNode => crate::lotus_command(),
            Role::StorageMiner => crate::lotus_miner_command(),
        };
        let methods = rpc::names(context.role);
        command = command.mut_subcommand("rpc", |rpc| {
            rpc.mut_arg("method", |method| {
                method.value_parser(PossibleValuesParser::new(methods))
            })
        });
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut command,
            context.role.program(),
            &mut script,
        );
        let script = String::from_utf8(script).context("the completion script is not text")?;
        context.out.result(script.trim_end(), &script)
    }
}
