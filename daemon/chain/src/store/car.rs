//! CAR files (version 1), plain and compressed with Zstandard: a chain in, a chain out.

mod export;
mod import;
mod links;
mod section;

pub use export::{Export, Exported};
pub use import::{Imported, Progress};
