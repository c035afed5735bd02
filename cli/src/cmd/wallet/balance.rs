//! `wallet balance`: what an account has.

use clap::Args;
use jiff::Timestamp;
use lotus_core::api::chain::ChainClient;
use lotus_core::api::common::CommonClient;
use lotus_core::api::state::StateClient;
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::TokenAmount;
use serde_json::json;

use crate::cmd::send::read_address;
use crate::opts::{Answer, Connection, Context};

/// Get account balance
#[derive(Debug, Args)]
pub(super) struct Balance {
    /// The account's address; the default address unless given
    address: Option<String>,
}

impl Balance {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let address = self.address.as_deref().map(read_address).transpose()?;
        let connection = context.connect_main().await?;
        let client = &connection.client;
        let address = match address {
            Some(address) => address,
            None => client.wallet_default_address().await.answer()?,
        };
        let balance = client.wallet_balance(address).await.answer()?;
        let json = json!({ "address": address, "balance": balance });
        if balance == TokenAmount::default() && is_behind(&connection).await? {
            let warning = "(warning: may display 0 if chain sync in progress)";
            return context
                .out
                .result(format_args!("{balance} {warning}"), json);
        }
        context.out.result(&balance, json)
    }
}

/// Whether the node's head is older than an epoch. On a local network time is the chain's own, and no
/// head is too old.
async fn is_behind(Connection { client, .. }: &Connection) -> anyhow::Result<bool> {
    if client.state_network_name().await.answer()? == "localnet" {
        return Ok(false);
    }
    let delay = client.version().await.answer()?.block_delay;
    let head = client.chain_head().await.answer()?;
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    Ok(head.min_timestamp().saturating_add(delay) < now)
}
