//! How Go reads a JSON object into a struct, as a serde adapter.
//!
//! Lotus's clients rely on it (`encoding/json`): field names match whatever their case, unknown
//! fields are ignored, and anything that is not an object is an error. A type opts in with
//! `#[serde(remote = "Self")]` and one line:
//!
//! ```text
//! impl<'de> Deserialize<'de> for Message {
//!     fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
//!         Message::deserialize(Object(d))
//!     }
//! }
//! ```
//!
//! One deliberate difference: a field given twice is an error here, whereas Go keeps the last. Two
//! programs that disagree on which one counts is how a signer is made to sign something else.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Wraps a deserializer, so that a derived struct reads its fields whatever their case.
pub(crate) struct Object<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Object<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(ObjectVisitor {
            name,
            fields,
            visitor,
        })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct ObjectVisitor<V> {
    name: &'static str,
    fields: &'static [&'static str],
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ObjectVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a JSON object ({})", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(AnyCase {
            fields: self.fields,
            map,
        })
    }

    // serde's own message would repeat the string, which may be an exported private key.
    fn visit_str<E: Error>(self, _: &str) -> Result<V::Value, E> {
        Err(E::custom(format_args!(
            "expected a JSON object ({}), got a string",
            self.name
        )))
    }
}

struct AnyCase<A> {
    fields: &'static [&'static str],
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for AnyCase<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Some(key) = self.map.next_key::<String>()? else {
            return Ok(None);
        };
        let known = self
            .fields
            .iter()
            .find(|field| field.eq_ignore_ascii_case(&key));
        let name = known.copied().unwrap_or(&key);
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Reads `null` as the type's zero value, as Go does for integers and slices.
pub(crate) fn null_is_zero<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(remote = "Self", rename_all = "PascalCase", default)]
    #[derive(Default)]
    struct Point {
        x_axis: i64,
        #[serde(deserialize_with = "null_is_zero")]
        y_axis: i64,
    }

    impl<'de> Deserialize<'de> for Point {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            Point::deserialize(Object(d))
        }
    }

    #[test]
    fn reads_fields_in_any_case_and_ignores_the_rest() {
        let point: Point =
            serde_json::from_str(r#"{"xaxis":1,"YAXIS":null,"other":{"a":[1]}}"#).unwrap();
        assert_eq!(
            point,
            Point {
                x_axis: 1,
                y_axis: 0
            }
        );
        assert_eq!(
            serde_json::from_str::<Point>("{}").unwrap(),
            Point::default()
        );
    }

    #[test]
    fn refuses_what_is_not_an_object_without_repeating_it() {
        for bad in [r#""hunter2""#, "[1,2]", "7", "true"] {
            let error = serde_json::from_str::<Point>(bad).unwrap_err().to_string();
            assert!(error.contains("JSON object (Point)"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn refuses_a_field_given_twice() {
        let error = serde_json::from_str::<Point>(r#"{"XAxis":1,"xaxis":2}"#).unwrap_err();
        assert!(
            error.to_string().contains("duplicate field `XAxis`"),
            "{error}"
        );
    }
}
