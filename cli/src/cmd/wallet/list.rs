//! `wallet list`: the keys, and what their accounts have.

use std::fmt;

use clap::Args;
use lotus_client::{CallError, Client};
use lotus_core::api::state::StateClient;
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::{Address, TipSetKey, TokenAmount};
use serde::Serialize;

use crate::opts::{Answer, Context};
use crate::table;

/// List wallet address
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only print addresses
    #[arg(short, long)]
    addr_only: bool,

    /// Output ID addresses
    #[arg(short, long)]
    id: bool,
}

/// The table. Lotus drops columns in which nothing is, and so does this.
struct Table<'a> {
    rows: &'a [Row],
    addr_only: bool,
}

#[derive(Serialize)]
struct Row {
    address: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<TokenAmount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<u64>,
    default: bool,
    /// Why the node does not know the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows;
        if self.addr_only || rows.is_empty() {
            let addresses: Vec<_> = rows.iter().map(|row| row.address.to_string()).collect();
            return f.write_str(&addresses.join("\n"));
        }
        let text = |cell: &Option<_>| cell.as_ref().map(ToString::to_string);
        let ids = rows.iter().map(|row| text(&row.id));
        let balances = rows
            .iter()
            .map(|row| row.balance.as_ref().map(ToString::to_string));
        let nonces = rows
            .iter()
            .map(|row| row.nonce.as_ref().map(ToString::to_string));
        let marks = rows.iter().map(|row| row.default.then(|| "X".to_owned()));
        let addresses = rows.iter().map(|row| text(&Some(row.address)));
        let columns: [(_, Vec<_>); 5] = [
            ("Address", addresses.collect()),
            ("ID", ids.collect()),
            ("Balance", balances.collect()),
            ("Nonce", nonces.collect()),
            ("Default", marks.collect()),
        ];
        let used = columns
            .iter()
            .filter(|(_, cells)| cells.iter().any(Option::is_some));
        let columns = used.map(|(title, cells)| {
            let cells = cells.iter().map(|cell| cell.as_deref().unwrap_or_default());
            std::iter::once(*title).chain(cells).collect()
        });
        let mut lines = table::aligned(&columns.collect::<Vec<_>>()).into_iter();
        f.write_str(&lines.next().unwrap_or_default())?;
        for (line, row) in lines.zip(rows) {
            write!(f, "\n{line}")?;
            if let Some(error) = &row.error {
                write!(f, "\n  Error: {}", table::printable(error))?;
            }
        }
        Ok(())
    }
}

impl List {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.connect_main().await?.client;
        let addresses = client.wallet_list().await.answer()?;
        let default = match client.wallet_default_address().await {
            // The node has none, or does not tell.
            Err(CallError::Call(_)) => None,
            other => Some(other.answer()?),
        };
        if addresses.is_empty() {
            context
                .out
                .note("The wallet is empty; make a key with 'lotus wallet new'.");
        }
        let mut rows = Vec::with_capacity(addresses.len());
        for address in addresses {
            let mut row = Row {
                address,
                id: None,
                balance: None,
                nonce: None,
                default: Some(address) == default,
                error: None,
            };
            if !self.addr_only {
                row.ask(&client, self.id).await;
            }
            rows.push(row);
        }
        let table = Table {
            rows: &rows,
            addr_only: self.addr_only,
        };
        context.out.result(table, &rows)
    }
}

impl Row {
    /// Adds what the chain knows of the account. An account that is not on the chain has nothing; any
    /// other failure is shown and is none of the command.
    async fn ask(&mut self, client: &Client, id: bool) {
        let head = TipSetKey::default();
        let actor = client.state_get_actor(self.address, head.clone()).await;
        match actor.answer() {
            Ok(actor) => {
                self.balance = Some(actor.balance);
                self.nonce = Some(actor.nonce);
            }
            Err(error) if error.to_string().contains("actor not found") => {
                self.balance = Some(TokenAmount::default());
                self.nonce = Some(0);
                return;
            }
            Err(error) => {
                self.error = Some(format!("{error:#}"));
                return;
            }
        }
        if id {
            let found = client.state_lookup_id(self.address, head).await.answer();
            self.id = found.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64, default: bool, balance: Option<u64>) -> Row {
        Row {
            address: Address::new_id(id),
            id: None,
            balance: balance.map(TokenAmount::from_whole),
            nonce: balance.map(|_| 7),
            default,
            error: balance.is_none().then(|| "no chain".to_owned()),
        }
    }

    fn table(rows: &[Row], addr_only: bool) -> String {
        Table { rows, addr_only }.to_string()
    }

    #[test]
    fn the_table_has_only_columns_with_something_in_them() {
        let rows = [row(1, false, Some(5)), row(12_345, true, Some(1_000))];
        let expected = "Address  Balance   Nonce  Default\n\
                        f01      5 FIL     7\n\
                        f012345  1000 FIL  7      X";
        assert_eq!(table(&rows, false), expected);
        assert_eq!(table(&rows, true), "f01\nf012345");
        assert_eq!(
            table(&[row(1, false, None)], false),
            "Address\nf01\n  Error: no chain"
        );
        assert_eq!(table(&[], false), "");
    }
}
