//! Opening a node's chain, with the wallet that signs for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotus_chain::accounts::Account;
use lotus_core::types::Address;

use crate::chain::Chain;
use crate::chain::devnet::{Keys, LocalChain, MINER, described};
use crate::chain::imported::Imported;
use crate::chain::options::ChainOptions;
use crate::daemon::{ChainReady, StartError};
use crate::keystore::Keystore;
use crate::wallet::{Wallet, WalletError};

/// A chain, and who signs for it.
pub(super) struct Opened {
    pub(super) chain: Arc<dyn Chain>,
    pub(super) wallet: Arc<Wallet>,
    /// What an operator wants to know about it.
    pub(super) ready: ChainReady,
}

/// Opens the chain in a repo. It blocks the thread.
///
/// # Errors
/// [`StartError`] names what to change.
pub(super) fn open(
    options: ChainOptions,
    keystore: Arc<Keystore>,
    datastore: PathBuf,
) -> Result<Opened, StartError> {
    match options {
        ChainOptions::Local(network) => {
            let blocks = described(network.blocks);
            let (chain, keys) = LocalChain::open(network, datastore).map_err(Box::new)?;
            finish(Arc::new(chain), keystore, blocks, Some(keys))
        }
        ChainOptions::Import(file) => {
            let chain = import(&file, &datastore)?;
            let blocks = format!("none: {} is read-only", file.display());
            finish(Arc::new(chain), keystore, blocks, None)
        }
    }
}

/// Reads a file into a database of its own, which is made anew: the file may be another one now.
fn import(file: &Path, datastore: &Path) -> Result<Imported, StartError> {
    let database = datastore.join("imported.redb");
    // If it cannot be removed, then it cannot be opened either, which says why.
    let _ = std::fs::remove_file(&database);
    Imported::open(file, &database).map_err(StartError::Import)
}

fn finish(
    chain: Arc<dyn Chain>,
    keystore: Arc<Keystore>,
    blocks: String,
    keys: Option<Keys>,
) -> Result<Opened, StartError> {
    let network = chain.network();
    let wallet = Wallet::new(keystore, network.chain_id);
    let miner = keys.as_ref().map(|_| MINER);
    let addresses = keys.map(|keys| keep(&wallet, keys)).transpose()?;
    let addresses = addresses.unwrap_or_default();
    let genesis = chain.store().genesis().map_err(StartError::Import)?;
    let accounts = addresses.into_iter().map(|address| {
        let balance = chain.balance(&address).unwrap_or_default();
        (address, balance)
    });
    let ready = ChainReady {
        network: network.name.clone(),
        chain_id: network.chain_id,
        genesis: genesis.and_then(|genesis| genesis.cids().first().copied()),
        height: chain.head().height(),
        blocks,
        miner,
        accounts: accounts.collect(),
    };
    Ok(Opened {
        wallet: Arc::new(wallet),
        ready,
        chain,
    })
}

/// Puts the keys of the accounts that have funds into the wallet, where they are not yet, and returns
/// their addresses; the first becomes the default key if there is none. The miner's key goes with
/// them, for who makes blocks with this wallet; without accounts the wallet is left alone.
fn keep(wallet: &Wallet, keys: Keys) -> Result<Vec<Address>, WalletError> {
    let addresses: Vec<_> = keys.funded.iter().map(Account::address).collect();
    let Some(first) = addresses.first() else {
        return Ok(addresses);
    };
    for account in keys.funded.into_iter().chain([keys.miner]) {
        if !wallet.has(&account.address())? {
            wallet.import(account.key.into_info())?;
        }
    }
    if !wallet.has_default()? {
        wallet.set_default(first)?;
    }
    Ok(addresses)
}
