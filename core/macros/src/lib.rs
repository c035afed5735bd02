//! The permission annotation of the API traits.
