//! The messages of one sender, by nonce (Lotus's `msgSet`).

use std::collections::BTreeMap;
use std::sync::Arc;

use fvm_shared::econ;
use lotus_types::Percent;

use super::config::MIN_REPLACE_RATIO;
use super::entry::Entry;
use super::{MAX_NONCE_GAP, MAX_PENDING, MAX_UNTRUSTED_PENDING, MempoolError, Origin};

/// The premium with which a message replaces one with this premium, in attoFIL per unit of gas
/// (Lotus `ComputeMinRBF`).
pub fn min_replacement_premium(premium: &econ::TokenAmount) -> econ::TokenAmount {
    replacement_premium(premium, MIN_REPLACE_RATIO)
}

/// The premium that is so many times a premium, and one attoFIL more (Lotus `ComputeRBF`).
pub(super) fn replacement_premium(
    premium: &econ::TokenAmount,
    ratio: Percent,
) -> econ::TokenAmount {
    (premium * ratio.0).div_floor(100) + econ::TokenAmount::from_atto(1)
}

/// The messages of one sender.
#[derive(Debug, Default)]
pub(super) struct Queue {
    messages: BTreeMap<u64, Arc<Entry>>,
    /// The nonce of the sender's account.
    base: u64,
    /// The first nonce from there on that no message has.
    next: u64,
    /// What the gas of all may cost.
    required: econ::TokenAmount,
}

impl Queue {
    /// An empty queue of an account with this nonce.
    pub(super) fn new(nonce: u64) -> Queue {
        Queue {
            base: nonce,
            next: nonce,
            ..Queue::default()
        }
    }

    pub(super) fn messages(&self) -> &BTreeMap<u64, Arc<Entry>> {
        &self.messages
    }

    pub(super) fn next_nonce(&self) -> u64 {
        self.next
    }

    /// Adds a message, and returns the one that it replaces.
    pub(super) fn add(
        &mut self,
        entry: Arc<Entry>,
        origin: Origin,
    ) -> Result<Option<Arc<Entry>>, MempoolError> {
        let (nonce, next) = (entry.nonce(), self.next);
        let (strict, max_gap, max_pending) = match origin {
            Origin::Local => (false, u64::MAX, MAX_PENDING),
            Origin::Network => (true, MAX_NONCE_GAP, MAX_PENDING),
            Origin::Untrusted => (true, 0, MAX_UNTRUSTED_PENDING),
        };
        if strict && nonce > next.saturating_add(max_gap) {
            return Err(MempoolError::NonceGap { nonce, next });
        }
        match self.messages.get(&nonce) {
            None if self.messages.len() >= max_pending => {
                return Err(MempoolError::TooManyPending);
            }
            None => {}
            Some(_) if strict && nonce > next => {
                return Err(MempoolError::ReplaceBehindGap { nonce, next });
            }
            Some(old) if old.cid == entry.cid => {
                let from = entry.signed.message.from;
                return Err(MempoolError::Exists { from, nonce });
            }
            Some(old) => {
                let needed = min_replacement_premium(old.premium());
                if *entry.premium() < needed {
                    return Err(MempoolError::PremiumTooLow {
                        from: Box::new(entry.signed.message.from),
                        nonce,
                        needed: needed.atto().to_string(),
                        premium: entry.premium().atto().to_string(),
                    });
                }
            }
        }
        Ok(self.put(entry))
    }

    /// Adds a message whatever it pays, unless another one has its nonce.
    pub(super) fn restore(&mut self, entry: Arc<Entry>) -> bool {
        let free = !self.messages.contains_key(&entry.nonce());
        if free {
            self.put(entry);
        }
        free
    }

    fn put(&mut self, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        self.required += &entry.required;
        let replaced = self.messages.insert(entry.nonce(), entry);
        if let Some(replaced) = &replaced {
            self.required -= &replaced.required;
        }
        self.advance();
        replaced
    }

    /// Removes the message with this nonce; those after it then wait for another one.
    pub(super) fn remove(&mut self, nonce: u64) -> Option<Arc<Entry>> {
        let removed = self.messages.remove(&nonce)?;
        self.required -= &removed.required;
        self.next = self.next.min(nonce).max(self.base);
        self.advance();
        Some(removed)
    }

    /// Takes note of the account's nonce, and returns the messages that it leaves behind.
    pub(super) fn rebase(&mut self, nonce: u64) -> Vec<Arc<Entry>> {
        let rest = self.messages.split_off(&nonce);
        let passed = std::mem::replace(&mut self.messages, rest);
        for entry in passed.values() {
            self.required -= &entry.required;
        }
        self.base = nonce;
        self.next = nonce;
        self.advance();
        passed.into_values().collect()
    }

    fn advance(&mut self) {
        while self.messages.contains_key(&self.next) {
            self.next = self.next.saturating_add(1);
            if self.next == u64::MAX {
                return;
            }
        }
    }

    /// What the gas of all other messages than the one with this nonce may cost.
    pub(super) fn required_without(&self, nonce: u64) -> econ::TokenAmount {
        match self.messages.get(&nonce) {
            Some(entry) => &self.required - &entry.required,
            None => self.required.clone(),
        }
    }
}
