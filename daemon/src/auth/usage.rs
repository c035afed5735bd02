//! When a token was last used: known to the second, written down once a minute.
//!
//! The idle time counts from the last use in this process's memory. The registry is told of it at
//! most once a minute per token, and once more when the daemon stops. So after a crash it may not
//! know of the last minute, and the token counts as used when it was last written down: it never
//! lives longer than its idle time, and may die up to a minute early.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::store::Use;

/// How often the last use of a token is written down at most, in seconds.
pub(super) const INTERVAL: u64 = 60;

/// The uses of one token.
#[derive(Debug)]
pub(super) struct Usage {
    /// The second of the last use, wherever it was.
    last: AtomicU64,
    /// The second of the last use that is in the notes.
    noted: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    /// The last use in this process.
    last: Option<Use>,
    /// Whether that is still to be written down.
    unwritten: bool,
    /// When a use was last written down.
    written: u64,
    /// Whether the upkeep has the token on its list.
    listed: bool,
}

/// What there is to write down.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// This use.
    Now(Use),
    /// Nothing before a minute has passed since the last time.
    Later,
    /// Nothing until the next use; the token is off the list.
    Nothing,
}

impl Usage {
    /// Of a token that was last used, or made, at `last`.
    pub(super) fn new(last: u64) -> Self {
        Self {
            last: AtomicU64::new(last),
            noted: AtomicU64::new(0),
            notes: Mutex::default(),
        }
    }

    /// The second of the last use.
    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }

    /// The last use in this process.
    pub(super) fn last_here(&self) -> Option<Use> {
        self.notes().last.clone()
    }

    /// Learns of a use on another daemon.
    pub(super) fn heard_of(&self, at: u64) {
        self.last.fetch_max(at, Ordering::Relaxed);
    }

    /// Notes a use. `list` puts the token on the upkeep's list, if it is not there, and says whether
    /// it could.
    pub(super) fn note(
        &self,
        at: u64,
        describe: impl FnOnce() -> (String, String),
        list: impl FnOnce() -> bool,
    ) {
        // Calls come faster than seconds pass: only the first in each pays for more than this.
        if self.noted.load(Ordering::Relaxed) >= at {
            return;
        }
        self.noted.store(at, Ordering::Relaxed);
        self.last.fetch_max(at, Ordering::Relaxed);
        let (address, method) = describe();
        let mut notes = self.notes();
        notes.last = Some(Use {
            at,
            address,
            method,
        });
        notes.unwritten = true;
        if !notes.listed {
            notes.listed = list();
        }
    }

    /// What is to be written down at `now`; `end` if there will be no later time.
    pub(super) fn due(&self, now: u64, end: bool) -> Due {
        let mut notes = self.notes();
        if !end && now < notes.written.saturating_add(INTERVAL) {
            return Due::Later;
        }
        match notes.last.clone().filter(|_| notes.unwritten) {
            Some(last) => {
                notes.unwritten = false;
                notes.written = now;
                Due::Now(last)
            }
            None => {
                notes.listed = false;
                Due::Nothing
            }
        }
    }

    /// What was due could not be written down.
    pub(super) fn still_due(&self) {
        self.notes().unwritten = true;
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_use_counts_at_once_and_is_written_down_once_a_minute() {
        let usage = Usage::new(1000);
        let listed = Cell::new(0);
        let used = |second: u64| {
            let describe = || ("127.0.0.1".to_owned(), format!("M{second}"));
            usage.note(1000 + second, describe, || {
                listed.set(listed.get() + 1);
                true
            });
        };
        let due = |second: u64, end| match usage.due(1000 + second, end) {
            Due::Now(used) => used.method,
            other => format!("{other:?}"),
        };
        used(0);
        assert_eq!(due(0, false), "M0");
        for second in 1..60 {
            used(second);
            assert_eq!(usage.last(), 1000 + second);
            assert_eq!(due(second, false), "Later");
        }
        // The last one is not forgotten, although nothing came after it.
        assert_eq!(due(61, false), "M59");
        assert_eq!(due(120, false), "Later");
        assert_eq!(listed.get(), 1);
        assert_eq!(due(121, false), "Nothing");
        used(122);
        assert_eq!(listed.get(), 2);
        assert_eq!(due(122, false), "M122");
        // At the end there is no later.
        used(123);
        assert_eq!(due(123, true), "M123");
    }

    #[test]
    fn what_could_not_be_written_or_listed_is_tried_again() {
        let usage = Usage::new(0);
        let describe = || (String::new(), "M".to_owned());
        usage.note(1000, describe, || false);
        assert!(matches!(usage.due(1000, false), Due::Now(_)));
        usage.still_due();
        assert_eq!(usage.due(1001, false), Due::Later);
        assert!(matches!(usage.due(1060, false), Due::Now(_)));
        let listed = Cell::new(false);
        usage.note(1061, describe, || {
            listed.set(true);
            true
        });
        assert!(listed.get());
    }
}
