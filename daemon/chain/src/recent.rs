//! What was found out about the last tipsets that were asked about.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lotus_types::TipSetKey;

/// A bounded memory of something about tipsets that never changes. The oldest is forgotten first.
pub(crate) struct Recent<T> {
    most: usize,
    known: Mutex<Known<T>>,
}

struct Known<T> {
    of: HashMap<TipSetKey, T>,
    order: VecDeque<TipSetKey>,
}

impl<T> fmt::Debug for Recent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

impl<T: Clone> Recent<T> {
    /// Remembers so many.
    pub(crate) fn new(most: usize) -> Recent<T> {
        Recent {
            most,
            known: Mutex::new(Known {
                of: HashMap::new(),
                order: VecDeque::new(),
            }),
        }
    }

    pub(crate) fn get(&self, key: &TipSetKey) -> Option<T> {
        self.known().of.get(key).cloned()
    }

    pub(crate) fn remember(&self, key: &TipSetKey, value: T) {
        let mut known = self.known();
        if known.of.insert(key.clone(), value).is_none() {
            known.order.push_back(key.clone());
        }
        if known.order.len() > self.most
            && let Some(oldest) = known.order.pop_front()
        {
            known.of.remove(&oldest);
        }
    }

    /// What is remembered of a tipset, or else `find`s it out. Nothing is locked meanwhile, so two
    /// may do so at the same time.
    pub(crate) fn get_or<E>(
        &self,
        key: &TipSetKey,
        find: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(known) = self.get(key) {
            return Ok(known);
        }
        let found = find()?;
        self.remember(key, found.clone());
        Ok(found)
    }

    fn known(&self) -> MutexGuard<'_, Known<T>> {
        // Every change of it is whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use lotus_types::Cid;

    use super::*;

    fn key(n: u8) -> TipSetKey {
        [Cid::of_dag_cbor(&[n])].into_iter().collect()
    }

    #[test]
    fn what_is_remembered_is_not_found_out_again() {
        let recent = Recent::new(2);
        for n in 0..3 {
            assert_eq!(recent.get_or(&key(n), || Ok::<_, ()>(n)), Ok(n));
        }
        let again = |n| recent.get_or(&key(n), || Err("forgotten"));
        assert_eq!(
            [again(0), again(1), again(2)],
            [Err("forgotten"), Ok(1), Ok(2)]
        );
    }

    #[test]
    fn what_fails_is_tried_again() {
        let recent = Recent::new(2);
        assert_eq!(recent.get_or(&key(0), || Err::<u8, _>("no")), Err("no"));
        assert_eq!(recent.get_or(&key(0), || Ok::<_, &str>(1)), Ok(1));
    }
}
