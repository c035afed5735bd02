//! The pool: who waits.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use fvm_shared::econ;
use lotus_types::{Address, Cid, MpoolConfig, MpoolUpdate, SignedMessage, TipSet, TipSetKey};
use tokio::sync::{broadcast, watch};

use super::config::{ConfigError, default_config, validate};
use super::entry::Entry;
use super::queue::{Queue, replacement_premium};
use super::signatures::Signatures;
use super::updates::Updates;
use super::{Account, LocalMessages, MempoolError, Verifier, View};

/// The messages that wait for a block.
///
/// Its methods block their thread: they read the chain's state, and those that keep a message wait
/// for the disk.
pub struct MessagePool {
    pub(super) view: Arc<dyn View>,
    pub(super) verifier: Arc<dyn Verifier>,
    pub(super) local: LocalMessages,
    pub(super) updates: Updates,
    inner: Mutex<Inner>,
}

impl fmt::Debug for MessagePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("MessagePool");
        debug.field("size", &self.len()).finish_non_exhaustive()
    }
}

/// What the lock guards.
pub(super) struct Inner {
    /// The tipset on which the next block builds.
    pub(super) head: Arc<TipSet>,
    /// By the address of the sender's key.
    pub(super) queues: HashMap<Address, Queue>,
    pub(super) size: usize,
    /// Whose messages were pushed here.
    pub(super) locals: HashSet<Address>,
    pub(super) config: MpoolConfig,
    pub(super) pruned: Option<Instant>,
    pub(super) signatures: Signatures,
    /// The accounts at the head that were asked for.
    pub(super) accounts: HashMap<Address, Account>,
    /// Messages of ours that are in a block, by its height: they leave the disk when the block is
    /// deep enough to stay.
    pub(super) settling: VecDeque<(i64, Vec<Cid>)>,
    /// Whether a change of the head could not be followed, so that any queue may be wrong.
    pub(super) stale: bool,
}

impl MessagePool {
    /// The pool on top of the chain's head, with the messages that `local` has kept.
    ///
    /// # Errors
    /// `local` or the head cannot be read. A message that may not wait any more is no error.
    pub fn new(
        view: Arc<dyn View>,
        verifier: Arc<dyn Verifier>,
        local: LocalMessages,
    ) -> Result<MessagePool, MempoolError> {
        let head = view.tipset(&TipSetKey::default())?;
        let config = local.config()?.unwrap_or_else(default_config);
        let mut kept = local.messages()?;
        let pool = MessagePool {
            view,
            verifier,
            local,
            updates: Updates::new(),
            inner: Mutex::new(Inner {
                head,
                queues: HashMap::new(),
                size: 0,
                locals: HashSet::new(),
                config,
                pruned: None,
                signatures: Signatures::default(),
                accounts: HashMap::new(),
                settling: VecDeque::new(),
                stale: false,
            }),
        };
        kept.sort_by_key(|message| message.message.nonce);
        pool.restore(kept)?;
        Ok(pool)
    }

    /// Puts a message that waited before, or was in a block, where it belongs if nothing has taken
    /// its place. `nonce` is that of its sender's account.
    pub(super) fn put_back(&self, inner: &mut Inner, key: &Address, nonce: u64, entry: Arc<Entry>) {
        let queue = inner
            .queues
            .entry(*key)
            .or_insert_with(|| Queue::new(nonce));
        if queue.restore(entry.clone()) {
            inner.size += 1;
            self.updates.added(&entry.signed);
        }
    }

    pub(super) fn remove_from(&self, inner: &mut Inner, key: &Address, nonce: u64) -> Option<Cid> {
        let queue = inner.queues.get_mut(key)?;
        let removed = queue.remove(nonce)?;
        if queue.messages().is_empty() {
            inner.queues.remove(key);
        }
        inner.size -= 1;
        self.updates.removed(&removed.signed);
        Some(removed.cid)
    }

    /// The account with this address at the head.
    pub(super) fn account(
        &self,
        inner: &mut Inner,
        address: &Address,
    ) -> Result<Option<Account>, MempoolError> {
        if let Some(account) = inner.accounts.get(address) {
            return Ok(Some(account.clone()));
        }
        let account = self.view.account(address, &inner.head)?;
        if let Some(account) = &account {
            inner.accounts.insert(*address, account.clone());
        }
        Ok(account)
    }

    /// The key and the account of whoever sends messages from this address.
    pub(super) fn sender(
        &self,
        inner: &mut Inner,
        from: &Address,
    ) -> Result<(Address, Account), MempoolError> {
        let account = self.account(inner, from)?;
        let account = account.ok_or(MempoolError::NoSender(*from))?;
        let key = account.key.ok_or(MempoolError::NotASender(*from))?;
        Ok((key, account))
    }

    pub(crate) fn sender_at_head(
        &self,
        from: &Address,
    ) -> Result<(Address, Account), MempoolError> {
        self.sender(&mut self.lock(), from)
    }

    /// The nonce of a sender's next message, after those that wait without a gap.
    ///
    /// # Errors
    /// There is no such account, or the state cannot be read.
    pub fn next_nonce(&self, sender: &Address) -> Result<u64, MempoolError> {
        let mut inner = self.lock();
        let (key, account) = self.sender(&mut inner, sender)?;
        let queue = inner.queues.get(&key);
        Ok(queue.map_or(account.nonce, |queue| queue.next_nonce().max(account.nonce)))
    }

