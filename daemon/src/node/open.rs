//! Opening a node's chain, with the wallet that signs for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotus_chain::accounts::Account;
use lotus_core::types::Address;

use crate::chain::Chain;
use crate::chain::devnet::{LocalChain, described};
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
            let (chain, funded) = LocalChain::open(network, datastore).map_err(Box::new)?;
            finish(Arc::new(chain), keystore, blocks, funded)
        }
        ChainOptions::Import(file) => {
            let chain = import(&file, &datastore)?;
            let blocks = format!("none: {} is read-only", file.display());
            finish(Arc::new(chain), keystore, blocks, Vec::new())
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
    funded: Vec<Account>,
) -> Result<Opened, StartError> {
    let network = chain.network();
    let wallet = Wallet::new(keystore, network.chain_id);
    let addresses = keep(&wallet, funded)?;
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
        accounts: accounts.collect(),
    };
    Ok(Opened {
        wallet: Arc::new(wallet),
        ready,
        chain,
    })
}

/// Puts the keys of accounts into the wallet, where they are not yet; the first becomes the default
/// key if there is none.
fn keep(wallet: &Wallet, accounts: Vec<Account>) -> Result<Vec<Address>, WalletError> {
    let mut addresses = Vec::with_capacity(accounts.len());
    for account in accounts {
        let address = account.address();
        if !wallet.has(&address)? {
            wallet.import(account.key.into_info())?;
        }
        addresses.push(address);
    }
    if let Some(first) = addresses.first()
        && !wallet.has_default()?
    {
        wallet.set_default(first)?;
    }
    Ok(addresses)
}
