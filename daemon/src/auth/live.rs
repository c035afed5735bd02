//! The tokens that are in use in this process, by id: whoever revokes a token finds it here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Token;

/// One [`Token`] per id. An entry lives as long as somebody uses it.
#[derive(Debug, Default)]
pub(super) struct Live(Mutex<HashMap<String, Weak<Token>>>);

impl Live {
    /// The token with this id, or `make` it.
    pub(super) fn get_or_insert(&self, id: &str, make: impl FnOnce() -> Token) -> Arc<Token> {
        let mut tokens = self.lock();
        if let Some(token) = tokens.get(id).and_then(Weak::upgrade) {
            return token;
        }
        // Now and then, forget those that nobody uses any more.
        if tokens.len() == tokens.capacity() {
            tokens.retain(|_, token| token.strong_count() > 0);
        }
        let token = Arc::new(make());
        tokens.insert(id.to_owned(), Arc::downgrade(&token));
        token
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Token>> {
        self.lock().get(id).and_then(Weak::upgrade)
    }

    pub(super) fn all(&self) -> Vec<Arc<Token>> {
        self.lock().values().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Token>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
