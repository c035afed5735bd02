//! How long to wait before trying again.

use std::time::Duration;

/// Delays that double with every failure, up to a limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// After the first failure.
    pub(crate) first: Duration,
    /// After many.
    pub(crate) most: Duration,
}

impl Backoff {
    /// The delay after so many failures before the last one. Up to half of it is left to chance, so
    /// that the clients of a node that starts anew do not all come at once.
    pub(crate) fn delay(self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures);
        let whole = self.first.saturating_mul(factor).min(self.most);
        rand::random_range(whole / 2..=whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_limit() {
        let backoff = Backoff {
            first: Duration::from_millis(100),
            most: Duration::from_secs(5),
        };
        for (failures, whole) in [(0, 100), (1, 200), (5, 3200), (6, 5000), (u32::MAX, 5000)] {
            let delay = backoff.delay(failures).as_millis();
            assert!((whole / 2..=whole).contains(&delay), "{failures}: {delay}");
        }
    }

    #[test]
    fn the_extremes_are_delays_too() {
        let of = |first, most| Backoff { first, most }.delay(u32::MAX);
        assert_eq!(of(Duration::ZERO, Duration::MAX), Duration::ZERO);
        assert!(of(Duration::MAX, Duration::MAX) >= Duration::MAX / 2);
    }
}
