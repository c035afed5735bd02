//! The head, and the way from one head to another.

use std::sync::{Arc, PoisonError, RwLockReadGuard};

use fvm_ipld_blockstore::Blockstore;
use lotus_types::{Cid, TipSet};
use redb::WriteTransaction;

use super::error::Failure;
use super::{ChainMessage, ChainStore, Head, StoreError, messages, tables, tipsets};

/// The way from one tipset to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadChange {
    /// What is left, the newest first.
    pub reverted: Vec<Arc<TipSet>>,
    /// What is reached, the oldest first.
    pub applied: Vec<Arc<TipSet>>,
}

impl ChainStore {
    /// The tipset at the head; `None` in an empty store.
    ///
    /// # Errors
    /// The file cannot be read, or the head's blocks are not there.
    pub fn head(&self) -> Result<Head, StoreError> {
        if let Some(head) = &*self.cached_head() {
            return Ok(head.clone());
        }
        let mut cached = self.head.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = &*cached {
            return Ok(head.clone());
        }
        let head = match self.blocks.read(tables::head)? {
            Some(key) => Some(Arc::new(tipsets::tipset(&self.blocks, &key)?)),
            None => None,
        };
        *cached = Some(head.clone());
        Ok(head)
    }

    /// The tipset at the head.
    ///
    /// # Errors
    /// As [`ChainStore::head`], and [`StoreError::NoHead`] in an empty store.
    pub fn heaviest(&self) -> Result<Arc<TipSet>, StoreError> {
        self.head()?.ok_or(StoreError::NoHead)
    }

    /// The genesis.
    ///
    /// # Errors
    /// The file cannot be read, and [`StoreError::NoHead`] in an empty store.
    pub fn genesis(&self) -> Result<Arc<TipSet>, StoreError> {
        let genesis = self.blocks.read(tables::genesis)?;
        let cid = genesis.ok_or(StoreError::NoHead)?;
        self.tipset(&[cid].into_iter().collect())
    }

    /// Moves the head to a tipset, with all blocks that wait, and returns what that changed. When
    /// this returns it is on the disk.
    ///
    /// # Errors
    /// A block between the two heads or a message of theirs is not here, or the file cannot be
    /// written. Then the head is where it was.
    pub fn set_head(&self, to: &Arc<TipSet>) -> Result<HeadChange, StoreError> {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        for header in to.blocks() {
            self.put_header(header)?;
        }
        let Some(from) = self.head()? else {
            return self.set_first_head(to);
        };
        let change = self.path(&from, to)?;
        if change == HeadChange::default() {
            return Ok(change);
        }
        let reverted = change.reverted.iter().map(|tipset| self.indexed(tipset));
        let reverted = reverted.collect::<Result<Vec<_>, _>>()?;
        let applied = change.applied.iter().map(|tipset| self.indexed(tipset));
        let applied = applied.collect::<Result<Vec<_>, _>>()?;
        self.move_head(to, |transaction| {
            for (epoch, messages) in &reverted {
                tables::revert(transaction, *epoch, messages)?;
            }
            for (tipset, (epoch, messages)) in change.applied.iter().zip(&applied) {
                tables::apply(transaction, *epoch, tipset.key(), messages)?;
            }
            Ok(())
        })?;
        Ok(change)
    }

    /// The first head: the indexes are made of the whole chain that ends with it.
    fn set_first_head(&self, to: &Arc<TipSet>) -> Result<HeadChange, StoreError> {
        self.move_head(to, |transaction| {
            index_chain(transaction, &self.blocks, to, &mut |_| {}).map(|_| ())
        })?;
        Ok(HeadChange {
            reverted: Vec::new(),
            applied: vec![to.clone()],
        })
    }