    /// The messages that wait, by sender and nonce, and the tipset on which they do.
    pub fn pending(&self) -> (Vec<SignedMessage>, Arc<TipSet>) {
        self.pending_filter(|_| true)
    }

    /// The messages that wait whose sender's key `filter` accepts, by sender and nonce, and the
    /// tipset on which they do.
    pub fn pending_filter(
        &self,
        filter: impl Fn(&Address) -> bool,
    ) -> (Vec<SignedMessage>, Arc<TipSet>) {
        let inner = self.lock();
        let mut queues: Vec<_> = inner.queues.iter().collect();
        queues.retain(|(key, _)| filter(key));
        queues.sort_by_key(|(key, _)| **key);
        let entries = queues
            .iter()
            .flat_map(|(_, queue)| queue.messages().values());
        let messages = entries.map(|entry| entry.signed.clone()).collect();
        (messages, inner.head.clone())
    }

    /// The messages that wait from one sender, in the order of their nonces, and the tipset on
    /// which they do.
    ///
    /// # Errors
    /// There is no such account, or the state cannot be read.
    pub fn pending_of(
        &self,
        sender: &Address,
    ) -> Result<(Vec<SignedMessage>, Arc<TipSet>), MempoolError> {
        let (key, _) = self.sender_at_head(sender)?;
        Ok(self.pending_filter(|other| *other == key))
    }

    /// The messages that wait as someone sees it whose head is `tipset` (Lotus `MpoolPending`):
    /// also those in blocks that are not below the pool's head.
    ///
    /// # Errors
    /// The blocks between the two are not here.
    pub fn pending_at(&self, tipset: &TipSetKey) -> Result<Vec<SignedMessage>, MempoolError> {
        let mut tipset = self.view.tipset(tipset)?;
        let (mut pending, head) = self.pending();
        if tipset.key() == head.key() || tipset.height() < head.height() {
            return Ok(pending);
        }
        let mut known = pending
            .iter()
            .map(SignedMessage::cid)
            .collect::<Result<HashSet<_>, _>>()?;
        while tipset.key() != head.key() && tipset.height() >= head.height() {
            let messages = self.view.messages(&tipset)?;
            let inner = self.lock();
            for message in messages {
                if let Some(signed) = inner.signatures.signed(message)
                    && known.insert(signed.cid()?)
                {
                    pending.push(signed);
                }
            }
            drop(inner);
            let Some(parent) = self.view.parent(&tipset)? else {
                break;
            };
            tipset = parent;
        }
        Ok(pending)
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.lock().size
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tipset on which the messages wait.
    pub fn head(&self) -> Arc<TipSet> {
        self.lock().head.clone()
    }

    /// Removes a sender's message, and returns whether it waited. Those after it then wait for
    /// another one with its nonce.
    ///
    /// # Errors
    /// There is no such account, or the file cannot be written.
    pub fn remove(&self, sender: &Address, nonce: u64) -> Result<bool, MempoolError> {
        let mut inner = self.lock();
        let (key, _) = self.sender(&mut inner, sender)?;
        let removed = self.remove_from(&mut inner, &key, nonce);
        drop(inner);
        if let Some(cid) = removed {
            self.local.remove(&[cid])?;
        }
        Ok(removed.is_some())
    }

    /// Empties the pool; of messages that were pushed here only if `local` is set.
    ///
    /// # Errors
    /// The file cannot be written; those messages come back with a restart.
    pub fn clear(&self, local: bool) -> Result<(), MempoolError> {
        let mut inner = self.lock();
        let mut forgotten = Vec::new();
        let doomed: Vec<(Address, u64)> = inner
            .queues
            .iter()
            .filter(|(key, _)| local || !inner.locals.contains(*key))
            .flat_map(|(key, queue)| queue.messages().keys().map(|nonce| (*key, *nonce)))
            .collect();
        for (key, nonce) in doomed {
            forgotten.extend(self.remove_from(&mut inner, &key, nonce));
        }
        if local {
            inner.locals.clear();
        }
        drop(inner);
        Ok(self.local.remove(&forgotten)?)
    }

    /// The limits.
    pub fn config(&self) -> MpoolConfig {
        self.lock().config.clone()
    }

    /// Changes the limits, also for the next start.
    ///
    /// # Errors
    /// What is wrong with them; they are then as before.
    pub fn set_config(&self, config: MpoolConfig) -> Result<(), ConfigError> {
        validate(&config)?;
        self.local.set_config(&config)?;
        self.lock().config = config;
        Ok(())
    }

    /// The premium with which whoever replaces a message should do it, in attoFIL per unit of gas:
    /// more than [`super::min_replacement_premium`], so that it is worth the trouble.
    pub fn replacement_premium(&self, premium: &econ::TokenAmount) -> econ::TokenAmount {
        replacement_premium(premium, self.lock().config.replace_by_fee_ratio)
    }

    /// A feed of the messages that come into the pool and leave it, from now on. Who reads too
    /// slowly misses some, and is told so.
    pub fn subscribe(&self) -> broadcast::Receiver<MpoolUpdate> {
        self.updates.subscribe()
    }

    /// Counts the messages that came into the pool, to wait for the next one.
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.updates.count()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
