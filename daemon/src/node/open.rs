//! Opening a node's chain, with the wallet that signs for it.

use std::path::PathBuf;
use std::sync::Arc;

use lotus_chain::accounts::Account;
use lotus_chain::store::StoreError;
use lotus_core::types::Address;

use crate::chain::Chain;
use crate::chain::devnet::{Keys, LocalChain, MINER, described};
use crate::chain::options::{ChainOptions, Import, LocalNetwork};
use crate::chain::place::{ImportError, Place};
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
    let place = Place::new(datastore);
    let imported = match options {
        ChainOptions::Import(import) => place.import(import)?,
        ChainOptions::Local(network) => {
            if network.replace {
                place.clear()?;
            }
            // What is in memory only has nothing to do with what is in the repo.
            let imported = match network.ephemeral {
                true => None,
                false => place.imported()?,
            };
            match imported {
                Some(imported) => imported,
                None => return local(network, keystore, &place),
            }
        }
    };
    finish(Arc::new(imported), keystore, IMPORTED.to_owned(), None)
}

/// When blocks are made on a chain that was imported.
const IMPORTED: &str = "none: the chain was imported from a file, and is read-only";

/// Imports a chain into a repo, and closes it. It blocks the thread.
///
/// # Errors
/// As [`Place::import`]; then the repo has what it had.
pub(super) fn import(import: Import, datastore: PathBuf) -> Result<ChainReady, ImportError> {
    let chain = Place::new(datastore).import(import)?;
    Ok(ready(&chain, IMPORTED.to_owned(), None, Vec::new())?)
}

fn local(
    network: LocalNetwork,
    keystore: Arc<Keystore>,
    place: &Place,
) -> Result<Opened, StartError> {
    let blocks = described(network.blocks);
    let directory = place.directory().to_owned();
    let (chain, keys) = LocalChain::open(network, directory).map_err(Box::new)?;
    finish(Arc::new(chain), keystore, blocks, Some(keys))
}

fn finish(
    chain: Arc<dyn Chain>,
    keystore: Arc<Keystore>,
    blocks: String,
    keys: Option<Keys>,
) -> Result<Opened, StartError> {
    let wallet = Wallet::new(keystore, chain.network().chain_id);
    let miner = keys.as_ref().map(|_| MINER);
    let addresses = keys.map(|keys| keep(&wallet, keys)).transpose()?;
    let addresses = addresses.unwrap_or_default();
    let ready = ready(&*chain, blocks, miner, addresses).map_err(ImportError::from)?;
    Ok(Opened {
        wallet: Arc::new(wallet),
        ready,
        chain,
    })
}

/// What an operator wants to know about a chain.
fn ready(
    chain: &dyn Chain,
    blocks: String,
    miner: Option<Address>,
    accounts: Vec<Address>,
) -> Result<ChainReady, StoreError> {
    let network = chain.network();
    let genesis = chain.store().genesis()?;
    let accounts = accounts.into_iter().map(|address| {
        let balance = chain.balance(&address).unwrap_or_default();
        (address, balance)
    });
    Ok(ChainReady {
        network: network.name.clone(),
        chain_id: network.chain_id,
        genesis: genesis.cids()[0],
        height: chain.head().height(),
        blocks,
        miner,
        accounts: accounts.collect(),
    })
}

/// Puts the keys of the accounts that have funds into the wallet, where they are not yet, and returns
/// their addresses; the first becomes the default key if there is none. The miner's key goes with
/// them, for who makes blocks with this wallet; without accounts the wallet is left alone.
fn keep(wallet: &Wallet, keys: Keys) -> Result<Vec<Address>, WalletError> {
    let addresses: Vec<_> = keys.funded.iter().map(Account::address).collect();
    if addresses.is_empty() {
        return Ok(addresses);
    }
    let accounts = keys.funded.into_iter().chain([keys.miner]);
    let keys: Vec<_> = accounts.map(|account| account.key).collect();
    wallet.import_missing(&keys)?;
    Ok(addresses)
}
