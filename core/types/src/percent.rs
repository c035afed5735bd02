//! Ratios in steps of a hundredth.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::schema;

/// A ratio held in hundredths, 125 for 1.25 (Lotus `types.Percent`). On the wire it is a number
/// with at most two decimals.
///
/// Lotus itself writes 1.05 as `1.5`; this does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub i32);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", f64::from(self.0) / 100.0)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 100.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Percent, D::Error> {
        let hundredths = f64::deserialize(deserializer)? * 100.0;
        let whole = hundredths.round();
        // What multiplying loses of a number with two decimals is far less than this.
        if (hundredths - whole).abs() > 1e-5 {
            return Err(D::Error::custom("a ratio has at most two decimals"));
        }
        if whole.abs() > f64::from(i32::MAX) {
            return Err(D::Error::custom("a ratio is at most 21474836.47"));
        }
        // Whole and in range: tested above.
        Ok(Percent(whole as i32))
    }
}

schema!(Percent, "Percent", {
    "type": "number",
    "multipleOf": 0.01,
    "description": "A ratio with at most two decimals.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_round_trips(hundredths in -i32::MAX..=i32::MAX) {
            let json = serde_json::to_string(&Percent(hundredths)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Percent>(&json).unwrap(), Percent(hundredths));
        }

        #[test]
        fn what_is_displayed_is_read(hundredths in any::<i16>()) {
            let text = Percent(hundredths.into()).to_string();
            prop_assert_eq!(serde_json::from_str::<Percent>(&text).unwrap(), Percent(hundredths.into()));
        }
    }

    #[test]
    fn is_a_number_with_two_decimals() {
        assert_eq!(serde_json::to_string(&Percent(125)).unwrap(), "1.25");
        assert_eq!(serde_json::to_string(&Percent(105)).unwrap(), "1.05");
        assert_eq!(serde_json::from_str::<Percent>("2").unwrap(), Percent(200));
        assert_eq!(
            serde_json::from_str::<Percent>("1.15").unwrap(),
            Percent(115)
        );
        for bad in ["1.255", "0.001", "1e300", "-3e9", r#""1.25""#, "[]"] {
            assert!(serde_json::from_str::<Percent>(bad).is_err(), "{bad}");
        }
    }
}
