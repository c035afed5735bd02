//! How a message comes to wait.

use std::fmt;
use std::sync::Arc;

use fvm_shared::econ;
use lotus_types::{Address, Cid, SignedMessage, TokenAmount};

use super::entry::Entry;
use super::local::Record;
use super::pool::Inner;
use super::queue::Queue;
use super::{LocalError, MIN_FEE_CAP, MempoolError, MessagePool, checks};

/// By which factor the base fee may fall soon, to say whether a message has a chance (Lotus
/// `baseFeeLowerBoundFactorConservative`).
const CONSERVATIVE_FACTOR: u64 = 100;

/// Verifies the signatures of messages.
pub trait Verifier: fmt::Debug + Send + Sync {
    /// Verifies that `key`, an f1, f3 or f410 address, has signed a message.
    ///
    /// # Errors
    /// Why not, for people.
    fn verify(&self, message: &SignedMessage, key: &Address) -> Result<(), String>;
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was pushed here. It is kept on the disk, never pruned, and may wait for nonces and for a
    /// lower base fee.
    Local,
    /// It came from another node.
    Network,
    /// It was pushed here for a stranger.
    Untrusted,
}

/// A message that has just been put into the queue of `key`.
struct Accepted {
    key: Address,
    entry: Arc<Entry>,
    /// What waited in its place.
    replaced: Option<Arc<Entry>>,
}

impl MessagePool {
    /// Adds what was kept. Whether it is signed is not checked again: it was when it was kept.
    pub(super) fn restore(&self, kept: Vec<SignedMessage>) -> Result<(), MempoolError> {
        let mut settled = Vec::new();
        let mut refused = Vec::new();
        let mut inner = self.lock();
        for signed in kept {
            let cid = signed.cid()?;
            // Its block may still be reverted.
            inner.signatures.remember(&cid, &signed.signature);
            let entry = match checks::check(signed) {
                Ok(entry) => Arc::new(entry),
                Err(_) => {
                    refused.push(cid);
                    continue;
                }
            };
            match self.admit(&mut inner, &entry, Origin::Local) {
                Ok(_) => {}
                Err(MempoolError::NonceTooLow { .. }) => {
                    // It is in a block, and ours if that is reverted.
                    let (key, _) = self.sender(&mut inner, &entry.signed.message.from)?;
                    inner.locals.insert(key);
                    settled.push(cid);
                }
                // Another one has its nonce, which pays more.
                Err(MempoolError::PremiumTooLow { .. }) => refused.push(cid),
                Err(error @ MempoolError::View(_)) => return Err(error),
                // Its sender may have too little only for now.
                Err(_) => {}
            }
        }
        let height = inner.head.height();
        inner.settling.push_back((height, settled));
        drop(inner);
        Ok(self.local.remove(&refused)?)
    }

    /// Adds a signed message, or replaces with it one that pays less, and returns its CID. When
    /// this returns a message from here is on the disk.
    ///
    /// # Errors
    /// Why it may not wait. What waited before still does.
    pub fn push(&self, message: SignedMessage, origin: Origin) -> Result<Cid, MempoolError> {
        self.push_request(message, origin, None)
    }

    /// [`MessagePool::push`], for the request with this number.
    pub(super) fn push_request(
        &self,
        message: SignedMessage,
        origin: Origin,
        request: Option<u128>,
    ) -> Result<Cid, MempoolError> {
        let accepted = self.accept(message, origin)?;
        let cid = accepted.entry.cid;
        if origin == Origin::Local {
            self.keep(&[accepted], request)?;
        }
        self.prune_if_full()?;
        Ok(cid)
    }

