//! Which chain a node has, as its operator says.

use std::path::PathBuf;

use lotus_chain::accounts::DEFAULT_PHRASE;
pub use lotus_chain::accounts::{Accounts, AccountsError};
pub use lotus_chain::devnet::BlockMode;
use lotus_chain::vm::manifest::ActorKind;
use lotus_core::types::{Cid, TokenAmount};

/// How many accounts of a local network have funds, unless its operator says otherwise.
pub const ACCOUNTS: u32 = 10;

/// What each of them has, in FIL, unless its operator says otherwise.
pub const BALANCE: u64 = 1_000_000;

/// The seconds between two epochs where blocks are made on demand, or by miners: those of Filecoin's
/// networks.
pub const BLOCK_DELAY: u64 = 30;

/// Which chain a node has.
#[derive(Debug)]
pub enum ChainOptions {
    /// A local network, in the repo.
    Local(LocalNetwork),
    /// The chain in a CAR file, which may be compressed with Zstandard. It is read anew at every
    /// start, and does not grow.
    Import(PathBuf),
}

impl Default for ChainOptions {
    fn default() -> Self {
        Self::Local(LocalNetwork::default())
    }
}

/// How a local network begins and grows. What is in the repo already stays as it is.
#[derive(Debug)]
pub struct LocalNetwork {
    /// How many accounts have funds from the start. Their keys go into the wallet.
    pub accounts: u32,
    /// What each of them has.
    pub balance: TokenAmount,
    /// Whose accounts they are; `None` is the phrase that everybody knows.
    pub seed: Option<Accounts>,
    /// When blocks are made.
    pub blocks: BlockMode,
    /// Keeps the chain in memory only: it goes with the process.
    pub ephemeral: bool,
}

impl Default for LocalNetwork {
    fn default() -> Self {
        Self {
            accounts: ACCOUNTS,
            balance: TokenAmount::from_whole(BALANCE),
            seed: None,
            blocks: BlockMode::OnMessage,
            ephemeral: false,
        }
    }
}

impl LocalNetwork {
    /// The seconds between two epochs.
    pub(crate) fn block_delay(&self) -> u64 {
        match self.blocks {
            BlockMode::Every(period) => period.as_secs().max(1),
            BlockMode::OnMessage | BlockMode::MinersOnly => BLOCK_DELAY,
        }
    }

    /// Whose accounts have funds.
    ///
    /// # Errors
    /// Never for the phrase that everybody knows; another one was checked when it was read.
    pub(crate) fn take_seed(&mut self) -> Result<Accounts, AccountsError> {
        match self.seed.take() {
            Some(seed) => Ok(seed),
            None => Accounts::from_phrase(DEFAULT_PHRASE),
        }
    }
}

/// The name of the built-in actor with this code, as Lotus writes it: `fil/17/account`. `None` if it
/// is of another version of the actors than a local network's, or of no actor.
pub fn actor_name(code: &Cid) -> Option<String> {
    let kind = ActorKind::of(code.inner())?;
    Some(format!("fil/17/{}", kind.name()))
}
