//! Lotus's API: traits with permissions, wire types, errors.

pub mod types;
