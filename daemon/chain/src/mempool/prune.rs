//! When too many messages wait, those that pay least are dropped (Lotus
//! `chain/messagepool/pruning.go`).

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use lotus_types::Cid;

use super::admission::base_fee_lower_bound;
use super::pool::Inner;
use super::select::{Space, chains};
use super::{MempoolError, MessagePool};

/// By which factor the base fee may fall while a message waits (Lotus `baseFeeLowerBoundFactor`).
const FACTOR: u64 = 10;

impl MessagePool {
    /// Prunes the pool if it holds more than it may, and has not been pruned just now.
    ///
    /// # Errors
    /// The chain's state cannot be read.
    pub(super) fn prune_if_full(&self) -> Result<(), MempoolError> {
        let mut inner = self.lock();
        let cooldown = u64::try_from(inner.config.prune_cooldown).unwrap_or(0);
        let cooldown = Duration::from_nanos(cooldown);
        let full = inner.size as i64 > inner.config.size_limit_high;
        let rests = inner.pruned.is_some_and(|then| then.elapsed() < cooldown);
        if full && !rests {
            inner.pruned = Some(Instant::now());
            self.prune(&mut inner)?;
        }
        Ok(())
    }

    fn prune(&self, inner: &mut Inner) -> Result<(), MempoolError> {
        let base_fee = self.view.base_fee(&inner.head)?;
        let lower_bound = base_fee_lower_bound(&base_fee, FACTOR);
        let mut kept = self.priority(inner)?;
        kept.extend(inner.locals.iter().copied());

        let mut keep = 0;
        let mut ranked = Vec::new();
        let mut doomed = Vec::new();
        let keys: Vec<_> = inner.queues.keys().copied().collect();
        for key in keys {
            let account = self.account(inner, &key)?;
            let Some(queue) = inner.queues.get(&key) else {
                continue;
            };
            let entries = queue.messages().values();
            if kept.contains(&key) {
                keep += entries.len();
                continue;
            }
            doomed.extend(entries.clone().map(|entry| (key, entry.nonce(), entry.cid)));
            if let Some(account) = account {
                ranked.extend(chains(entries, &account, &lower_bound, Space::default()));
            }
        }
        ranked.sort_by(|one, other| other.cmp_profit(one));
        let room = usize::try_from(inner.config.size_limit_low).unwrap_or(0);
        let room = room.saturating_sub(keep);
        let entries = ranked.iter().flat_map(|chain| chain.entries());
        let spared: HashSet<Cid> = entries.take(room).map(|entry| entry.cid).collect();
        doomed.retain(|(_, _, cid)| !spared.contains(cid));
        // From the end, so that each removal leaves no gap behind that the next one closes.
        doomed.sort_by_key(|(key, nonce, _)| (*key, Reverse(*nonce)));
        for (key, nonce, _) in doomed {
            self.remove_from(inner, &key, nonce);
        }
        Ok(())
    }
}
