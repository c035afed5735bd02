//! Verified tokens by digest, so that a call on a known token costs one hash, not a MAC and a parse.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};

use super::Token;

/// Keys are digests, so the look-up's timing says nothing about a token's text.
pub(super) type TokenDigest = [u8; 32];

/// When it is full it starts afresh: only valid tokens get in, and they get in again at once.
const CAPACITY: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Cache(RwLock<HashMap<TokenDigest, Arc<Token>>>);

impl Cache {
    pub(super) fn get(&self, digest: &TokenDigest) -> Option<Arc<Token>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(digest)
            .cloned()
    }

    pub(super) fn insert(&self, digest: TokenDigest, token: Arc<Token>) {
        let mut tokens = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= CAPACITY {
            tokens.clear();
        }
        tokens.insert(digest, token);
    }

    /// Forgets everything, after a change of secrets.
    pub(super) fn clear(&self) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

pub(super) fn digest(text: &str) -> TokenDigest {
    Sha256::digest(text).into()
}

pub(super) fn hex_digest(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&digest(text))
}
