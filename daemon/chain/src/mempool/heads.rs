//! New heads: what they contain leaves the pool, what they no longer contain comes back.

use std::collections::HashSet;
use std::sync::Arc;

use lotus_core::types::{Address, Cid, TipSet};

use super::checks;
use super::pool::Inner;
use super::{MempoolError, MessagePool};
use crate::store::HeadChange;

/// How many epochs a message is kept on the disk after it was in a block: for so long a
/// reorganisation brings it back, even after a restart.
const SETTLED: i64 = 20;

impl MessagePool {
    /// Follows the chain to a new head. The changes have to come in order, each exactly once.
    ///
    /// # Errors
    /// A block's messages or the new state cannot be read. The pool is then on its new head with
    /// what it had before; a sender's queue is put right when its next message is in a block.
    pub fn head_changed(&self, change: &HeadChange) -> Result<(), MempoolError> {
        let mut inner = self.lock();
        let Some(head) = self.new_head(change)? else {
            return Ok(());
        };
        inner.head = head.clone();
        inner.accounts.clear();
        if let Some(lowest) = change.reverted.last() {
            let lowest = lowest.height();
            inner.settling.retain(|(height, _)| *height < lowest);
        }
        let mut senders = HashSet::new();
        let mut back = Vec::new();
        for tipset in &change.reverted {
            for message in self.view.messages(tipset)? {
                senders.insert(message.message().from);
                back.extend(inner.signatures.signed(message));
            }
        }
        // The oldest first, as they were sent.
        for signed in back.into_iter().rev() {
            // It was in a block, so it can be in one.
            let Ok(entry) = checks::check(signed) else {
                continue;
            };
            if let Some((key, nonce)) = self.account_at(&mut inner, &entry.signed.message.from)?
                && entry.nonce() >= nonce
            {
                self.put_back(&mut inner, &key, nonce, Arc::new(entry));
            }
        }
        for tipset in &change.applied {
            for message in self.view.messages(tipset)? {
                senders.insert(message.message().from);
            }
        }
        let mut settling = Vec::new();
        for sender in senders {
            if let Some((key, nonce)) = self.account_at(&mut inner, &sender)? {
                let passed = self.rebase(&mut inner, &key, nonce);
                if inner.locals.contains(&key) {
                    settling.extend(passed);
                }
            }
        }
        if !settling.is_empty() {
            inner.settling.push_back((head.height(), settling));
        }
        let mut settled = Vec::new();
        while let Some((height, cids)) = inner.settling.front_mut()
            && *height + SETTLED <= head.height()
        {
            settled.append(cids);
            inner.settling.pop_front();
        }
        drop(inner);
        Ok(self.local.remove(&settled)?)
    }

    /// Where a change leads; `None` if nowhere.
    fn new_head(&self, change: &HeadChange) -> Result<Option<Arc<TipSet>>, MempoolError> {
        if let Some(head) = change.applied.last() {
            return Ok(Some(head.clone()));
        }
        match change.reverted.last() {
            Some(last) => Ok(self.view.parent(last)?),
            None => Ok(None),
        }
    }

    fn account_at(
        &self,
        inner: &mut Inner,
        sender: &Address,
    ) -> Result<Option<(Address, u64)>, MempoolError> {
        let account = self.account(inner, sender)?;
        Ok(account.and_then(|account| Some((account.key?, account.nonce))))
    }

    /// Removes what an account's nonce has left behind, and returns the CIDs.
    fn rebase(&self, inner: &mut Inner, key: &Address, nonce: u64) -> Vec<Cid> {
        let Some(queue) = inner.queues.get_mut(key) else {
            return Vec::new();
        };
        let passed = queue.rebase(nonce);
        if queue.messages().is_empty() {
            inner.queues.remove(key);
        }
        inner.size -= passed.len();
        for entry in &passed {
            self.updates.removed(&entry.signed);
        }
        passed.iter().map(|entry| entry.cid).collect()
    }
}
