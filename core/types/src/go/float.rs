//! How Go writes floating-point numbers: without a fraction where there is none.

use serde::ser::{SerializeSeq, Serializer};

/// From here on Go writes an exponent, and so does serde.
const EXPONENT: f64 = 1e21;

/// Numbers in a field: one, or a list.
pub(crate) trait Floats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl Floats for f64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.fract() == 0.0 && self.abs() < EXPONENT {
            // What is whole and smaller than 10^21 is a number of 128 bits.
            return match *self as i128 {
                number if i64::try_from(number).is_ok() => serializer.serialize_i64(number as i64),
                number => serializer.serialize_i128(number),
            };
        }
        serializer.serialize_f64(*self)
    }
}

impl Floats for Vec<f64> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct One<'a>(&'a f64);

        impl serde::Serialize for One<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                float(self.0, serializer)
            }
        }

        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for number in self {
            list.serialize_element(&One(number))?;
        }
        list.end()
    }
}

/// Writes 100 as `100`, where serde writes `100.0`.
pub(crate) fn float<F: Floats, S: Serializer>(value: &F, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(serializer)
}

/// [`float`] for a list that is `null` when it is empty.
pub(crate) fn nil_float<S: Serializer>(value: &Vec<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value.is_empty() {
        true => serializer.serialize_none(),
        false => float(value, serializer),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(number: f64) -> String {
        let mut json = Vec::new();
        float(&number, &mut serde_json::Serializer::new(&mut json)).unwrap();
        String::from_utf8(json).unwrap()
    }

    proptest! {
        #[test]
        fn the_number_is_the_same(number in any::<f64>().prop_filter("JSON has no others", |n| n.is_finite())) {
            // Reading to the last bit needs Rust's own parser.
            prop_assert_eq!(written(number).parse::<f64>().unwrap(), number);
        }
    }

    #[test]
    fn what_is_whole_has_no_fraction() {
        assert_eq!(written(0.0), "0");
        assert_eq!(written(-100.0), "-100");
        assert_eq!(written(12.3), "12.3");
        assert_eq!(written(123e18), "123000000000000000000");
        assert!(written(1e21).contains('e'));
        let mut json = Vec::new();
        float(&vec![1.0, 0.5], &mut serde_json::Serializer::new(&mut json)).unwrap();
        assert_eq!(json, b"[1,0.5]");
        json.clear();
        nil_float(&Vec::new(), &mut serde_json::Serializer::new(&mut json)).unwrap();
        assert_eq!(json, b"null");
    }
}
