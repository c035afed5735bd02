//! Spans of time: as a user types them (`90d`, `1w2d`), and as a table shows them (`3h ago`).

use jiff::{Span, SpanRelativeTo, Timestamp};

/// Reads a span in seconds. A day has 24 hours; months and years are refused, because they have no
/// fixed length.
pub(crate) fn read(text: &str) -> Result<u64, String> {
    let hint = "use a duration such as 90d, 12h, 30m, 45s, 2w or 1d12h";
    // The only number that needs no unit.
    if text == "0" {
        return Ok(0);
    }
    let span: Span = text.parse().map_err(|_| hint.to_owned())?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(format!("months and years differ in length; {hint}"));
    }
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| hint.to_owned())?;
    if duration.subsec_nanos() != 0 {
        return Err(format!("it has to be whole seconds; {hint}"));
    }
    u64::try_from(duration.as_secs()).map_err(|_| format!("it cannot be negative; {hint}"))
}

/// Writes seconds in the unit that suits them: `45s`, `90m`, `36h`, `90d`.
pub(crate) fn short(seconds: u64) -> String {
    for (unit, name) in [(86_400, 'd'), (3_600, 'h'), (60, 'm')] {
        // Between one and two of a unit, rounding would hide too much.
        if seconds == unit || seconds >= 2 * unit {
            return format!("{}{name}", (seconds + unit / 2) / unit);
        }
    }
    format!("{seconds}s")
}

/// Writes a time as its distance from `now`: `3h ago`, `in 90d`, `now`.
pub(crate) fn relative(time: Timestamp, now: Timestamp) -> String {
    let seconds = time.as_second() - now.as_second();
    match seconds {
        0 => "now".to_owned(),
        1.. => format!("in {}", short(seconds.unsigned_abs())),
        _ => format!("{} ago", short(seconds.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_operators_write() {
        for (text, seconds) in [
            ("90d", 7_776_000),
            ("12h", 43_200),
            ("30m", 1_800),
            ("45s", 45),
            ("2w", 1_209_600),
            ("1d12h", 129_600),
            ("1w 2d", 777_600),
            ("1h30m", 5_400),
            ("1.5h", 5_400),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(read(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest_and_says_what_to_write() {
        for text in [
            "",
            " ",
            "90",
            "d",
            "-1d",
            "1d ago",
            "500ms",
            "3 parsecs",
            "1mo",
            "1y",
            "∞",
            "99999999999999999999d",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains("such as 90d"), "{text}: {error}");
        }
        assert!(read("1y").unwrap_err().contains("differ in length"));
        assert!(read("-1d").unwrap_err().contains("negative"));
        assert!(read("500ms").unwrap_err().contains("whole seconds"));
    }

    #[test]
    fn shows_the_unit_that_suits() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7_199, "120m"),
            (7_200, "2h"),
            (3_600, "1h"),
            (86_399, "24h"),
            (86_400, "1d"),
            (172_800, "2d"),
            (7_775_998, "90d"),
        ] {
            assert_eq!(short(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn a_time_is_told_from_now() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(relative(at(1_000), at(1_000)), "now");
        assert_eq!(relative(at(1_000), at(1_300)), "5m ago");
        assert_eq!(relative(at(7_776_000), at(2)), "in 90d");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = read(&text);
        }

        #[test]
        fn whole_units_are_read_back(count in 2_u64..10_000, unit in 0_usize..4) {
            let name = ["s", "m", "h", "d"][unit];
            let seconds = count * [1, 60, 3_600, 86_400][unit];
            proptest::prop_assert_eq!(read(&format!("{count}{name}")), Ok(seconds));
        }
    }
}
