//! The blocks of IPLD, which everything else is made of.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use cid::Cid;
use cid::multihash::Multihash;
use fvm_ipld_blockstore::Blockstore;
use redb::{ReadTransaction, WriteTransaction};

use super::error::Failure;
use super::{StoreError, tables};
use crate::database::Database;

/// The multihash code of data that is its own hash. Such a block needs no store: the codes of old
/// actors are named this way.
const IDENTITY: u64 = 0;

/// How many bytes of blocks wait in memory before they are written although nobody asked.
const MOST_PENDING: usize = 16 * 1024 * 1024;

/// A blockstore in the database of a chain. Cheap to clone.
///
/// What is put can be read at once, and is on the disk after [`ChainBlockstore::flush`] or the next move of
/// the head. Between these it waits in memory, because a transaction for every block of a state
/// tree would cost more than computing it.
#[derive(Clone)]
pub struct ChainBlockstore(Arc<Inner>);

struct Inner {
    database: Database,
    pending: RwLock<Pending>,
    /// Whoever writes.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Pending {
    blocks: HashMap<Multihash<64>, Arc<[u8]>>,
    bytes: usize,
}

impl fmt::Debug for ChainBlockstore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChainBlockstore")
            .field(&self.0.database)
            .finish()
    }
}

impl ChainBlockstore {
    pub(super) fn open(path: &Path) -> Result<ChainBlockstore, StoreError> {
        Ok(ChainBlockstore::new(Database::open(path, &tables::SCHEMA)?))
    }

    pub(super) fn in_memory() -> Result<ChainBlockstore, StoreError> {
        Ok(ChainBlockstore::new(Database::in_memory(&tables::SCHEMA)?))
    }

    fn new(database: Database) -> ChainBlockstore {
        ChainBlockstore(Arc::new(Inner {
            database,
            pending: RwLock::default(),
            turn: Mutex::default(),
        }))
    }

    /// Writes what waits to the disk.
    ///
    /// # Errors
    /// The file cannot be written; then what waits still waits.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.commit(|_| Ok(()))
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.0.database.read(work)
    }

    /// Writes what waits and what `work` adds in one transaction, which is on the disk when this
    /// returns.
    pub(super) fn commit<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let written: Vec<_> = {
            let pending = self
                .0
                .pending
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            let blocks = pending.blocks.iter();
            blocks.map(|(hash, block)| (*hash, block.clone())).collect()
        };
        let done = self.0.database.write(|transaction| {
            let blocks = written.iter();
            let blocks = blocks.map(|(hash, block)| (hash.to_bytes(), block));
            tables::insert_blocks(transaction, blocks)?;
            work(transaction)
        })?;
        let mut pending = self.pending();
        for (hash, block) in written {
            if pending.blocks.remove(&hash).is_some() {
                pending.bytes = pending.bytes.saturating_sub(block.len());
            }
        }
        Ok(done)
    }

    fn pending(&self) -> std::sync::RwLockWriteGuard<'_, Pending> {
        let pending = self.0.pending.write();
        pending.unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self, hash: &Multihash<64>) -> Option<Arc<[u8]>> {
        let pending = self.0.pending.read();
        let pending = pending.unwrap_or_else(PoisonError::into_inner);
        pending.blocks.get(hash).cloned()
    }

    /// A block, or `None` if it is not here.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn block(&self, cid: &Cid) -> Result<Option<Vec<u8>>, StoreError> {
        if cid.hash().code() == IDENTITY {
            return Ok(Some(cid.hash().digest().to_vec()));
        }
        // First what waits: what is written meanwhile has then been there all the time.
        if let Some(block) = self.waiting(cid.hash()) {
            return Ok(Some(block.to_vec()));
        }
        self.read(|transaction| tables::block(transaction, &cid.hash().to_bytes()))
    }

    /// Whether a block is here.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn contains(&self, cid: &Cid) -> Result<bool, StoreError> {
        if cid.hash().code() == IDENTITY || self.waiting(cid.hash()).is_some() {
            return Ok(true);
        }
        self.read(|transaction| tables::has_block(transaction, &cid.hash().to_bytes()))
    }

    /// Adds blocks whose CIDs are known to be theirs.
    ///
    /// # Errors
    /// So much waits that it had to be written, and that failed. It is there nevertheless, as long
    /// as the process lives.
    pub fn insert<B: AsRef<[u8]>>(
        &self,
        blocks: impl IntoIterator<Item = (Cid, B)>,
    ) -> Result<(), StoreError> {
        let full = {
            let mut pending = self.pending();
            for (cid, block) in blocks {
                let block = block.as_ref();
                if cid.hash().code() == IDENTITY {
                    continue;
                }
                if pending.blocks.insert(*cid.hash(), block.into()).is_none() {
                    pending.bytes += block.len();
                }
            }
            pending.bytes > MOST_PENDING
        };
        if full { self.flush() } else { Ok(()) }
    }
}

