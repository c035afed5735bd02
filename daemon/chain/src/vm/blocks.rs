//! The write buffer between the actors and the blockstore.
//!
//! Executing a tipset writes many blocks that no state root reaches in the end (each message replaces
//! the states of the one before). They stay in memory; only what the final root reaches is written.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::DAG_CBOR;
use ipld_core::codec::Links;
use serde_ipld_dagcbor::codec::DagCborCodec;

use super::error::VmError;
use super::links;

/// The greatest length of a block that an actor writes, in bytes (the FVM's `max_block_size`).
const MAX_BLOCK_SIZE: usize = 1 << 20;

/// The blockstore that a machine reads and writes: what was written since the last flush, over the
/// chain's own store. Clones share one buffer, so an actor can hand it to its HAMTs and AMTs.
#[derive(Clone)]
pub struct Blocks {
    inner: Rc<Inner>,
    /// If an actor reads and writes by this handle, what it has come across.
    reached: Option<Rc<RefCell<HashSet<Cid>>>>,
}

struct Inner {
    base: Arc<dyn Blockstore>,
    /// What was read or written, and whether it still has to be written to the base.
    buffer: RefCell<HashMap<Cid, Entry>>,
    /// The first failure of the base. Collections report a failing store as one more of their own
    /// errors, which would become an exit code on the chain; the machine looks here instead.
    failure: RefCell<Option<anyhow::Error>>,
    /// What was read and written since the machine last asked, which it charges gas for.
    usage: Cell<Usage>,
}

/// Reads and writes of blocks, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Blocks read.
    pub reads: u64,
    /// Bytes in them.
    pub bytes_read: u64,
    /// Blocks written.
    pub writes: u64,
    /// Bytes in them.
    pub bytes_written: u64,
}

struct Entry {
    data: Vec<u8>,
    dirty: bool,
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks")
            .field("buffered", &self.inner.buffer.borrow().len())
            .finish()
    }
}

impl Blocks {
    /// An empty buffer over `base`.
    pub fn new(base: Arc<dyn Blockstore>) -> Self {
        let inner = Rc::new(Inner {
            base,
            buffer: RefCell::default(),
            failure: RefCell::default(),
            usage: Cell::default(),
        });
        Self {
            inner,
            reached: None,
        }
    }

