//! Which chain a node has, as its operator says.

use std::fmt;

use lotus_chain::accounts::DEFAULT_PHRASE;
pub use lotus_chain::accounts::{Accounts, AccountsError};
pub use lotus_chain::devnet::BlockMode;
pub use lotus_chain::store::car::{Progress, Source};
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
    /// The one in the repo; if there is none, a new local network. One that was imported has none of
    /// these options.
    Local(LocalNetwork),
    /// The chain in a CAR file. From then on it is the repo's chain; it does not grow.
    Import(Import),
}

impl Default for ChainOptions {
    fn default() -> Self {
        Self::Local(LocalNetwork::default())
    }
}

/// Which chain to import, and over what.
#[derive(Debug)]
pub struct Import {
    /// The CAR file, which may be compressed with Zstandard.
    pub source: Source,
    /// Whether it takes the place of a chain that is in the repo; else that is an error.
    pub replace: bool,
    /// Who is told how far it is.
    pub watch: Option<Watch>,
}

impl<S: Into<Source>> From<S> for Import {
    fn from(source: S) -> Self {
        Self {
            source: source.into(),
            replace: false,
            watch: None,
        }
    }
}

/// Who is told how far an import is. It is called often, and dropped at the end.
pub struct Watch(pub(crate) Box<dyn FnMut(Progress) + Send>);

impl Watch {
    /// Tells a function.
    pub fn new(tell: impl FnMut(Progress) + Send + 'static) -> Self {
        Self(Box::new(tell))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
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
    /// Keeps the chain in memory only: it goes with the process, and the one in the repo stays.
    pub ephemeral: bool,
    /// Removes the chain that is in the repo first.
    pub replace: bool,
}

impl Default for LocalNetwork {
    fn default() -> Self {
        Self {
            accounts: ACCOUNTS,
            balance: TokenAmount::from_whole(BALANCE),
            seed: None,
            blocks: BlockMode::OnMessage,
            ephemeral: false,
            replace: false,
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
/// is of no actor that is known: those of a local network, and those up to version 7, whose codes
/// say it themselves.
pub fn actor_name(code: &Cid) -> Option<String> {
    let code = code.inner();
    if let Some(kind) = ActorKind::of(code) {
        return Some(format!("fil/17/{}", kind.name()));
    }
    let own = (code.hash().code() == IDENTITY).then(|| code.hash().digest());
    let name = std::str::from_utf8(own?).ok()?;
    name.starts_with("fil/").then(|| name.to_owned())
}

/// The multihash code of data that is its own hash.
const IDENTITY: u64 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_code_says_its_name() {
        let code: Cid = "bafkqadlgnfwc6mjpmfrwg33vnz2a".parse().unwrap();
        assert_eq!(actor_name(&code).unwrap(), "fil/1/account");
        let own: Cid = ActorKind::ALL[0].code().into();
        assert!(actor_name(&own).unwrap().starts_with("fil/17/"));
        assert_eq!(actor_name(&Cid::of_dag_cbor(&[0x80])), None);
    }
}
