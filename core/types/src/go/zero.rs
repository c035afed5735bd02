//! `null` as a type's zero value.

use std::fmt;
use std::iter::empty;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;

/// Wraps a deserializer, so that `null` reads as the zero value of what is asked for. A type that
/// asks for an `Option`, or takes whatever comes, sees the `null` itself.
pub(super) struct Zero<D>(pub(super) D);

/// A seed that reads its value so.
pub(super) struct ZeroSeed<S>(pub(super) S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for ZeroSeed<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Zero(deserializer))
    }
}

/// Functions of a deserializer that give the visitor a zero where there is `null`.
macro_rules! or_zero {
    ($($method:ident($($name:ident: $ty:ty),*) => $visit:ident($zero:expr);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            struct OrZero<V>($($ty,)* V);

            impl<'de, V: Visitor<'de>> Visitor<'de> for OrZero<V> {
                type Value = V::Value;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    let OrZero($($name,)* visitor) = self;
                    $(let _ = $name;)*
                    visitor.expecting(f)
                }

                fn visit_none<E: Error>(self) -> Result<V::Value, E> {
                    let OrZero($($name,)* visitor) = self;
                    $(let _ = $name;)*
                    visitor.$visit($zero)
                }

                fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
                    self.visit_none()
                }

                fn visit_some<D: Deserializer<'de>>(self, given: D) -> Result<V::Value, D::Error> {
                    let OrZero($($name,)* visitor) = self;
                    given.$method($($name,)* visitor)
                }
            }

            self.0.deserialize_option(OrZero($($name,)* visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Zero<D> {
    type Error = D::Error;

    or_zero! {
        deserialize_bool() => visit_bool(false);
        deserialize_i8() => visit_i64(0);
        deserialize_i16() => visit_i64(0);
        deserialize_i32() => visit_i64(0);
        deserialize_i64() => visit_i64(0);
        deserialize_u8() => visit_u64(0);
        deserialize_u16() => visit_u64(0);
        deserialize_u32() => visit_u64(0);
        deserialize_u64() => visit_u64(0);
        deserialize_f32() => visit_f64(0.0);
        deserialize_f64() => visit_f64(0.0);
        deserialize_str() => visit_str("");
        deserialize_string() => visit_str("");
        deserialize_seq() => visit_seq(SeqDeserializer::<_, E>::new(empty::<()>()));
        deserialize_map() => visit_map(MapDeserializer::<_, E>::new(empty::<((), ())>()));
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
            => visit_map(MapDeserializer::<_, E>::new(empty::<((), ())>()));
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit_struct tuple_struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::TokenAmount;
    use crate::go::from_str;

    #[test]
    fn null_is_the_zero_of_what_was_asked_for() {
        assert_eq!(from_str::<u64>("null").unwrap(), 0);
        assert_eq!(from_str::<i64>("null").unwrap(), 0);
        assert!(!from_str::<bool>("null").unwrap());
        assert_eq!(from_str::<String>("null").unwrap(), "");
        assert!(from_str::<Vec<u64>>("null").unwrap().is_empty());
        assert!(
            from_str::<BTreeMap<String, u64>>("null")
                .unwrap()
                .is_empty()
        );
        assert_eq!(from_str::<Option<u64>>("null").unwrap(), None);
        from_str::<()>("null").unwrap();
    }

    #[test]
    fn everything_else_reads_as_ever() {
        assert_eq!(from_str::<u64>("7").unwrap(), 7);
        assert_eq!(from_str::<Vec<String>>(r#"["a"]"#).unwrap(), ["a"]);
        assert_eq!(from_str::<Option<i64>>("-7").unwrap(), Some(-7));
        for bad in ["7 7", "", "nul", "-1", "1.5", "[]"] {
            assert!(from_str::<u64>(bad).is_err(), "{bad}");
        }
        // Go's big.Int is no number, and `null` is none of its texts.
        assert!(from_str::<TokenAmount>("null").is_err());
    }
}