impl Blockstore for ChainBlockstore {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.block(cid)?)
    }

    fn put_keyed(&self, cid: &Cid, block: &[u8]) -> anyhow::Result<()> {
        Ok(self.insert([(*cid, block)])?)
    }

    fn has(&self, cid: &Cid) -> anyhow::Result<bool> {
        Ok(self.contains(cid)?)
    }

    fn put_many_keyed<D, I>(&self, blocks: I) -> anyhow::Result<()>
    where
        D: AsRef<[u8]>,
        I: IntoIterator<Item = (Cid, D)>,
    {
        Ok(self.insert(blocks)?)
    }
}

#[cfg(test)]
mod tests {
    use multihash_codetable::{Code, MultihashDigest};

    use super::*;

    fn cid(block: &[u8]) -> Cid {
        Cid::new_v1(0x71, Code::Blake2b256.digest(block))
    }

    #[test]
    fn what_is_put_is_read_before_and_after_it_is_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("datastore/chain.redb");
        let blocks = ChainBlockstore::open(&path).unwrap();
        blocks.put_keyed(&cid(b"one"), b"one").unwrap();
        assert_eq!(blocks.get(&cid(b"one")).unwrap().unwrap(), b"one");
        blocks.flush().unwrap();
        blocks.put_keyed(&cid(b"two"), b"two").unwrap();
        assert_eq!(blocks.get(&cid(b"one")).unwrap().unwrap(), b"one");
        assert!(blocks.has(&cid(b"two")).unwrap());
        assert_eq!(blocks.get(&cid(b"three")).unwrap(), None);
        drop(blocks);

        let blocks = ChainBlockstore::open(&path).unwrap();
        assert!(blocks.has(&cid(b"one")).unwrap());
        assert!(!blocks.has(&cid(b"two")).unwrap(), "it was never flushed");
    }

    #[test]
    fn one_block_has_the_cids_of_all_codecs() {
        let blocks = ChainBlockstore::in_memory().unwrap();
        blocks.put_keyed(&cid(b"block"), b"block").unwrap();
        blocks.flush().unwrap();
        let raw = Cid::new_v1(0x55, *cid(b"block").hash());
        assert_eq!(blocks.get(&raw).unwrap().unwrap(), b"block");
    }

    #[test]
    fn an_identity_cid_is_its_own_block() {
        let blocks = ChainBlockstore::in_memory().unwrap();
        let name = Cid::new_v1(0x55, Multihash::wrap(IDENTITY, b"fil/1/system").unwrap());
        assert_eq!(blocks.get(&name).unwrap().unwrap(), b"fil/1/system");
        blocks.put_keyed(&name, b"fil/1/system").unwrap();
        blocks.flush().unwrap();
    }

    #[test]
    fn much_is_written_before_anybody_asks() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chain.redb");
        let blocks = ChainBlockstore::open(&path).unwrap();
        let megabyte = |n: u8| vec![n; 1024 * 1024];
        for n in 0..20 {
            blocks.put_keyed(&cid(&megabyte(n)), &megabyte(n)).unwrap();
        }
        drop(blocks);
        let blocks = ChainBlockstore::open(&path).unwrap();
        assert_eq!(
            blocks.get(&cid(&megabyte(3))).unwrap().unwrap(),
            megabyte(3)
        );
    }
}
