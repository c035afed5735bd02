//! Sizes for people (Lotus `chain/types/bigint.go`, `SizeStr` and `DeciStr`).

use std::fmt;

use lotus_core::types::BigInt;

/// A size that is printed with a binary unit.
pub(super) struct Size {
    number: f64,
    unit: &'static str,
    /// How many digits count.
    digits: usize,
}

const BYTES: [&str; 8] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB"];
const NUMBERS: [&str; 8] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi"];

impl Size {
    /// Bytes: `32 GiB`.
    pub(super) fn bytes(size: impl Into<BigInt>) -> Self {
        Self::new(&size.into(), BYTES, 4)
    }

    /// A plain number: `32 Gi`.
    pub(super) fn quantity(size: impl Into<BigInt>) -> Self {
        Self::new(&size.into(), NUMBERS, 3)
    }

    fn new(size: &BigInt, units: [&'static str; 8], digits: usize) -> Self {
        // A size that a 64-bit float rounds is printed with fewer digits anyway.
        let mut number: f64 = size.to_string().parse().unwrap_or(f64::INFINITY);
        let mut unit = 0;
        while number >= 1024.0 && unit + 1 < units.len() {
            number /= 1024.0;
            unit += 1;
        }
        Self {
            number,
            unit: units[unit],
            digits,
        }
    }
}

/// As Go's `%.4g`: that many digits count, and zeros behind the point do not.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = format!("{:.0}", self.number.trunc()).len();
        let places = self.digits.saturating_sub(whole);
        let text = format!("{:.places$}", self.number);
        let text = match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.'),
            false => &text,
        };
        write!(f, "{text} {}", self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_lotus() {
        for (size, text) in [
            (0_u64, "0 B"),
            (2048, "2 KiB"),
            (1536, "1.5 KiB"),
            (34_359_738_368, "32 GiB"),
            (1000, "1000 B"),
            (1_234_567, "1.177 MiB"),
        ] {
            assert_eq!(Size::bytes(size).to_string(), text);
        }
        assert_eq!(Size::quantity(4096_u64).to_string(), "4 Ki");
        assert_eq!(Size::quantity(12_u64).to_string(), "12 ");
    }
}
