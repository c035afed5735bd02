//! How soon a source may try a password again after wrong ones.
//!
//! A source is an IPv4 address, or the /64 of an IPv6 address, because one host has all of it. Each
//! has one attempt at a time: parallel guesses gain nothing.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords that cost nothing: people mistype, and scripts are tried out.
const FREE: u32 = 10;

/// The wait after the next wrong password. Each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait. It is short, because whoever shares an address with an attacker (a proxy) has
/// to wait too; at this rate an attacker has 1,440 guesses a day.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long after the last wrong password a source starts afresh.
const FORGET_AFTER: Duration = Duration::from_secs(15 * 60);

/// How many sources are remembered, beside those with an attempt in progress.
const MAX_SOURCES: usize = 4096;

/// The wrong passwords of all sources.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    sources: Mutex<HashMap<IpAddr, Arc<Source>>>,
}

/// The wrong passwords of one source. Whoever has it locked has the attempt.
pub(crate) type Source = tokio::sync::Mutex<Failures>;

impl Backoff {
    /// What is remembered of an address.
    pub(crate) fn source(&self, address: IpAddr, now: Instant) -> Arc<Source> {
        let key = key(address);
        let mut sources = self.lock();
        if sources.len() >= MAX_SOURCES && !sources.contains_key(&key) {
            make_room(&mut sources, now);
        }
        sources.entry(key).or_default().clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Arc<Source>>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the sources that may try at once anyway; if that are none, the one that has been quiet
/// for longest. Those with an attempt in progress stay.
fn make_room(sources: &mut HashMap<IpAddr, Arc<Source>>, now: Instant) {
    let idle = |source: &Arc<Source>| match source.try_lock() {
        Ok(failures) if Arc::strong_count(source) == 1 => Some(*failures),
        _ => None,
    };
    sources.retain(|_, source| idle(source).is_none_or(|failures| failures.count(now) > 0));
    if sources.len() < MAX_SOURCES {
        return;
    }
    let quietest = sources
        .iter()
        .filter_map(|(key, source)| idle(source).map(|failures| (failures.last, *key)))
        .min();
    if let Some((_, key)) = quietest {
        sources.remove(&key);
    }
}

/// What is remembered under one key.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

/// Wrong passwords in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Failures {
    count: u32,
    last: Option<Instant>,
}

impl Failures {
    /// How long to wait before the next attempt, if at all. Coming too early does not prolong it.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        let beyond = self.count(now).checked_sub(FREE)?;
        let doubled = 2_u32.checked_pow(beyond).unwrap_or(u32::MAX);
        let wait = FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
        let rest = wait.checked_sub(now.saturating_duration_since(self.last?))?;
        (!rest.is_zero()).then_some(rest)
    }

    /// The password was wrong.
    pub(crate) fn add(&mut self, now: Instant) {
        self.count = self.count(now).saturating_add(1);
        self.last = Some(now);
    }

    /// The password was right.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Those that are not forgotten.
    fn count(&self, now: Instant) -> u32 {
        let recent = self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < FORGET_AFTER);
        if recent { self.count } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn failed(times: u32, now: Instant) -> Failures {
        let mut failures = Failures::default();
        (0..times).for_each(|_| failures.add(now));
        failures
    }

    #[test]
    fn ten_are_free_then_the_wait_doubles_up_to_a_minute() {
        let now = Instant::now();
        let waits: Vec<u64> = (0..20)
            .map(|times| {
                failed(times, now)
                    .wait(now)
                    .map_or(0, |wait| wait.as_secs())
            })
            .collect();
        let expected = [
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60,
        ];
        assert_eq!(waits, expected);
        assert_eq!(failed(100_000, now).wait(now), Some(60 * SECOND));
    }

    #[test]
    fn waiting_is_enough_and_a_right_password_forgives() {
        let now = Instant::now();
        let mut failures = failed(12, now);
        assert_eq!(failures.wait(now + 3 * SECOND), Some(SECOND));
        assert_eq!(failures.wait(now + 4 * SECOND), None);
        failures.clear();
        failures.add(now);
        assert_eq!(failures.wait(now), None);
    }

    #[test]
    fn a_quarter_of_an_hour_later_all_is_forgotten() {
        let now = Instant::now();
        let mut failures = failed(30, now);
        let later = now + 900 * SECOND;
        assert!(failures.count(later - SECOND) > 0);
        failures.add(later);
        assert_eq!(failures.count(later), 1);
        assert_eq!(failures.wait(later), None);
    }

    #[test]
    fn a_source_is_an_ipv4_address_or_an_ipv6_network() {
        let of = |text: &str| key(text.parse().unwrap());
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    /// More than are remembered.
    const MANY: u32 = MAX_SOURCES as u32 + 200;

    fn address(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from(number).into()
    }

    #[test]
    fn memory_is_bounded_and_the_busy_are_kept() {
        let backoff = Backoff::default();
        let start = Instant::now();
        let busy = backoff.source(address(0), start);
        let _attempt = busy.try_lock().unwrap();
        for number in 1..MANY {
            let now = start + Duration::from_millis(number.into());
            let source = backoff.source(address(number), now);
            source.try_lock().unwrap().add(now);
        }
        assert_eq!(backoff.lock().len(), MAX_SOURCES);
        assert!(Arc::ptr_eq(&busy, &backoff.source(address(0), start)));
        // The quietest went first.
        assert!(!backoff.lock().contains_key(&address(1)));
        assert!(backoff.lock().contains_key(&address(MANY - 1)));
    }

    #[test]
    fn those_who_need_not_wait_make_room_first() {
        let backoff = Backoff::default();
        let now = Instant::now();
        backoff.source(address(0), now).try_lock().unwrap().add(now);
        for number in 1..MANY {
            backoff.source(address(number), now);
        }
        assert!(backoff.lock().contains_key(&address(0)));
        assert!(backoff.lock().len() <= MAX_SOURCES);
    }

    proptest! {
        #[test]
        fn more_failures_never_wait_less(times in 0_u32..100, later in 0_u64..200) {
            let now = Instant::now();
            let later = now + Duration::from_secs(later);
            prop_assert!(failed(times, now).wait(later) <= failed(times + 1, now).wait(later));
            prop_assert!(failed(times, now).wait(later).unwrap_or_default() <= LONGEST_WAIT);
        }
    }
}
