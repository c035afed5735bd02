//! CAR files in: all of a file or nothing of it.

use std::sync::{Arc, PoisonError};

use cid::Cid as InnerCid;
use fvm_ipld_blockstore::Blockstore;
use lotus_types::{BlockHeader, Cid, TipSet};
use redb::WriteTransaction;

use super::links::Walk;
use super::reader::Reader;
use super::source::Source;
use crate::store::error::Failure;
use crate::store::head::index_chain;
use crate::store::{ChainStore, StoreError, tables, tipsets};

/// How many bytes of blocks are handed to the database at once.
const BATCH: usize = 1024 * 1024;

/// How many blocks of state are looked for. A file that was cut off between two blocks shows only
/// by what is missing; beyond so many, which take about 100 MB of memory to remember, the rest is
/// not looked for.
const MOST_VERIFIED: usize = 1_000_000;

/// What is missing of a state is called so.
const STATE: &str = "block of the state";

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that have been read.
    pub bytes: u64,
    /// The size of the file, in bytes; `None` for a stream, whose size shows at its end.
    pub total: Option<u64>,
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
        source: impl Into<Source>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Imported, StoreError> {
        let source = source.into();
        let mut car = Reader::open(&source).map_err(|error| refused(&source, error))?;
        self.blocks
            .commit(|transaction| read_into(transaction, &source, &mut car, progress))
    }

    /// Adds the chain in a CAR file to an empty store: its roots become the head, and the indexes are
    /// made of it. Of several roots that are no tipset together, the heaviest is taken. A snapshot
    /// of version 2 (FRC-0108) names its head itself; its finality certificates are left out.
    ///
    /// # Errors
    /// As [`ChainStore::import_blocks`], and [`StoreError::Car`] if the roots are no blocks of a
    /// chain, it does not go back to its genesis, or its newest state or that of its genesis is not
    /// complete; [`StoreError::NotEmpty`]. Then nothing of it is kept.
    pub fn import_chain(
        &self,
        source: impl Into<Source>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Arc<TipSet>, StoreError> {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        if self.head()?.is_some() {
            return Err(StoreError::NotEmpty);
        }
        let source = source.into();
        let mut car = Reader::open(&source).map_err(|error| refused(&source, error))?;
        let head = self.blocks.commit(|transaction| {
            let imported = read_into(transaction, &source, &mut car, progress)?;
            let wrong = |error| refused(&source, explained(error));
            let staged = Staged(transaction);
            let roots: Vec<Cid> = car.head.iter().map(|cid| (*cid).into()).collect();
            let head = heaviest(&staged, &roots).map_err(wrong)?;
            verify_state(&staged, &head).map_err(wrong)?;
            let mut at_epoch = |epoch| {
                progress(Progress {
                    bytes: car.bytes(),
                    total: car.total,
                    blocks: imported.blocks,
                    epoch: Some(epoch),
                });
            };
            let genesis = match index_chain(transaction, &staged, &head, &mut at_epoch) {
                Err(Failure::Refused(error)) => Err(wrong(error))?,
                done => done?,
            };
            verify_genesis(&staged, &genesis).map_err(wrong)?;
            tables::set_head(transaction, head.key())?;
            Ok(head)
        });
        // It is read again: a failure does not say what has reached the disk.
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(Arc::new(head?))
    }
}

fn refused(source: &Source, why: impl ToString) -> StoreError {
    StoreError::Car {
        file: source.to_string(),
        why: why.to_string(),
    }
}

/// What is missing in a store that a file has just filled is missing in the file.
fn explained(error: StoreError) -> String {
    match error {
        StoreError::Missing { what, cid } => {
            format!("it does not have {what} {cid}, so part of it is missing")
        }
        error => error.to_string(),
    }
}

/// Verifies every block and puts it into the transaction.
fn read_into(
    transaction: &WriteTransaction,
    source: &Source,
    car: &mut Reader,
    progress: &mut dyn FnMut(Progress),
) -> Result<Imported, Failure> {
    let mut batch: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let (mut size, mut blocks) = (0, 0);
    loop {
        let block = car.next().map_err(|error| refused(source, error))?;
        let done = block.is_none();
        if let Some(block) = block {
            blocks += 1;
            size += block.data.len();
            batch.push((block.cid.hash().to_bytes(), block.data));
        }
        if done || size >= BATCH {
            tables::insert_blocks(transaction, batch.drain(..))?;
            size = 0;
            progress(Progress {
                bytes: car.bytes(),
                total: car.total,
                blocks,
                epoch: None,
            });
        }
        if done {
            let roots = car.roots().iter().map(|cid| (*cid).into()).collect();
            return Ok(Imported { roots, blocks });
        }
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

/// Whether the newest state that there is is complete. That of the last tipsets may be missing.
fn verify_state(store: &impl Blockstore, head: &TipSet) -> Result<(), StoreError> {
    let mut tipset = head.clone();
    while let Err(missing) = tipsets::read(store, STATE, &tipset.parent_state()) {
        if tipset.height() == 0 {
            return Err(missing);
        }
        tipset = tipsets::tipset(store, &tipset.parents()).map_err(|_| missing)?;
    }
    verify_whole(store, &tipset)
}

/// Whether all is there that comes last in an export: a file that was cut off between two blocks shows
/// by nothing else.
fn verify_genesis(store: &impl Blockstore, genesis: &TipSet) -> Result<(), StoreError> {
    verify_whole(store, genesis)?;
    for block in genesis.blocks() {
        tipsets::read(store, "receipts", &block.parent_message_receipts)?;
    }
    Ok(())
}

/// Whether the state before a tipset is complete.
fn verify_whole(store: &impl Blockstore, tipset: &TipSet) -> Result<(), StoreError> {
    let root = tipset.parent_state();
    let mut walk = Walk::of_at_most(MOST_VERIFIED);
    walk.reach(store, STATE, root.inner(), |_, _| Ok(()))
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