    /// Commits `work`, the weights that wait and the new head.
    pub(super) fn move_head(
        &self,
        to: &Arc<TipSet>,
        work: impl FnOnce(&WriteTransaction) -> Result<(), Failure>,
    ) -> Result<(), StoreError> {
        let weights = self.waiting_weights().clone();
        let moved = self.blocks.commit(|transaction| {
            work(transaction)?;
            tables::insert_weights(transaction, &weights)?;
            tables::set_head(transaction, to.key())
        });
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        match moved {
            Ok(()) => {
                *head = Some(Some(to.clone()));
                self.waiting_weights()
                    .retain(|key, _| !weights.contains_key(key));
                Ok(())
            }
            Err(error) => {
                // Whether it reached the disk is known when the file has been opened again.
                *head = None;
                Err(error)
            }
        }
    }

    /// The way from one tipset to another, over their last common ancestor (Lotus `ReorgOps`).
    ///
    /// # Errors
    /// A block on the way is not here, or the two have nothing in common.
    pub fn path(&self, from: &Arc<TipSet>, to: &Arc<TipSet>) -> Result<HeadChange, StoreError> {
        let parent = |tipset: &TipSet| {
            self.parent(tipset)?
                .ok_or_else(|| StoreError::Unrelated(from.key().clone(), to.key().clone()))
        };
        let (mut left, mut right) = (from.clone(), to.clone());
        let mut change = HeadChange::default();
        while left.key() != right.key() {
            if left.height() > right.height() {
                let next = parent(&left)?;
                change.reverted.push(std::mem::replace(&mut left, next));
            } else {
                let next = parent(&right)?;
                change.applied.push(std::mem::replace(&mut right, next));
            }
        }
        change.applied.reverse();
        Ok(change)
    }

    /// What the indexes know of a tipset: its epoch and its messages.
    fn indexed(&self, tipset: &TipSet) -> Result<(u64, Vec<Cid>), StoreError> {
        let messages = self.messages_in_order(tipset)?;
        indexed(tipset, &messages)
    }

    pub(super) fn cached_head(&self) -> RwLockReadGuard<'_, Option<Head>> {
        self.head.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn indexed(tipset: &TipSet, messages: &[Vec<ChainMessage>]) -> Result<(u64, Vec<Cid>), StoreError> {
    let cids = messages.iter().flatten().map(|message| message.cid());
    Ok((epoch(tipset)?, cids.collect::<Result<_, _>>()?))
}

/// The epoch of a tipset, which is not negative.
fn epoch(tipset: &TipSet) -> Result<u64, StoreError> {
    u64::try_from(tipset.height()).map_err(|_| StoreError::NoSuchHeight(tipset.height()))
}

/// Makes the indexes of the chain that ends with `head`, down to its genesis, which is returned. Blocks
/// whose messages are not there are left out: an export may come without the old ones, but not with
/// some of a block's. `progress` gets every epoch.
pub(super) fn index_chain(
    transaction: &WriteTransaction,
    store: &impl Blockstore,
    head: &TipSet,
    progress: &mut dyn FnMut(i64),
) -> Result<TipSet, Failure> {
    let mut tipset = head.clone();
    loop {
        progress(tipset.height());
        let messages = messages::in_order(store, &tipset);
        let messages = match messages.and_then(|messages| indexed(&tipset, &messages)) {
            Ok((_, messages)) => messages,
            Err(StoreError::Missing { .. }) => {
                verify_messages(store, &tipset)?;
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        tables::apply(transaction, epoch(&tipset)?, tipset.key(), &messages)?;
        if tipset.height() == 0 {
            tables::set_genesis(transaction, &tipset.cids()[0])?;
            return Ok(tipset);
        }
        let parent = tipsets::tipset(store, &tipset.parents())?;
        if parent.height() >= tipset.height() {
            return Err(Failure::Refused(StoreError::Malformed {
                what: "chain",
                cid: Box::new(tipset.cids()[0]),
                why: "it is not above its parents".to_owned(),
            }));
        }
        tipset = parent;
    }
}

/// Whether each block comes with all of its messages, or without their list. That they cannot be put
/// in order is another matter: it may need a state that an export leaves out.
fn verify_messages(store: &impl Blockstore, tipset: &TipSet) -> Result<(), StoreError> {
    for block in tipset.blocks() {
        match messages::of_block(store, block) {
            Err(StoreError::Missing { cid, .. }) if cid == block.messages => {}
            found => drop(found?),
        }
    }
    Ok(())
}
