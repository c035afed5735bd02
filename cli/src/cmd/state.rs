//! `state`: actors, miners, and what became of messages.

mod miner;
mod size;

use std::fmt;

use anyhow::bail;
use clap::{Args, Subcommand};
use lotus_core::api::chain::ChainClient;
use lotus_core::api::state::StateClient;
use lotus_core::api::state::miner::StateMinerClient;
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
    /// Query network or miner power
    Power {
        /// The miner's address; without it, the power of all together
        miner_address: Option<String>,
    },
    /// List all miners in the network
    ListMiners,
    /// Retrieve miner information
    MinerInfo {
        /// The miner's address
        miner_address: String,
    },
    /// Look up miners sector size
    SectorSize {
        /// The miner's address
        miner_address: String,
    },
    /// View a json representation of an actors state
    ReadState {
        /// The actor's address
        actor_address: String,
    },
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
            Command::Power { miner_address } => power(context, miner_address).await,
            Command::ListMiners => {
                let client = context.connect_main().await?.client;
                let miners = client.state_list_miners(head).await.answer()?;
                let lines: Vec<_> = miners.iter().map(Address::to_string).collect();
                out.result(lines.join("\n"), &miners)
            }
            Command::MinerInfo { miner_address } => {
                let address = read_address(&miner_address)?;
                let miner = read_miner(context, address).await?;
                out.result(&miner, &miner)
            }
            Command::SectorSize { miner_address } => {
                let address = read_address(&miner_address)?;
                let client = context.connect_main().await?.client;
                let info = client.state_miner_info(address, head).await.answer()?;
                let bytes = info.sector_size;
                let size = size::Size::bytes(bytes);
                out.result(format_args!("{size} ({bytes})"), bytes)
            }
            Command::ReadState { actor_address } => {
                let address = read_address(&actor_address)?;
                let client = context.connect_main().await?.client;
                let actor = client.state_read_state(address, head).await.answer()?;
                out.result(serde_json::to_string_pretty(&actor.state)?, &actor)
            }
        }
    }
}

/// Prints the power of a miner, or of all.
async fn power(context: &Context, miner: Option<String>) -> anyhow::Result<()> {
    let miner = miner.as_deref().map(read_address).transpose()?;
    let (client, head) = (context.connect_main().await?.client, TipSetKey::default);
    if let Some(miner) = miner {
        let actor = client.state_get_actor(miner, head()).await.answer()?;
        // Lotus says that nobody has power who is no miner; the name is that of any version's code.
        if lotus_daemon::actor_name(&actor.code)
            .is_some_and(|name| !name.ends_with("/storageminer"))
        {
            bail!("provided address does not correspond to a miner actor");
        }
    }
    let asked = miner.unwrap_or_default();
    let power = client.state_miner_power(asked, head()).await.answer()?;
    let shown = miner::Power {
        of_miner: miner.is_some(),
        power: &power,
    };
    context.out.result(shown, &power)
}

/// Asks for everything about a miner, of one tipset.
async fn read_miner(context: &Context, address: Address) -> anyhow::Result<miner::Miner> {
    let client = context.connect_main().await?.client;
    let head = client.chain_head().await.answer()?;
    let key = || head.key().clone();
    let params = client.state_get_network_params().await.answer()?;
    Ok(miner::Miner {
        available_balance: client
            .state_miner_available_balance(address, key())
            .await
            .answer()?,
        info: client.state_miner_info(address, key()).await.answer()?,
        power: client.state_miner_power(address, key()).await.answer()?,
        deadline: client
            .state_miner_proving_deadline(address, key())
            .await
            .answer()?,
        block_delay: params.block_delay_secs,
    })
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
