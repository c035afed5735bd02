//! The chain: blocks that build on each other, what executing them leads to, and which of them is
//! the head.
//!
//! As in Lotus a block names the state and the receipts of its *parents*: what a tipset's messages
//! did is known when it has been executed, and on the chain when the next block says so.
//! Everything is computed once, through an [`Executor`], and is on the disk before the head moves.
//!
//! | module | noun |
//! |---|---|
//! | [`Options`] | what a chain is opened with |
//! | `genesis` | the first block |
//! | `execution` | what a tipset leads to; simulation and replay |
//! | `heads` | which tipset is the head, and who hears of it |
//! | `weight`, [`base_fee`] | what a tipset weighs; what gas costs after it |
//! | [`randomness`], `beacon`, [`election`], `win_count` | randomness, and who may make a block |
//! | `make` | new blocks |
//! | [`refused`], `validate`, `inclusion` | blocks from elsewhere, and why they are refused |
//! | `search` | where a message is |
//! | [`pool`], `view` | where messages come from; what the pool sees of the chain |

pub mod base_fee;
mod beacon;
mod convert;
pub mod election;
mod error;
mod execution;
mod genesis;
mod heads;
mod inclusion;
mod make;
mod miner;
mod options;
pub mod pool;
pub mod randomness;
pub mod refused;
mod search;
mod validate;
mod view;
mod weight;
mod win_count;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use fvm_shared::version::NetworkVersion;
use lotus_types::{TipSet, TipSetKey, TokenAmount};
use tokio::sync::{broadcast, watch};

pub use crate::vm::genesis::FIRST_MINER_ID;
pub use error::ChainError;
pub use execution::{Execution, Replay};
pub use make::MAX_NULL_ROUNDS;
pub(crate) use make::check_epoch;
pub use options::Options;
pub use pool::MessageSource;
pub use search::MessageLookup;
pub use validate::FINALITY;

use crate::recent::Recent;
use crate::store::state::StateReader;
use crate::store::{ChainBlockstore, ChainStore, HeadChange};
use crate::vm::{Executor, NativeExecutor};

/// The version of the network's rules, of which the actors are those of version 17.
pub const NETWORK_VERSION: NetworkVersion = NetworkVersion::V27;

/// How many moves of the head a subscriber may be behind before it misses some.
const CHANGES: usize = 1024;

/// After how many tipsets the base fee is remembered.
const BASE_FEES: usize = 256;

/// A chain. Cheap to clone: all clones are one chain.
///
/// Its methods block their thread, for the disk and for the virtual machine, unless they are
/// `async`; call the others where that is allowed, as in `spawn_blocking`.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

struct Inner {
    store: Arc<ChainStore>,
    executor: Arc<dyn Executor>,
    network_name: String,
    chain_id: u64,
    block_delay: u64,
    genesis: Arc<TipSet>,
    head: RwLock<Arc<TipSet>>,
    /// Whoever moves the head, with the blocks that may become part of a tipset.
    moving: Mutex<heads::Siblings>,
    changes: broadcast::Sender<Arc<HeadChange>>,
    source: RwLock<Option<std::sync::Weak<dyn MessageSource>>>,
    executions: execution::Executions,
    base_fees: Recent<TokenAmount>,
    /// The height that somebody waits for.
    wanted: watch::Sender<i64>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("network_name", &self.0.network_name)
            .field("head", &self.head())
            .finish_non_exhaustive()
    }
}

impl Chain {
    /// Opens the chain in a directory, or starts a new one there.
    ///
    /// # Errors
    /// The database cannot be used or is another network's; or the genesis
    /// cannot be made.
    pub fn open(options: &Options) -> Result<Chain, ChainError> {
        let store = match &options.dir {
            Some(dir) => ChainStore::open(&dir.join("chain.redb"))?,
            None => ChainStore::ephemeral()?,
        };
        let (genesis, head) = match store.head()? {
            Some(head) => (store.genesis()?, head),
            None => {
                let genesis = genesis::make(&store, options)?;
                (genesis.clone(), genesis)
            }
        };
        let state = StateReader::open(store.blocks(), &genesis.parent_state())?;
        let stored = state.network_name()?.unwrap_or_default();
        if stored != options.network_name {
            return Err(ChainError::OtherNetwork {
                dir: options.dir.clone().unwrap_or_default(),
                stored,
                wanted: options.network_name.clone(),
            });
        }
        let executor = NativeExecutor::new(Arc::new(store.blocks().clone()));
        Ok(Chain(Arc::new(Inner {
            executor: Arc::new(executor),
            network_name: stored,
            chain_id: options.chain_id,
            block_delay: options.block_delay.max(1),
            genesis,
            moving: Mutex::new(heads::Siblings::of(&head)),
            head: RwLock::new(head),
            changes: broadcast::Sender::new(CHANGES),
            source: RwLock::default(),
            executions: execution::Executions::default(),
            base_fees: Recent::new(BASE_FEES),
            wanted: watch::Sender::new(0),
            store: Arc::new(store),
        })))
    }

    /// What the chain keeps.
    pub fn store(&self) -> &ChainStore {
        &self.0.store
    }

    /// The name of the network.
    pub fn network_name(&self) -> &str {
        &self.0.network_name
    }

    /// The network's EIP-155 chain ID.
    pub fn chain_id(&self) -> u64 {
        self.0.chain_id
    }

    /// The seconds between two epochs.
    pub fn block_delay(&self) -> u64 {
        self.0.block_delay
    }

    /// The first tipset.
    pub fn genesis(&self) -> Arc<TipSet> {
        self.0.genesis.clone()
    }

    /// The last tipset of the heaviest chain.
    pub fn head(&self) -> Arc<TipSet> {
        let head = self.0.head.read().unwrap_or_else(PoisonError::into_inner);
        head.clone()
    }

    /// The tipset with this key; the head for the empty key, as Lotus's methods take it.
    ///
    /// # Errors
    /// A block is not here, or they make no tipset with that key.
    pub fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, ChainError> {
        if key.is_empty() {
            return Ok(self.head());
        }
        Ok(self.store().tipset(key)?)
    }

    /// The state after a tipset.
    ///
    /// # Errors
    /// The tipset cannot be executed, or its state is not here.
    pub fn state(&self, tipset: &TipSet) -> Result<StateReader<ChainBlockstore>, ChainError> {
        let execution = self.executed(tipset)?;
        let blocks = self.store().blocks().clone();
        Ok(StateReader::open(blocks, &execution.state)?)
    }

    /// The base fee of a block on top of a tipset, in attoFIL per unit of gas.
    ///
    /// # Errors
    /// A message of the tipset is not here.
    pub fn base_fee(&self, tipset: &TipSet) -> Result<TokenAmount, ChainError> {
        let computed = || Ok(base_fee::after(self.store(), tipset)?);
        self.0.base_fees.get_or(tipset.key(), computed)
    }

    /// Where messages come from; it hears of every move of the head. It is not kept alive.
    pub fn set_source(&self, source: &Arc<dyn MessageSource>) {
        let mut place = self
            .0
            .source
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *place = Some(Arc::downgrade(source));
    }
}
