//! How Go reads and writes JSON (`encoding/json`), where serde does it otherwise.

mod float;
mod object;
mod zero;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use float::{float, nil_float};
pub(crate) use object::Object;
use zero::Zero;

/// Reads a value. `null` is the type's zero, as in Go: no elements, no text, 0, false.
///
/// # Errors
/// The text is not JSON or no value of the type.
pub fn from_str<T: DeserializeOwned>(json: &str) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = T::deserialize(Zero(&mut deserializer))?;
    deserializer.end()?;
    Ok(value)
}

/// [`from_str`] for a field, or for a type that is `#[serde(transparent)]`.
pub(crate) fn zero<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(Zero(deserializer))
}

/// What Go writes as `null` when it was never set.
pub(crate) trait Nil {
    fn is_nil(&self) -> bool;
}

impl<T> Nil for Vec<T> {
    fn is_nil(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Nil for std::collections::BTreeMap<K, V> {
    fn is_nil(&self) -> bool {
        self.is_empty()
    }
}

impl Nil for crate::Bytes {
    fn is_nil(&self) -> bool {
        self.is_empty()
    }
}

/// Writes what is empty as `null`: for fields that Lotus leaves nil when there is nothing in them.
pub(crate) fn nil<T: Nil + Serialize, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if value.is_nil() {
        serializer.serialize_none()
    } else {
        value.serialize(serializer)
    }
}
