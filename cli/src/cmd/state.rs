//! `state`: actors, and what became of messages.

use std::fmt;

use anyhow::bail;
use clap::{Args, Subcommand};
use lotus_core::api::state::StateClient;
use lotus_core::types::{Actor, Address, Cid, MsgLookup, TipSetKey};

use super::chain::read_cid;
use super::send::read_address;
use crate::opts::{Answer, Context};

/// Interact with and query filecoin chain state
#[derive(Debug, Args)]
pub(crate) struct StateCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Wait for a message to appear on chain
    WaitMsg {
        /// The message's CID
        message_cid: String,
        /// How many epochs have to lie above it
        #[arg(long, value_name = "EPOCHS", default_value_t = 5)]
        confidence: u64,
    },
    /// Search to see whether a message has appeared on chain
    SearchMsg {
        /// The message's CID
        message_cid: String,
    },
    /// Print actor information
    GetActor {
        /// The actor's address
        actor_address: String,
    },
    /// List all actors in the network
    ListActors,
    /// Find corresponding ID address
    Lookup {
        /// The address
        address: String,
        /// Perform reverse lookup
        #[arg(short, long)]
        reverse: bool,
    },
    /// Returns the network version
    NetworkVersion,
}

/// No limit to how far back a message is looked for.
const NO_LIMIT: i64 = -1;

impl StateCommand {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (out, head) = (context.out, TipSetKey::default());
        match self.command {
            Command::WaitMsg {
                message_cid,
                confidence,
            } => {
                let cid = read_cid(&message_cid)?;
                let client = context.connect_main().await?.client;
                let found = client.state_wait_msg(cid, confidence, NO_LIMIT, true).await;
                let found = found.answer()?;
                out.result(
                    Outcome {
                        asked: cid,
                        found: &found,
                    },
                    &found,
                )
            }
            Command::SearchMsg { message_cid } => {
                let cid = read_cid(&message_cid)?;
                let client = context.connect_main().await?.client;
                let found = client.state_search_msg(head, cid, NO_LIMIT, true).await;
                let Some(found) = found.answer()? else {
                    bail!("failed to find message: {cid}");
                };
                out.result(
                    Outcome {
                        asked: cid,
                        found: &found,
                    },
                    &found,
                )
            }
            Command::GetActor { actor_address } => {
                let address = read_address(&actor_address)?;
                let client = context.connect_main().await?.client;
                let actor = client.state_get_actor(address, head).await.answer()?;
                let shown = Shown {
                    address,
                    actor: &actor,
                };
                out.result(shown, &actor)
            }
            Command::ListActors => {
                let client = context.connect_main().await?.client;
                let actors = client.state_list_actors(head).await.answer()?;
                let lines: Vec<_> = actors.iter().map(Address::to_string).collect();
                out.result(lines.join("\n"), &actors)
            }
            Command::Lookup { address, reverse } => {
                let address = read_address(&address)?;
                let client = context.connect_main().await?.client;
                let found = match reverse {
                    true => client.state_account_key(address, head).await,
                    false => client.state_lookup_id(address, head).await,
                };
                let found = found.answer()?;
                out.result(found, found)
            }
            Command::NetworkVersion => {
                let client = context.connect_main().await?.client;
                let version = client.state_network_version(head).await.answer()?;
                out.result(format_args!("Network Version: {version}"), version)
            }
        }
    }
}

/// What became of a message.
struct Outcome<'a> {
    asked: Cid,
    found: &'a MsgLookup,
}

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MsgLookup {
            message,
            receipt,
            tip_set,
            ..
        } = self.found;
        if *message != self.asked {
            writeln!(f, "Message was replaced: {message}")?;
        }
        let cids: Vec<_> = tip_set.cids().iter().map(Cid::to_string).collect();
        writeln!(f, "Executed in tipset: [{}]", cids.join(" "))?;
        writeln!(f, "Exit Code: {}", receipt.exit_code)?;
        writeln!(f, "Gas Used: {}", receipt.gas_used)?;
        let returned = data_encoding::HEXLOWER.encode(&receipt.r#return);
        write!(f, "Return: {returned}")?;
        if let Some(root) = &receipt.events_root {
            write!(f, "\nEvents Root: {root}")?;
        }
        Ok(())
    }
}

/// An actor as Lotus prints it.
struct Shown<'a> {
    address: Address,
    actor: &'a Actor,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Actor {
            code,
            head,
            nonce,
            balance,
            delegated_address,
        } = self.actor;
        writeln!(f, "Address:\t{}", self.address)?;
        writeln!(f, "Balance:\t{balance}")?;
        writeln!(f, "Nonce:\t\t{nonce}")?;
        match lotus_daemon::actor_name(code) {
            Some(name) => writeln!(f, "Code:\t\t{code} ({name})")?,
            None => writeln!(f, "Code:\t\t{code}")?,
        }
        write!(f, "Head:\t\t{head}")?;
        if let Some(address) = delegated_address {
            write!(f, "\nDelegated address:\t\t{address}")?;
        }
        Ok(())
    }
}
