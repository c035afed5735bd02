//! Tipsets by height: one look into an index, however long the chain.

use std::sync::Arc;

use lotus_types::TipSet;

use super::{ChainStore, StoreError, tables};

/// Which tipset to take for an epoch in which no block was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullRound {
    /// The last one before it (Lotus `ChainGetTipSetByHeight`).
    Before,
    /// The first one after it (Lotus `ChainGetTipSetAfterHeight`).
    After,
}

impl ChainStore {
    /// The tipset at this height, in the chain that ends with `from` or, without it, with the head.
    ///
    /// In the chain of the head it is one look into an index; from a fork it is first walked back
    /// to that chain.
    ///
    /// # Errors
    /// The height is above `from`, below zero, or below the first tipset that is here; the store is
    /// empty; or a block on the way is not here.
    pub fn tipset_by_height(
        &self,
        height: i64,
        from: Option<&Arc<TipSet>>,
        null: NullRound,
    ) -> Result<Arc<TipSet>, StoreError> {
        let mut tipset = match from {
            Some(from) => from.clone(),
            None => self.heaviest()?,
        };
        if height > tipset.height() {
            return Err(StoreError::AboveStart);
        }
        let epoch = u64::try_from(height).map_err(|_| StoreError::NoSuchHeight(height))?;
        loop {
            if tipset.height() == height {
                return Ok(tipset);
            }
            let start = u64::try_from(tipset.height()).unwrap_or_default();
            let found = self.blocks.read(|transaction| {
                if tables::at(transaction, start)?.as_ref() != Some(tipset.key()) {
                    return Ok(None);
                }
                Ok(Some(match null {
                    NullRound::Before => tables::at_or_before(transaction, epoch)?,
                    NullRound::After => tables::at_or_after(transaction, epoch)?,
                }))
            })?;
            if let Some(indexed) = found {
                let key = indexed.ok_or(StoreError::NoSuchHeight(height))?;
                return self.tipset(&key);
            }
            let parent = self.parent(&tipset)?;
            let parent = parent.ok_or(StoreError::NoSuchHeight(height))?;
            if parent.height() < height {
                return Ok(match null {
                    NullRound::Before => parent,
                    NullRound::After => tipset,
                });
            }
            tipset = parent;
        }
    }

    /// Whether a tipset is in the chain that ends with the head.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_in_chain(&self, tipset: &TipSet) -> Result<bool, StoreError> {
        let Ok(epoch) = u64::try_from(tipset.height()) else {
            return Ok(false);
        };
        let found = self
            .blocks
            .read(|transaction| tables::at(transaction, epoch))?;
        Ok(found.as_ref() == Some(tipset.key()))
    }
}