    /// The same buffer, for one call of an actor: what it reads and writes costs gas, and what it writes
    /// can only link to what it has come across. Clones are for the same call.
    #[must_use]
    pub fn for_call(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            reached: Some(Rc::default()),
        }
    }

    /// The actor knows of a block: its own state's root.
    pub fn reach(&self, cid: &Cid) {
        if let Some(reached) = &self.reached {
            reached.borrow_mut().insert(*cid);
        }
    }

    /// The first failure of the store since the last call, if any.
    pub fn take_failure(&self) -> Option<VmError> {
        self.inner.failure.borrow_mut().take().map(VmError::Store)
    }

    /// Writes what `root` reaches of the buffer to the store, and forgets the buffer.
    ///
    /// # Errors
    /// As [`Self::store`].
    pub fn flush(&self, root: &Cid) -> Result<(), VmError> {
        self.store(root)?;
        self.inner.buffer.borrow_mut().clear();
        Ok(())
    }

    /// Writes what `root` reaches of the buffer to the store, links before those that link to them.
    ///
    /// # Errors
    /// [`VmError::Store`] when the store cannot be written, or a buffered block is not DAG-CBOR.
    pub fn store(&self, root: &Cid) -> Result<(), VmError> {
        let buffer = self.inner.buffer.borrow();
        let mut seen = HashSet::new();
        // Depth first: (cid, whether its links have been written).
        let mut stack = vec![(*root, false)];
        while let Some((cid, ready)) = stack.pop() {
            let Some(entry) = buffer.get(&cid).filter(|entry| entry.dirty) else {
                continue;
            };
            if ready {
                self.inner
                    .base
                    .put_keyed(&cid, &entry.data)
                    .map_err(VmError::Store)?;
            } else if seen.insert(cid) {
                stack.push((cid, true));
                if cid.codec() == DAG_CBOR {
                    let links = links_of(&entry.data).map_err(VmError::Store)?;
                    stack.extend(links.into_iter().map(|link| (link, false)));
                }
            }
        }
        Ok(())
    }

    /// The blocks that were written and not yet flushed, for a caller that stores them itself.
    pub fn dirty(&self) -> Vec<(Cid, Vec<u8>)> {
        let buffer = self.inner.buffer.borrow();
        buffer
            .iter()
            .filter(|(_, entry)| entry.dirty)
            .map(|(cid, entry)| (*cid, entry.data.clone()))
            .collect()
    }

    /// What was read and written since this was last asked.
    pub fn take_usage(&self) -> Usage {
        self.inner.usage.take()
    }

    fn count(&self, change: impl FnOnce(&mut Usage)) {
        let mut usage = self.inner.usage.get();
        change(&mut usage);
        self.inner.usage.set(usage);
    }

    /// An actor has read a block, and so come across its links.
    fn opened(&self, reached: &RefCell<HashSet<Cid>>, cid: &Cid, data: &[u8]) -> Result<()> {
        self.count(|usage| {
            usage.reads += 1;
            usage.bytes_read += data.len() as u64;
        });
        // What is in the state was checked when it was put there.
        let links = links::required(cid.codec(), data)?;
        reached.borrow_mut().extend(links);
        Ok(())
    }

    /// An actor writes a block.
    fn created(&self, reached: &RefCell<HashSet<Cid>>, cid: &Cid, data: &[u8]) -> Result<()> {
        ensure!(
            data.len() <= MAX_BLOCK_SIZE,
            "a block may not be larger than {MAX_BLOCK_SIZE} bytes"
        );
        let mut reached = reached.borrow_mut();
        for link in links::required(cid.codec(), data)? {
            ensure!(
                reached.contains(&link),
                "the block links to {link}, which is not reachable"
            );
        }
        reached.insert(*cid);
        self.count(|usage| {
            usage.writes += 1;
            usage.bytes_written += data.len() as u64;
        });
        Ok(())
    }

    fn fail(&self, error: anyhow::Error) -> anyhow::Error {
        let text = anyhow!("{error:#}");
        self.inner.failure.borrow_mut().get_or_insert(error);
        text
    }
}

/// All links in a block of DAG-CBOR.
fn links_of(data: &[u8]) -> Result<Vec<Cid>> {
    Ok(DagCborCodec::links(data)?.collect())
}

impl Blockstore for Blocks {
    fn get(&self, cid: &Cid) -> Result<Option<Vec<u8>>> {
        let buffered = self
            .inner
            .buffer
            .borrow()
            .get(cid)
            .map(|entry| entry.data.clone());
        let data = match buffered {
            Some(data) => data,
            None => {
                let data = match self.inner.base.get(cid) {
                    Ok(Some(data)) => data,
                    // State that is linked to must be there.
                    Ok(None) => return Err(self.fail(anyhow!("block {cid} is missing"))),
                    Err(error) => return Err(self.fail(error)),
                };
                let entry = Entry {
                    data: data.clone(),
                    dirty: false,
                };
                self.inner.buffer.borrow_mut().insert(*cid, entry);
                data
            }
        };
        if let Some(reached) = &self.reached {
            self.opened(reached, cid, &data)?;
        }
        Ok(Some(data))
    }

    fn put_keyed(&self, cid: &Cid, data: &[u8]) -> Result<()> {
        if let Some(reached) = &self.reached {
            self.created(reached, cid, data)?;
        }
        let mut buffer = self.inner.buffer.borrow_mut();
        buffer.entry(*cid).or_insert_with(|| Entry {
            data: data.to_vec(),
            dirty: true,
        });
        Ok(())
    }
}
