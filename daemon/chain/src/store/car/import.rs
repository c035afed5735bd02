//! CAR files in: all of a file or nothing of it.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use cid::Cid as InnerCid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_car::CarReader;
use lotus_core::types::{BlockHeader, Cid, TipSet};
use redb::WriteTransaction;

use super::links::Walk;
use super::section::{Sections, decompressed};
use crate::store::error::Failure;
use crate::store::head::index_chain;
use crate::store::{ChainStore, StoreError, tables, tipsets};

/// How many bytes of blocks are handed to the database at once.
const BATCH: usize = 1024 * 1024;

/// How many blocks of state are looked for. A file that was cut off between two blocks shows only
/// by what is missing; beyond so many, which take about 100 MB of memory to remember, the rest is
/// not looked for.
const MOST_VERIFIED: usize = 1_000_000;

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that have been read.
    pub bytes: u64,
    /// The size of the file, in bytes.
    pub total: u64,
    /// Blocks that have been verified.
    pub blocks: u64,
    /// The epoch that is being indexed; the chain is walked from its head to the genesis.
    pub epoch: Option<i64>,
}

/// What was imported.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The roots that the file names.
    pub roots: Vec<Cid>,
    /// How many blocks it has.
    pub blocks: u64,
}

impl ChainStore {
    /// Adds the blocks of a CAR file. The head stays where it is.
    ///
    /// # Errors
    /// [`StoreError::Car`] if the file cannot be read, is cut off, or has a block that is not what
    /// its CID says. Then nothing of it is kept.
    pub fn import_blocks(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Imported, StoreError> {
        let car = Car::open(path)?;
        self.blocks
            .commit(|transaction| car.read_into(transaction, progress))
    }

    /// Adds the chain in a CAR file to an empty store: its roots become the head, and the indexes are
    /// made of it. Of several roots that are no tipset together, the heaviest is taken.
    ///
    /// # Errors
    /// As [`ChainStore::import_blocks`], and [`StoreError::Car`] if the roots are no blocks of a
    /// chain or its newest state is not complete; [`StoreError::NotEmpty`]. Then nothing of it is
    /// kept.
    pub fn import_chain(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Arc<TipSet>, StoreError> {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        if self.head()?.is_some() {
            return Err(StoreError::NotEmpty);
        }
        let car = Car::open(path)?;
        let head = self.blocks.commit(|transaction| {
            let imported = car.read_into(transaction, progress)?;
            let staged = Staged(transaction);
            let head = heaviest(&staged, &imported.roots).map_err(|error| car.wrong(error))?;
            verify_state(&staged, &head).map_err(|error| car.wrong(error))?;
            let mut at_epoch = |epoch| {
                progress(Progress {
                    bytes: car.total,
                    total: car.total,
                    blocks: imported.blocks,
                    epoch: Some(epoch),
                });
            };
            match index_chain(transaction, &staged, &head, &mut at_epoch) {
                Err(Failure::Refused(error)) => Err(car.wrong(error))?,
                done => done?,
            }
            tables::set_head(transaction, head.key())?;
            Ok(head)
        });
        // It is read again: a failure does not say what has reached the disk.
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(Arc::new(head?))
    }
}

/// The heaviest tipset that can be made of the roots.
fn heaviest(store: &impl Blockstore, roots: &[Cid]) -> Result<TipSet, StoreError> {
    let mut headers: Vec<BlockHeader> = Vec::with_capacity(roots.len());
    for root in roots {
        let header = tipsets::header(store, root)?;
        if !headers.contains(&header) {
            headers.push(header);
        }
    }
    // Lotus compares the weights of the parents, and so do we where nothing else is known.
    let best = headers
        .iter()
        .max_by_key(|header| (header.parent_weight.clone(), header.height))
        .map(|best| (best.height, best.parents.clone()));
    headers.retain(|header| Some((header.height, header.parents.clone())) == best);
    Ok(TipSet::new(headers)?)
}

/// Whether the newest state that there is is complete. An excerpt may come without those of its last
/// tipsets, but not without any.
fn verify_state(store: &impl Blockstore, head: &TipSet) -> Result<(), StoreError> {
    let what = "block of the state";
    let mut tipset = head.clone();
    while let Err(missing) = tipsets::read(store, what, &tipset.parent_state()) {
        if tipset.height() == 0 {
            return Err(missing);
        }
        tipset = tipsets::tipset(store, &tipset.parents()).map_err(|_| missing)?;
    }
    let root = tipset.parent_state();
    let mut walk = Walk::of_at_most(MOST_VERIFIED);
    walk.reach(store, what, root.inner(), |_, _| Ok(()))
}

/// A CAR file that is being read.
struct Car<'a> {
    path: &'a Path,
    file: File,
    total: u64,
}

impl<'a> Car<'a> {
    fn open(path: &'a Path) -> Result<Car<'a>, StoreError> {
        let open = || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                return Err(io::Error::other("it is no file"));
            }
            Ok((file, metadata.len()))
        };
        let (file, total) = open().map_err(|error: io::Error| StoreError::Car {
            path: path.to_owned(),
            why: error.to_string(),
        })?;
        Ok(Car { path, file, total })
    }

    fn wrong(&self, why: impl ToString) -> StoreError {
        StoreError::Car {
            path: self.path.to_owned(),
            why: why.to_string(),
        }
    }

    /// Verifies every block and puts it into the transaction.
    fn read_into(
        &self,
        transaction: &WriteTransaction,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Imported, Failure> {
        let bytes = Cell::new(0);
        let counted = Counted {
            file: &self.file,
            bytes: &bytes,
        };
        let car = decompressed(counted).map_err(|error| self.wrong(error))?;
        let mut car = CarReader::new(Sections::new(car)).map_err(|error| self.wrong(error))?;
        let roots: Vec<Cid> = car.header.roots.iter().map(|cid| (*cid).into()).collect();
        let mut batch: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let (mut size, mut blocks) = (0, 0);
        loop {
            car.reader.begin();
            let block = car.next().transpose().map_err(|error| self.wrong(error))?;
            let done = block.is_none();
            if let Some(block) = block {
                blocks += 1;
                size += block.data.len();
                batch.push((block.cid.hash().to_bytes(), block.data));
            } else if car.reader.read() > 0 {
                // The library takes the end within a section's length for the end of the file.
                return Err(self.wrong("it ends within a block").into());
            }
            if done || size >= BATCH {
                tables::insert_blocks(transaction, batch.drain(..))?;
                size = 0;
                progress(Progress {
                    bytes: bytes.get(),
                    total: self.total,
                    blocks,
                    epoch: None,
                });
            }
            if done {
                return Ok(Imported { roots, blocks });
            }
        }
    }
}

/// A file that counts what has been read of it.
struct Counted<'a> {
    file: &'a File,
    bytes: &'a Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

/// The blocks as they will be when the transaction is done.
struct Staged<'a>(&'a WriteTransaction);

impl Blockstore for Staged<'_> {
    fn get(&self, cid: &InnerCid) -> anyhow::Result<Option<Vec<u8>>> {
        if cid.hash().code() == 0 {
            return Ok(Some(cid.hash().digest().to_vec()));
        }
        tables::staged_block(self.0, &cid.hash().to_bytes()).map_err(|failure| match failure {
            Failure::Refused(error) => error.into(),
            Failure::Damaged(why) => anyhow::anyhow!(why),
            Failure::Database(error) => error.into(),
        })
    }

    fn put_keyed(&self, cid: &InnerCid, block: &[u8]) -> anyhow::Result<()> {
        anyhow::bail!("{cid} ({} bytes): an import is only read", block.len())
    }
}
