//! The message pool, through its public API, on a chain of invented tipsets.

mod checks;
pub(crate) mod fake;
mod local;
mod model;
mod select;
