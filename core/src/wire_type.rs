//! What is known of a Rust type of the API when the program runs: its name, its JSON Schema, and
//! whether a JSON text is one of its values.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::go;

/// The type of a parameter or a result.
#[derive(Clone, Copy)]
pub struct WireType {
    /// As the API trait writes it: `Vec<Address>`.
    pub name: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
    normalise: fn(&str) -> serde_json::Result<String>,
}

impl WireType {
    /// Describes `T`, which the trait writes as `name`.
    pub const fn of<T: Serialize + DeserializeOwned + JsonSchema>(name: &'static str) -> Self {
        Self {
            name,
            schema: SchemaGenerator::subschema_for::<T>,
            normalise: |json| serde_json::to_string(&go::from_str::<T>(json)?),
        }
    }

    /// The type's JSON Schema; what it refers to is defined in `generator`.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    /// Reads a JSON text as a value of this type, as Go would, and writes it as this program does.
    ///
    /// # Errors
    /// The text is no value of the type; the message says where and why.
    pub fn normalise(&self, json: &str) -> serde_json::Result<String> {
        (self.normalise)(json)
    }
}

impl fmt::Debug for WireType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
