//! The elements of a JSON array, as many as somebody wants; the others are only counted.
//!
//! A body of a hundred million bytes may be an array of fifty million elements. Whoever keeps a
//! pointer to each of them before looking at a limit has lost a gigabyte.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON array of which only the beginning is kept.
#[derive(Debug)]
pub(crate) struct Elements<'a> {
    /// The first elements.
    pub(crate) first: Vec<&'a RawValue>,
    /// How many elements there are.
    pub(crate) count: usize,
}

impl<'a> Elements<'a> {
    /// Reads an array with nothing behind it, and keeps its first `keep` elements.
    pub(crate) fn parse(json: &'a [u8], keep: usize) -> serde_json::Result<Self> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let elements = Keep(keep).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(elements)
    }
}

struct Keep(usize);

impl<'de> DeserializeSeed<'de> for Keep {
    type Value = Elements<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Keep {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut first = Vec::new();
        while first.len() < self.0 {
            let Some(element) = array.next_element()? else {
                let count = first.len();
                return Ok(Elements { first, count });
            };
            first.push(element);
        }
        let mut count = first.len();
        while array.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Elements { first, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_and_all_are_counted() {
        let kept = |keep| {
            let elements = Elements::parse(br#" [1, "b", {"c": []}] "#, keep).unwrap();
            let first = elements.first.iter().map(|element| element.get());
            (first.collect::<Vec<_>>().join(" "), elements.count)
        };
        assert_eq!(kept(0), (String::new(), 3));
        assert_eq!(kept(1), ("1".to_owned(), 3));
        assert_eq!(kept(9), (r#"1 "b" {"c": []}"#.to_owned(), 3));
        for bad in ["", "{}", "[1", "[1] 2", "[1,]", "7"] {
            assert!(Elements::parse(bad.as_bytes(), 1).is_err(), "{bad}");
        }
    }
}
