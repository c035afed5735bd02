//! CAR files (version 1), plain and compressed with Zstandard: a chain in, a chain out.

mod export;
mod import;
mod links;
mod reader;
mod section;
mod snapshot;
mod source;

pub use export::{Export, Exported};
pub use import::{Imported, Progress};
pub use source::Source;
