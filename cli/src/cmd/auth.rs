//! `auth`: tokens for other programs and machines.

mod api_info;
mod audit;
mod can;
mod create;
mod decode;
mod given;
mod inspect;
mod list;
mod methods;
mod registry;
mod revoke;
mod rotate;

use clap::{Args, Subcommand};

use crate::opts::Context;

/// Manage RPC permissions
#[derive(Debug, Args)]
pub(crate) struct AuthCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    CreateToken(create::CreateToken),
    ApiInfo(api_info::ApiInfoCommand),
    List(list::List),
    Inspect(inspect::Inspect),
    Revoke(revoke::Revoke),
    Rotate(rotate::Rotate),
    Methods(methods::Methods),
    Can(can::Can),
    Audit(audit::Audit),
}

impl AuthCommand {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.command {
            Command::CreateToken(command) => command.run(context).await,
            Command::ApiInfo(command) => command.run(context).await,
            Command::List(command) => command.run(context).await,
            Command::Inspect(command) => command.run(context).await,
            Command::Revoke(command) => command.run(context).await,
            Command::Rotate(command) => command.run(context).await,
            Command::Methods(command) => command.run(context),
            Command::Can(command) => command.run(context).await,
            Command::Audit(command) => command.run(context),
        }
    }
}
