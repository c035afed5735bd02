//! New heads: what they contain leaves the pool, what they no longer contain comes back.

use std::collections::HashSet;
use std::sync::Arc;

use lotus_types::{Address, Cid, TipSet};

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
    /// A block's messages or the new state cannot be read. The pool is then on its new head, and
    /// puts its queues right with the next change; or the file cannot be written.
    pub fn head_changed(&self, change: &HeadChange) -> Result<(), MempoolError> {
        let head = self.new_head(change);
        if let Ok(Some(head)) = &head {
            // Messages can be pushed meanwhile. What fails here fails again below.
            let _ = self.view.execute(head);
        }
        let mut inner = self.lock();
        let Some(head) = head? else {
            return Ok(());
        };
        let height = head.height();
        inner.head = head;
        inner.accounts.clear();
        let stale = std::mem::replace(&mut inner.stale, true);
        self.follow(&mut inner, change, stale)?;
        inner.stale = false;
        let settled = inner.settled(height);
        drop(inner);
        Ok(self.local.remove(&settled)?)
    }

    /// Puts the queues right: those of the change's senders, or all of them.
    fn follow(
        &self,
        inner: &mut Inner,
        change: &HeadChange,
        stale: bool,
    ) -> Result<(), MempoolError> {
        let mut senders = HashSet::new();
        let mut back = Vec::new();
        for tipset in &change.reverted {
            inner.unsettle(tipset.height());
            for message in self.view.messages(tipset)? {
                senders.insert(message.message().from);
                back.extend(inner.signatures.signed(message));
            }
        }
        for tipset in &change.applied {
            for message in self.view.messages(tipset)? {
                senders.insert(message.message().from);
            }
        }
        if stale {
            senders.extend(inner.queues.keys().copied());
        }
        for signed in back {
            // It was in a block, so it is one that can be.
            let Ok(entry) = checks::check(signed) else {
                continue;
            };
            if let Some((key, nonce)) = self.account_at(inner, &entry.signed.message.from)?
                && entry.nonce() >= nonce
            {
                self.put_back(inner, &key, nonce, Arc::new(entry));
            }
        }
        let mut settling = Vec::new();
        for sender in senders {
            if let Some((key, nonce)) = self.account_at(inner, &sender)? {
                let passed = self.rebase(inner, &key, nonce);
                if inner.locals.contains(&key) {
                    settling.extend(passed);
                }
            }
        }
        if !settling.is_empty() {
            let height = inner.head.height();
            inner.settling.push_back((height, settling));
        }
        Ok(())
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

impl Inner {
    /// What was in a block that was reverted is still needed.
    fn unsettle(&mut self, height: i64) {
        self.settling.retain(|(of, _)| *of < height);
    }

    /// Takes what is deep enough in the chain to stay there.
    fn settled(&mut self, height: i64) -> Vec<Cid> {
        let mut settled = Vec::new();
        while let Some((of, cids)) = self.settling.front_mut()
            && of.saturating_add(SETTLED) <= height
        {
            settled.append(cids);
            self.settling.pop_front();
        }
        settled
    }
}
