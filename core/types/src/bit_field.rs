//! Sets of numbers, as the chain keeps them: in runs.

use std::fmt;

use fvm_ipld_bitfield as fvm;
use fvm_ipld_bitfield::iter::Ranges;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::schema;
use crate::go;

/// A set of numbers, such as a miner's sectors (Lotus `bitfield.BitField`).
///
/// On the wire it is the lengths of its runs, in turn of numbers that are not in it and of numbers
/// that are: `{5}` is `[5,1]`, `{0,1}` is `[0,2]`, and the empty set is `[0]`. `null` and `[]` are
/// read as the empty set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BitField(fvm::BitField);

impl BitField {
    /// The set as the FVM's own libraries know it.
    pub fn inner(&self) -> &fvm::BitField {
        &self.0
    }
}

impl From<fvm::BitField> for BitField {
    fn from(inner: fvm::BitField) -> BitField {
        BitField(inner)
    }
}

impl From<BitField> for fvm::BitField {
    fn from(bits: BitField) -> fvm::BitField {
        bits.0
    }
}

impl fmt::Debug for BitField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BitField")?;
        f.debug_list().entries(self.0.ranges()).finish()
    }
}

impl Serialize for BitField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut runs = Vec::new();
        let mut end = 0;
        for range in self.0.ranges() {
            runs.extend([range.start - end, range.end - range.start]);
            end = range.end;
        }
        if runs.is_empty() {
            runs.push(0);
        }
        runs.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BitField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<BitField, D::Error> {
        let runs: Vec<u64> = go::zero(deserializer)?;
        let mut ranges = Vec::with_capacity(runs.len() / 2);
        let mut start = 0u64;
        for (position, run) in runs.into_iter().enumerate() {
            if run == 0 && position > 0 {
                return Err(D::Error::custom(
                    "only the first run of a bit field may have no length",
                ));
            }
            let end = start.checked_add(run).ok_or_else(|| {
                D::Error::custom("the runs of a bit field end at 18446744073709551615")
            })?;
            if position % 2 == 1 {
                ranges.push(start..end);
            }
            start = end;
        }
        // In ascending order, and apart: a run that has a length lies between two of them.
        Ok(BitField(fvm::BitField::from_ranges(Ranges::new(ranges))))
    }
}

schema!(BitField, "BitField", {
    "type": "array",
    "items": { "type": "integer", "minimum": 0 },
    "description": "A set of numbers: the lengths of the runs that are not in it and that are, in turn.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &[u64]) -> BitField {
        let bits = fvm::BitField::try_from_bits(numbers.iter().copied());
        bits.unwrap().into()
    }

    fn written(bits: &BitField) -> String {
        serde_json::to_string(bits).unwrap()
    }

    proptest! {
        #[test]
        fn json_round_trips(numbers in prop::collection::btree_set(0u64..100, 0..60), large in 0..u64::MAX) {
            let mut numbers: Vec<_> = numbers.into_iter().collect();
            numbers.push(large);
            let bits = of(&numbers);
            let read: BitField = serde_json::from_str(&written(&bits)).unwrap();
            prop_assert_eq!(&read, &bits);
            prop_assert!(numbers.iter().all(|number| read.inner().get(*number)));
            // The chain's own encoding agrees that it is the same set.
            prop_assert_eq!(read.inner().to_bytes(), bits.inner().to_bytes());
        }

        #[test]
        fn whatever_is_read_is_written_minimally(runs in prop::collection::vec(any::<u64>(), 0..8)) {
            if let Ok(read) = serde_json::from_str::<BitField>(&serde_json::to_string(&runs).unwrap()) {
                let again: BitField = serde_json::from_str(&written(&read)).unwrap();
                prop_assert_eq!(written(&again), written(&read));
                prop_assert_eq!(again, read);
            }
        }
    }

    #[test]
    fn is_written_in_runs() {
        assert_eq!(written(&of(&[5])), "[5,1]");
        assert_eq!(written(&of(&[0, 1])), "[0,2]");
        assert_eq!(written(&of(&[0, 1, 4])), "[0,2,2,1]");
        assert_eq!(written(&of(&[])), "[0]");
    }

    #[test]
    fn the_empty_set_has_several_spellings() {
        for json in ["[0]", "[]", "null", "[7]"] {
            let read: BitField = serde_json::from_str(json).unwrap();
            assert_eq!(read, BitField::default(), "{json}");
            assert_eq!(written(&read), "[0]");
        }
    }

    #[test]
    fn refuses_what_is_no_run() {
        let error = |json: &str| {
            serde_json::from_str::<BitField>(json)
                .unwrap_err()
                .to_string()
        };
        assert!(error("[1,0,1]").contains("first run"));
        assert!(error("[18446744073709551615,1]").contains("18446744073709551615"));
        for bad in ["[-1]", "[1.5]", r#"["5"]"#, "{}", "5", r#""""#] {
            error(bad);
        }
    }
}
