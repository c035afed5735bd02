//! Which tipset is the head, and who hears of it.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard, PoisonError};

use lotus_types::{BlockHeader, TipSet};
use tokio::sync::broadcast;

use super::{Chain, ChainError, MessageSource};
use crate::store::HeadChange;

/// How many blocks are remembered that may yet be joined by others of their epoch.
const REMEMBERED: usize = 64;

/// Valid blocks that may become part of one tipset with others.
#[derive(Debug, Default)]
pub(super) struct Siblings(VecDeque<BlockHeader>);

impl Siblings {
    pub(super) fn of(head: &TipSet) -> Siblings {
        Siblings(head.blocks().iter().cloned().collect())
    }

    /// The largest tipset of a block and the others with its epoch and its parents, one of each
    /// miner (Lotus `ChainStore.expandTipset`).
    fn expand(&mut self, block: &BlockHeader) -> Result<TipSet, ChainError> {
        let mut blocks = vec![block.clone()];
        for other in &self.0 {
            let fits = other.height == block.height && other.parents == block.parents;
            if fits && blocks.iter().all(|block| block.miner != other.miner) {
                blocks.push(other.clone());
            }
        }
        if !self.0.contains(block) {
            if self.0.len() == REMEMBERED {
                self.0.pop_front();
            }
            self.0.push_back(block.clone());
        }
        Ok(TipSet::new(blocks)?)
    }
}

impl Chain {
    /// Every move of the head from now on. A receiver that reads too slowly is told that it has
    /// missed some, by [`broadcast::error::RecvError::Lagged`]; it then takes the head as it is.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<HeadChange>> {
        self.0.changes.subscribe()
    }

    /// The head, and every move from it on: nothing is missed between the two.
    pub fn follow(&self) -> (Arc<TipSet>, broadcast::Receiver<Arc<HeadChange>>) {
        let _still = self.moving();
        (self.head(), self.subscribe())
    }

    pub(super) fn moving(&self) -> MutexGuard<'_, Siblings> {
        // A panic leaves at worst a block unremembered.
        self.0.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a valid block, whose messages are in the store, into the chain. The head moves if the
    /// tipset that the block makes is heavier; whether it has moved is returned. The block is on the
    /// disk either way.
    pub(super) fn accept(&self, block: &BlockHeader) -> Result<Option<Arc<TipSet>>, ChainError> {
        let mut siblings = self.moving();
        self.store().put_header(block)?;
        let candidate = Arc::new(siblings.expand(block)?);
        if !self.is_heavier(&candidate)? {
            // Others may build on it, and whoever has sent it will not send it again.
            self.store().blocks().flush()?;
            return Ok(None);
        }
        self.move_head(&candidate)?;
        Ok(Some(candidate))
    }

    /// Moves the head whatever it weighs (Lotus `ChainStore.SetHead`); for an operator who knows
    /// better.
    ///
    /// # Errors
    /// A block on the way is not here, or the disk fails. The head is then where it was.
    pub fn set_head(&self, to: &Arc<TipSet>) -> Result<(), ChainError> {
        let mut siblings = self.moving();
        self.executed(to)?;
        *siblings = Siblings::of(to);
        self.move_head(to)
    }

    /// Moves the head and tells everybody. The caller holds [`Chain::moving`].
    fn move_head(&self, to: &Arc<TipSet>) -> Result<(), ChainError> {
        let change = self.store().set_head(to)?;
        if change == HeadChange::default() {
            return Ok(());
        }
        *self.0.head.write().unwrap_or_else(PoisonError::into_inner) = to.clone();
        if let Some(source) = self.source() {
            source.head_changed(&change);
        }
        // Nobody may be listening.
        let _ = self.0.changes.send(Arc::new(change));
        Ok(())
    }

    pub(super) fn source(&self) -> Option<Arc<dyn MessageSource>> {
        let source = self.0.source.read().unwrap_or_else(PoisonError::into_inner);
        source.as_ref()?.upgrade()
    }

    /// Whether a tipset is heavier than the head. Of two that weigh the same the one with the
    /// smaller tickets is (Lotus `breakWeightTie`).
    fn is_heavier(&self, candidate: &TipSet) -> Result<bool, ChainError> {
        let head = self.head();
        if candidate.key() == head.key() {
            return Ok(false);
        }
        let (new, old) = (self.weight(candidate)?, self.weight(&head)?);
        if new != old {
            return Ok(new > old);
        }
        let digest = |block: &BlockHeader| block.ticket.as_ref().map(|ticket| ticket.digest());
        let pairs = candidate.blocks().iter().zip(head.blocks());
        for (new, old) in pairs {
            let (new, old) = (digest(new), digest(old));
            if new != old {
                return Ok(new < old);
            }
        }
        Ok(false)
    }
}
