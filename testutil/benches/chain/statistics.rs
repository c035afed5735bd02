//! Percentiles of what was measured.

use std::time::Duration;

/// Durations, in ascending order.
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    /// At least one duration is needed.
    pub(crate) fn new(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// As many as `count` of what `measure` returns.
    pub(crate) fn of(count: usize, mut measure: impl FnMut() -> Duration) -> Self {
        Self::new((0..count).map(|_| measure()).collect())
    }

    /// The duration below which so many of a hundred are.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }
}

/// In milliseconds with one digit, below one with three.
pub(crate) fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1e3;
    match millis < 1.0 {
        true => format!("{millis:.3} ms"),
        false => format!("{millis:.1} ms"),
    }
}

/// With commas between the thousands.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
