//! Tipsets and messages by the hashes by which Ethereum's tools know them.
//!
//! The hash of a tipset is that of a block which the chain does not keep, and the hash of a
//! transaction is in no CID at all. So they are collected from the chain when somebody first asks,
//! and from the new tipsets from then on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use lotus_chain::keys::Transaction;
use lotus_chain::store::ChainMessage;
use lotus_core::Error;
use lotus_core::types::{Cid, EthHash, SignatureType, SignedMessage, TipSet, TipSetKey};

use crate::chain::Chain;

/// What has been collected.
#[derive(Default)]
pub(super) struct Index(Mutex<Known>);

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Known {
    tipsets: HashMap<EthHash, TipSetKey>,
    messages: HashMap<EthHash, Cid>,
    /// Everything of the chain that ends with this is known.
    upto: Option<Arc<TipSet>>,
}

impl Index {
    /// The tipset with a hash, if it is in the chain or has been.
    ///
    /// # Errors
    /// The chain cannot be read.
    pub(super) fn tipset(
        &self,
        chain: &dyn Chain,
        hash: &EthHash,
    ) -> Result<Option<TipSetKey>, Error> {
        self.with(chain, |known| known.tipsets.get(hash).cloned())
    }

    /// The CID of the message that a transaction is: that of a known transaction, or else of the
    /// message whose CID has the hash in it, whether there is such a message or not.
    ///
    /// # Errors
    /// The chain cannot be read.
    pub(super) fn message(&self, chain: &dyn Chain, hash: &EthHash) -> Result<Cid, Error> {
        if let Some(cid) = self.with(chain, |known| known.messages.get(hash).copied())? {
            return Ok(cid);
        }
        if let Ok(pool) = chain.pool() {
            let (waiting, _) = pool.messages().pending();
            let chain_id = chain.network().chain_id;
            let is_it = |signed: &&SignedMessage| of_message(signed, chain_id) == Some(*hash);
            if let Some(signed) = waiting.iter().find(is_it) {
                return signed.cid().map_err(Error::other);
            }
        }
        Ok(hash.to_cid())
    }

    fn with<T>(&self, chain: &dyn Chain, get: impl FnOnce(&Known) -> T) -> Result<T, Error> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.follow(chain)?;
        Ok(get(&known))
    }
}

impl Known {
    /// Collects what is new, from the head down to what is known.
    fn follow(&mut self, chain: &dyn Chain) -> Result<(), Error> {
        let head = chain.head();
        let known = match &self.upto {
            Some(tipset) if tipset.key() == head.key() => return Ok(()),
            Some(tipset) if chain.store().is_in_chain(tipset).map_err(Error::other)? => {
                tipset.height()
            }
            // The chain is another one now: what is not in both is collected again.
            Some(tipset) => {
                let path = chain.store().path(tipset, &head).map_err(Error::other)?;
                let lowest = path.applied.first();
                lowest.map_or(head.height(), |lowest| lowest.height()) - 1
            }
            None => -1,
        };
        let mut next = Some(head.clone());
        while let Some(tipset) = next.filter(|tipset| tipset.height() > known) {
            self.collect(chain, &tipset)?;
            next = chain.store().parent(&tipset).map_err(Error::other)?;
        }
        self.upto = Some(head);
        Ok(())
    }

    fn collect(&mut self, chain: &dyn Chain, tipset: &Arc<TipSet>) -> Result<(), Error> {
        if let Some(hash) = EthHash::from_cid(&tipset.key().cid()) {
            self.tipsets.insert(hash, tipset.key().clone());
        }
        if tipset.height() == 0 {
            return Ok(());
        }
        let Ok(messages) = chain.store().messages_in_order(tipset) else {
            // A chain from a file may come without old messages.
            return Ok(());
        };
        for message in messages.iter().flatten() {
            let ChainMessage::Secp(signed) = message else {
                continue;
            };
            if signed.signature.signature_type == SignatureType::Delegated
                && let Some(hash) = of_message(signed, chain.network().chain_id)
            {
                let cid = signed.cid().map_err(Error::other)?;
                self.messages.insert(hash, cid);
            }
        }
        Ok(())
    }
}

/// The hash by which Ethereum's tools know a message (Lotus `ethTxHashFromSignedMessage`).
pub(super) fn of_message(signed: &SignedMessage, chain_id: u64) -> Option<EthHash> {
    match signed.signature.signature_type {
        SignatureType::Delegated => Transaction::of(signed, chain_id).ok().map(|own| own.hash),
        _ => EthHash::from_cid(&signed.cid().ok()?),
    }
}
