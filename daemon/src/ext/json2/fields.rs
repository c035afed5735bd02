//! An object's members, read as Go's `encoding/json` reads them into a struct.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Fault;

/// The members of an object by name. Names match in any (ASCII) case, the last of several wins,
/// and `null` is the same as absent.
#[derive(Default)]
pub(crate) struct Fields<'a>(HashMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    /// The value of a member, if it is there.
    ///
    /// # Errors
    /// [`Fault::Arguments`] when it has another type.
    pub(crate) fn get<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Fault> {
        self.raw(name)
            .map(|value| serde_json::from_str(value.get()).map_err(|_| Fault::Arguments))
            .transpose()
    }

    /// The JSON of a member, if it is there.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.0.get(&name.to_ascii_lowercase()).copied();
        value.filter(|value| value.get() != "null")
    }
}

/// Only names: a value may be a secret.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor).map(Fields)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = HashMap<String, &'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = HashMap::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            fields.insert(name.to_ascii_lowercase(), value);
        }
        Ok(fields)
    }
}
