//! JSON Schemas of the types whose JSON is written by hand.

/// Says what a type looks like on the wire: its name, then its schema.
macro_rules! schema {
    ($ty:ty, $name:expr, $($schema:tt)+) => {
        impl schemars::JsonSchema for $ty {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($($schema)+)
            }
        }
    };
}
pub(crate) use schema;
