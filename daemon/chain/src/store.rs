//! What the chain keeps: blocks of IPLD in an embedded database, indexes of the chain that ends with
//! the head, and CAR files in and out.
//!
//! Blocks are put first and wait in memory; when the head moves, they, the head and the indexes are
//! written in one transaction that is on the disk when the call returns. So whatever was
//! acknowledged survives `kill -9` at any moment, and an index never disagrees with the head.
//! Everything here blocks its thread; call it where that is allowed.

mod blocks;
pub mod car;
mod error;
mod head;
mod heights;
mod messages;
mod receipts;
mod search;
pub mod state;
mod tables;
mod tipsets;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use lotus_types::{BigInt, BlockHeader, Cid, TipSet, TipSetKey};

use crate::recent::Recent;
pub use blocks::ChainBlockstore;
pub use error::StoreError;
pub use head::HeadChange;
pub use heights::NullRound;
pub use messages::{BlockMessages, ChainMessage, put_messages};
pub use receipts::{EVENTS_BIT_WIDTH, put_events, put_receipts};
pub use search::{Executed, FoundMessage};

/// Of how many tipsets the messages are kept in memory.
const TIPSETS: usize = 2;

/// The store of one chain.
pub struct ChainStore {
    blocks: ChainBlockstore,
    /// The head as it is on the disk; `None` if that must be read again.
    head: RwLock<Option<Head>>,
    /// Weights that go to the disk with the next move of the head.
    weights: Mutex<HashMap<TipSetKey, Vec<u8>>>,
    /// The messages of the last tipsets: a new head's are asked for by everybody.
    messages: Recent<Arc<Vec<Vec<ChainMessage>>>>,
    /// Whoever moves the head.
    moving: Mutex<()>,
}

/// The tipset at the head, if there is one.
type Head = Option<Arc<TipSet>>;

impl fmt::Debug for ChainStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChainStore").field(&self.blocks).finish()
    }
}

impl ChainStore {
    /// Opens the store in the file `path`, and makes it (mode 0600, its directory 0700) if it is
    /// missing.
    ///
    /// A file of up to 64 MiB is verified completely; what is wrong in a larger one shows when it
    /// is read.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and [`StoreError::Newer`], and then the file is as it was;
    /// [`StoreError::Failed`], also while another process has it open.
    pub fn open(path: &Path) -> Result<ChainStore, StoreError> {
        Ok(ChainStore::new(ChainBlockstore::open(path)?))
    }

    /// A store in memory, which goes with the process.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if there is no memory for it.
    pub fn ephemeral() -> Result<ChainStore, StoreError> {
        Ok(ChainStore::new(ChainBlockstore::in_memory()?))
    }

    fn new(blocks: ChainBlockstore) -> ChainStore {
        ChainStore {
            blocks,
            head: RwLock::default(),
            weights: Mutex::default(),
            messages: Recent::new(TIPSETS),
            moving: Mutex::default(),
        }
    }

    /// The blocks of IPLD.
    pub fn blocks(&self) -> &ChainBlockstore {
        &self.blocks
    }

    /// Adds a block header, and returns its CID. It is on the disk when the head has moved or after
    /// [`ChainBlockstore::flush`].
    ///
    /// # Errors
    /// It has no binary form, or what waits could not be written.
    pub fn put_header(&self, header: &BlockHeader) -> Result<Cid, StoreError> {
        tipsets::put_header(&self.blocks, header)
    }

    /// A block header.
    ///
    /// # Errors
    /// It is not here, or is none.
    pub fn header(&self, cid: &Cid) -> Result<BlockHeader, StoreError> {
        tipsets::header(&self.blocks, cid)
    }

    /// The tipset with this key.
    ///
    /// # Errors
    /// The key is empty, a block is not here, or they make no tipset with that key.
    pub fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, StoreError> {
        // The head is asked for most.
        if let Some(Some(head)) = &*self.cached_head()
            && head.key() == key
        {
            return Ok(head.clone());
        }
        tipsets::tipset(&self.blocks, key).map(Arc::new)
    }

    /// The tipset that a tipset builds on; `None` for the genesis.
    ///
    /// # Errors
    /// As [`ChainStore::tipset`].
    pub fn parent(&self, tipset: &TipSet) -> Result<Option<Arc<TipSet>>, StoreError> {
        match tipset.height() {
            // Lotus's genesis names a parent that is no block.
            0 => Ok(None),
            _ => self.tipset(&tipset.parents()).map(Some),
        }
    }

    /// The messages of a block.
    ///
    /// # Errors
    /// One is not here, or is none.
    pub fn block_messages(&self, header: &BlockHeader) -> Result<BlockMessages, StoreError> {
        messages::of_block(&self.blocks, header)
    }

    /// The messages of a tipset as they are executed, for each of its blocks: what several blocks
    /// have is executed once, and of a sender only what continues its nonces (Lotus
    /// `ChainStore.BlockMsgsForTipset`). The receipts of a tipset are in this order.
    ///
    /// # Errors
    /// One is not here, or is none.
    pub fn messages_in_order(
        &self,
        tipset: &TipSet,
    ) -> Result<Arc<Vec<Vec<ChainMessage>>>, StoreError> {
        let read = || messages::in_order(&self.blocks, tipset).map(Arc::new);
        self.messages.get_or(tipset.key(), read)
    }

    /// The receipts with this root, which is `parent_message_receipts` of the blocks that build on
    /// the tipset whose messages they are for.
    ///
    /// # Errors
    /// Something is not here, or is no receipt.
    pub fn receipts(&self, root: &Cid) -> Result<Vec<lotus_types::MessageReceipt>, StoreError> {
        receipts::receipts(&self.blocks, root)
    }

    /// The events with this root, which a receipt names.
    ///
    /// # Errors
    /// Something is not here, or is no event.
    pub fn events(&self, root: &Cid) -> Result<Vec<lotus_types::Event>, StoreError> {
        receipts::events(&self.blocks, root)
    }

    /// The weight of the chain that ends with this tipset, if it was stored.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn weight(&self, key: &TipSetKey) -> Result<Option<BigInt>, StoreError> {
        let waiting = self.waiting_weights().get(key).cloned();
        let weight = match waiting {
            Some(weight) => Some(weight),
            None => self
                .blocks
                .read(|transaction| tables::weight(transaction, key))?,
        };
        Ok(weight.map(|weight| fvm_shared::bigint::BigInt::from_signed_bytes_be(&weight).into()))
    }

    /// Remembers the weight of the chain that ends with this tipset. It goes to the disk with the
    /// next move of the head; until then a crash forgets it, and it can be computed again.
    pub fn put_weight(&self, key: &TipSetKey, weight: &BigInt) {
        let weight = weight.inner().to_signed_bytes_be();
        self.waiting_weights().insert(key.clone(), weight);
    }

    fn waiting_weights(&self) -> std::sync::MutexGuard<'_, HashMap<TipSetKey, Vec<u8>>> {
        self.weights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
