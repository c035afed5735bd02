//! The messages of the next block: those that pay most for their gas, each after all that its sender
//! has sent before (Lotus `chain/messagepool/selection.go`, the greedy half).
//!
//! Lotus also has a selection for producers whose block may come second in its tipset, which skips
//! what the first has probably taken. On a local network nobody competes for the first place, so
//! there is only this one.

mod chain;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use fvm_shared::econ;
use lotus_types::{Address, SignedMessage, TipSet, TipSetKey};

use super::entry::Entry;
use super::pool::Inner;
use super::{BLOCK_GAS_LIMIT, BLOCK_MESSAGE_LIMIT, MempoolError, MessagePool, checks};
pub(super) use chain::{Chain, chains};

/// What fits into a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The gas limits of its messages together, in gas units.
    pub gas: u64,
    /// How many messages.
    pub messages: usize,
}

impl Default for Space {
    /// An empty block.
    fn default() -> Space {
        Space {
            gas: BLOCK_GAS_LIMIT,
            messages: BLOCK_MESSAGE_LIMIT,
        }
    }
}

/// The messages that a block on another tipset than the head could have, by sender.
type Waiting = HashMap<Address, BTreeMap<u64, Arc<Entry>>>;

impl MessagePool {
    /// The messages for a block on top of `base`, the most profitable first, those of a sender in
    /// the order of their nonces and without a gap. A message waits whose fee cap is below the base
    /// fee, or whose sender cannot pay for its gas.
    ///
    /// # Errors
    /// The state after `base`, or what is between it and the head, cannot be read.
    pub fn select(
        &self,
        base: &Arc<TipSet>,
        base_fee: &econ::TokenAmount,
        space: Space,
    ) -> Result<Vec<SignedMessage>, MempoolError> {
        let mut inner = self.lock();
        let mut senders = Vec::new();
        if inner.head.key() == base.key() {
            let keys: Vec<Address> = inner.queues.keys().copied().collect();
            for key in keys {
                let account = self.account(&mut inner, &key)?;
                let queue = inner.queues.get(&key);
                if let (Some(account), Some(queue)) = (account, queue) {
                    let entries = queue.messages().values();
                    senders.push((key, chains(entries, &account, base_fee, space)));
                }
            }
        } else {
            for (key, entries) in self.waiting_on(&inner, base)? {
                if let Some(account) = self.view.account(&key, base)? {
                    senders.push((key, chains(entries.values(), &account, base_fee, space)));
                }
            }
        }
        // Whatever order the map had: the same messages always make the same block.
        senders.sort_by_key(|(key, _)| *key);
        let priority = self.priority(&mut inner)?;
        drop(inner);

        let (first, rest) = senders
            .into_iter()
            .partition(|(key, _)| priority.contains(key));
        let mut packing = Packing {
            left: space,
            packed: Vec::new(),
        };
        packing.pack(first);
        packing.pack(rest);
        let packed = packing.packed.iter();
        Ok(packed.map(|entry| entry.signed.clone()).collect())
    }

    /// The messages for a whole block on top of a tipset (Lotus `MpoolSelect`).
    ///
    /// # Errors
    /// As [`MessagePool::select`], and the tipset is not here.
    pub fn select_for(&self, tipset: &TipSetKey) -> Result<Vec<SignedMessage>, MempoolError> {
        let base = self.view.tipset(tipset)?;
        let base_fee = self.view.base_fee(&base)?;
        self.select(&base, &base_fee, Space::default())
    }

    /// The keys of the senders whose messages come first, and are kept.
    pub(super) fn priority(&self, inner: &mut Inner) -> Result<HashSet<Address>, MempoolError> {
        let mut keys = HashSet::new();
        for address in inner.config.priority_addrs.clone() {
            let account = self.account(inner, &address)?;
            keys.extend(account.and_then(|account| account.key));
        }
        Ok(keys)
    }

    /// What would wait if `base` were the head. Which of it is used up the account's nonce tells.
    fn waiting_on(&self, inner: &Inner, base: &Arc<TipSet>) -> Result<Waiting, MempoolError> {
        let queues = inner.queues.iter();
        let mut waiting: Waiting = queues
            .map(|(key, queue)| (*key, queue.messages().clone()))
            .collect();
        for tipset in self.view.path(&inner.head, base)?.reverted {
            for message in self.view.messages(&tipset)? {
                let Some(signed) = inner.signatures.signed(message) else {
                    continue;
                };
                let Ok(entry) = checks::check(signed) else {
                    continue;
                };
                let account = self.view.account(&entry.signed.message.from, base)?;
                if let Some(key) = account.and_then(|account| account.key) {
                    let messages = waiting.entry(key).or_default();
                    messages.entry(entry.nonce()).or_insert(Arc::new(entry));
                }
            }
        }
        Ok(waiting)
    }
}

/// A block in the making.
struct Packing {
    left: Space,
    packed: Vec<Arc<Entry>>,
}

impl Packing {
    /// Packs what pays most, until the block is full.
    fn pack(&mut self, senders: Vec<(Address, Vec<Chain>)>) {
        let mut rest: Vec<VecDeque<Chain>> = senders
            .into_iter()
            .map(|(_, chains)| chains.into())
            .collect();
        let mut best = BinaryHeap::new();
        for (sender, chains) in rest.iter_mut().enumerate() {
            best.extend(chains.pop_front().map(|chain| Ranked { chain, sender }));
        }
        while let Some(Ranked { mut chain, sender }) = best.pop() {
            if self.left.messages == 0 || self.left.gas < checks::min_gas(0) {
                return;
            }
            if chain.fits(self.left) {
                self.left.gas -= chain.gas();
                self.left.messages -= chain.entries().len();
                self.packed.extend(chain.into_entries());
                // What follows it can be packed only now.
                let next = rest[sender].pop_front();
                best.extend(next.map(|chain| Ranked { chain, sender }));
            } else {
                // Its beginning may fit, and has its own rank; nothing can follow that.
                rest[sender].clear();
                chain.trim(self.left);
                if !chain.entries().is_empty() {
                    best.push(Ranked { chain, sender });
                }
            }
        }
    }
}

/// A chain by what it pays.
struct Ranked {
    chain: Chain,
    sender: usize,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Ranked) -> Ordering {
        let profit = self.chain.cmp_profit(&other.chain);
        profit.then(other.sender.cmp(&self.sender))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Ranked) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Ranked) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}
