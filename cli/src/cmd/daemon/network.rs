//! The flags that say how a local network begins and grows.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use lotus_core::types::TokenAmount;
use lotus_daemon::chain::options::ACCOUNTS;
use lotus_daemon::{Accounts, BlockMode, LocalNetwork};
use zeroize::Zeroizing;

use crate::opts::env;
use crate::span;

/// Where a seed phrase may be, so that it is in no list of processes.
const SEED_VARIABLE: &str = "LOTUS_SEED";

/// The flags of a local network.
#[derive(Debug, Args)]
#[group(id = "network", multiple = true, conflicts_with_all = ["import_chain", "import_snapshot"])]
pub(super) struct NetworkOpts {
    /// How many accounts of a new local network have funds; their keys go into the wallet
    #[arg(long, value_name = "COUNT", default_value_t = ACCOUNTS)]
    accounts: u32,

    /// What each of them has. All together have at most 900000000 FIL
    #[arg(long, value_name = "FIL", default_value = "1000000", value_parser = read_balance)]
    balance: TokenAmount,

    /// The words that they are derived from, which whoever lists the processes sees too; else those
    /// in LOTUS_SEED, else the ones that everybody tests with
    #[arg(long, value_name = "PHRASE", conflicts_with = "seed_file")]
    seed: Option<String>,

    /// The file with the words that they are derived from
    #[arg(long, value_name = "FILE")]
    seed_file: Option<PathBuf>,

    /// When blocks are made: every so often, 0 as soon as a message waits, or manual, by miners only
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = read_block_time)]
    block_time: BlockMode,

    /// Keep the chain in memory only; the wallet and the tokens stay in the repo
    #[arg(long)]
    ephemeral: bool,
}

impl NetworkOpts {
    /// What they say. `replace` is whether the chain in the repo is removed.
    ///
    /// # Errors
    /// The seed phrase cannot be read, or is none.
    pub(super) fn read(self, replace: bool) -> anyhow::Result<LocalNetwork> {
        let phrase = match (self.seed, self.seed_file) {
            (Some(phrase), _) => Some(Zeroizing::new(phrase)),
            (None, Some(file)) => {
                let phrase = std::fs::read_to_string(&file).map(Zeroizing::new);
                Some(phrase.with_context(|| format!("cannot read {}", file.display()))?)
            }
            (None, None) => env(SEED_VARIABLE).map(Zeroizing::new),
        };
        let seed = phrase.map(|phrase| Accounts::from_phrase(&phrase));
        Ok(LocalNetwork {
            accounts: self.accounts,
            balance: self.balance,
            seed: seed.transpose()?,
            blocks: self.block_time,
            ephemeral: self.ephemeral,
            replace,
        })
    }
}

fn read_balance(text: &str) -> Result<TokenAmount, String> {
    let balance: TokenAmount = text.parse().map_err(|error| format!("{error}"))?;
    match balance < TokenAmount::default() {
        true => Err("it cannot be negative".to_owned()),
        false => Ok(balance),
    }
}

fn read_block_time(text: &str) -> Result<BlockMode, String> {
    if text == "manual" {
        return Ok(BlockMode::MinersOnly);
    }
    Ok(match span::read(text)? {
        0 => BlockMode::OnMessage,
        seconds => BlockMode::Every(Duration::from_secs(seconds)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_made_when_the_operator_says() {
        assert_eq!(read_block_time("0"), Ok(BlockMode::OnMessage));
        assert_eq!(read_block_time("manual"), Ok(BlockMode::MinersOnly));
        let every = BlockMode::Every(Duration::from_secs(90));
        assert_eq!(read_block_time("1m30s"), Ok(every));
        assert!(read_block_time("soon").is_err());
    }

    #[test]
    fn nobody_begins_with_debts() {
        assert!(read_balance("-1").is_err());
        assert_eq!(read_balance("0.5").unwrap().to_string(), "0.5 FIL");
    }
}