    /// Adds messages one after the other, with one write to the disk. Returns the CIDs of those that
    /// wait now, and why the next one does not.
    pub fn push_all(
        &self,
        messages: Vec<SignedMessage>,
        origin: Origin,
    ) -> (Vec<Cid>, Option<MempoolError>) {
        let mut accepted = Vec::with_capacity(messages.len());
        let mut refused = None;
        for message in messages {
            match self.accept(message, origin) {
                Ok(message) => accepted.push(message),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        if origin == Origin::Local
            && let Err(error) = self.keep(&accepted, None)
        {
            return (Vec::new(), Some(error.into()));
        }
        let cids = accepted.iter().map(|message| message.entry.cid).collect();
        (cids, refused.or_else(|| self.prune_if_full().err()))
    }

    /// Checks a message, and puts it into its sender's queue.
    fn accept(&self, message: SignedMessage, origin: Origin) -> Result<Accepted, MempoolError> {
        let entry = Arc::new(checks::check(message)?);
        // Verifying is most of the work, and needs no lock.
        let (key, _) = self.sender_at_head(&entry.signed.message.from)?;
        self.verifier
            .verify(&entry.signed, &key)
            .map_err(MempoolError::Signature)?;
        let mut inner = self.lock();
        let (key, replaced) = self.admit(&mut inner, &entry, origin)?;
        inner
            .signatures
            .remember(&entry.cid, &entry.signed.signature);
        Ok(Accepted {
            key,
            entry,
            replaced,
        })
    }

    /// Keeps messages on the disk, or withdraws them: nobody may rely on what a restart would lose.
    fn keep(&self, accepted: &[Accepted], request: Option<u128>) -> Result<(), LocalError> {
        let records = accepted.iter().map(|accepted| Record {
            message: &accepted.entry.signed,
            request,
            instead: accepted.replaced.as_ref().map(|old| &old.cid),
        });
        let records: Vec<_> = records.collect();
        let kept = self.local.put(&records);
        if kept.is_err() {
            // The last one first: it may replace one of the others.
            for accepted in accepted.iter().rev() {
                self.withdraw(accepted);
            }
        }
        kept
    }

    /// Puts a message into its sender's queue, and returns whose that is and which it replaces.
    fn admit(
        &self,
        inner: &mut Inner,
        entry: &Arc<Entry>,
        origin: Origin,
    ) -> Result<(Address, Option<Arc<Entry>>), MempoolError> {
        let message = &entry.signed.message;
        let (key, account) = self.sender(inner, &message.from)?;
        if message.nonce < account.nonce {
            return Err(MempoolError::NonceTooLow {
                expected: account.nonce,
                got: message.nonce,
            });
        }
        checks::check_inclusion(message, checks::min_gas(entry.chain_length))
            .map_err(MempoolError::MinGas)?;
        if origin != Origin::Local {
            let base_fee = inner.head.base_fee().inner();
            let lower_bound = base_fee_lower_bound(base_fee, CONSERVATIVE_FACTOR);
            if *entry.fee_cap() < lower_bound {
                return Err(MempoolError::BaseFee {
                    fee_cap: entry.fee_cap().atto().to_string(),
                    lower_bound: lower_bound.atto().to_string(),
                });
            }
        }
        let fil = |amount: &econ::TokenAmount| TokenAmount::from(amount.clone()).to_string();
        if account.balance < entry.required {
            return Err(MempoolError::NotEnoughFunds {
                required: fil(&entry.required),
                balance: fil(&account.balance),
            });
        }
        if let Some(queue) = inner.queues.get(&key) {
            let required = queue.required_without(message.nonce) + &entry.required;
            if account.balance < required {
                return Err(MempoolError::NotEnoughFundsForAll {
                    required: fil(&required),
                    balance: fil(&account.balance),
                });
            }
        }
        let queue = inner
            .queues
            .entry(key)
            .or_insert_with(|| Queue::new(account.nonce));
        let added = queue.add(entry.clone(), origin);
        if queue.messages().is_empty() {
            inner.queues.remove(&key);
        }
        let replaced = added?;
        match &replaced {
            // Lotus's feed does not say so, and leaves a listener with both.
            Some(replaced) => self.updates.removed(&replaced.signed),
            None => inner.size += 1,
        }
        if origin == Origin::Local {
            inner.locals.insert(key);
        }
        self.updates.added(&entry.signed);
        Ok((key, replaced))
    }

    /// Takes a message back, unless something else has become of it meanwhile.
    fn withdraw(&self, accepted: &Accepted) {
        let Accepted {
            key,
            entry,
            replaced,
        } = accepted;
        let mut inner = self.lock();
        let queue = inner.queues.get(key);
        let waits = queue.and_then(|queue| queue.messages().get(&entry.nonce()));
        if waits.is_none_or(|waits| waits.cid != entry.cid) {
            return;
        }
        self.remove_from(&mut inner, key, entry.nonce());
        if let Some(replaced) = replaced
            && let Ok(Some(account)) = self.account(&mut inner, key)
        {
            self.put_back(&mut inner, key, account.nonce, replaced.clone());
        }
    }
}

/// How low the base fee may fall soon (Lotus `getBaseFeeLowerBound`).
pub(super) fn base_fee_lower_bound(base_fee: &econ::TokenAmount, factor: u64) -> econ::TokenAmount {
    base_fee
        .div_floor(factor)
        .max(econ::TokenAmount::from_atto(MIN_FEE_CAP))
}
