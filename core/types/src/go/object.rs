//! How Go reads a JSON object into a struct.
//!
//! Lotus's clients rely on it (`encoding/json`): field names match whatever their case, unknown
//! fields are ignored, `null` is a zero, and anything that is not an object is an error.
//! `#[object]` does it for a struct; a type that is written by hand opts in with
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
use std::iter::empty;

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::zero::ZeroSeed;

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

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor
            .visit_map(MapDeserializer::<_, E>::new(empty::<((), ())>()))
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
        self.map.next_value_seed(ZeroSeed(seed))
    }
}

#[cfg(test)]
mod tests {

    use crate::Bytes;
    use crate::object;

    /// A sample.
    #[object]
    struct Point {
        /// One.
        x_axis: i64,
        /// Another.
        y_axis: i64,
        /// Nil when empty.
        #[nil]
        data: Bytes,
        /// Not in PascalCase.
        #[serde(rename = "CID")]
        cid: Option<Box<Point>>,
        /// Never nil.
        list: Vec<String>,
    }

    #[test]
    fn reads_fields_in_any_case_and_ignores_the_rest() {
        let point: Point =
            serde_json::from_str(r#"{"xaxis":1,"YAXIS":null,"other":{"a":[1]}}"#).unwrap();
        assert_eq!(
            point,
            Point {
                x_axis: 1,
                ..Point::default()
            }
        );
        assert_eq!(
            serde_json::from_str::<Point>("{}").unwrap(),
            Point::default()
        );
        assert_eq!(
            serde_json::from_str::<Point>("null").unwrap(),
            Point::default()
        );
    }

    #[test]
    fn writes_names_and_nothing_as_go() {
        let empty = r#"{"XAxis":0,"YAxis":0,"Data":null,"CID":null,"List":[]}"#;
        assert_eq!(serde_json::to_string(&Point::default()).unwrap(), empty);
        let full = r#"{"XAxis":0,"YAxis":0,"Data":"aGk=","CID":null,"List":["a"]}"#;
        let point: Point = serde_json::from_str(full).unwrap();
        assert_eq!(serde_json::to_string(&point).unwrap(), full);
    }

    #[test]
    fn the_schema_says_the_same() {
        let schema = schemars::schema_for!(Point).to_value();
        let properties = &schema["properties"];
        assert_eq!(properties["XAxis"]["type"], "integer");
        assert_eq!(properties["XAxis"]["description"], "One.");
        assert!(properties["Data"]["anyOf"].is_array(), "{properties}");
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
