//! A map that remembers what it was: values are looked up as in any map, and every change can be
//! taken back to a mark.

use std::collections::HashMap;
use std::hash::Hash;

/// A map with an undo history.
#[derive(Debug)]
pub(crate) struct Journal<K, V> {
    now: HashMap<K, V>,
    /// What stood under a key before each change, oldest first.
    history: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Journal<K, V> {
    fn default() -> Self {
        Self {
            now: HashMap::new(),
            history: Vec::new(),
        }
    }
}

impl<K: Copy + Eq + Hash, V> Journal<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.now.get(key)
    }

    /// Sets a value; the change can be taken back.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let before = self.now.insert(key, value);
        self.history.push((key, before));
    }

    /// Remembers what was read from elsewhere: nothing changes by it, so there is nothing to take back.
    pub(crate) fn cache(&mut self, key: K, value: V) {
        self.now.insert(key, value);
    }

    /// Where the history stands.
    pub(crate) fn mark(&self) -> usize {
        self.history.len()
    }

    /// Takes back every change since `mark`.
    pub(crate) fn rollback(&mut self, mark: usize) {
        while self.history.len() > mark {
            match self.history.pop() {
                Some((key, Some(before))) => {
                    self.now.insert(key, before);
                }
                Some((key, None)) => {
                    self.now.remove(&key);
                }
                None => break,
            }
        }
    }

    /// The keys and what stood under them before each change since `mark`, oldest first.
    pub(crate) fn changes(&self, mark: usize) -> &[(K, Option<V>)] {
        self.history.get(mark..).unwrap_or_default()
    }

    /// Makes every change final.
    pub(crate) fn forget_history(&mut self) {
        self.history.clear();
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.now.iter_mut()
    }
}
