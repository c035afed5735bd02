//! The BLS signatures of the last messages: blocks do not have them, and a message that comes back
//! from a block needs its own.

use std::collections::{HashMap, VecDeque};

use lotus_types::{Cid, Signature, SignatureType, SignedMessage};

use crate::store::ChainMessage;

/// How many signatures are remembered (Lotus `BlsSignatureCacheSize`).
const SIGNATURES: usize = 40_000;

/// The signatures, by the CIDs of their messages.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    by_cid: HashMap<Cid, Signature>,
    order: VecDeque<Cid>,
}

impl Signatures {
    pub(super) fn remember(&mut self, cid: &Cid, signature: &Signature) {
        if signature.signature_type != SignatureType::Bls {
            return;
        }
        if self.by_cid.insert(*cid, signature.clone()).is_none() {
            self.order.push_back(*cid);
        }
        if self.order.len() > SIGNATURES
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_cid.remove(&oldest);
        }
    }

    /// A message of a block with its signature, if that is known.
    pub(super) fn signed(&self, message: ChainMessage) -> Option<SignedMessage> {
        match message {
            ChainMessage::Secp(signed) => Some(signed),
            ChainMessage::Bls(message) => {
                let signature = self.by_cid.get(&message.cid().ok()?)?.clone();
                Some(SignedMessage { message, signature })
            }
        }
    }
}
