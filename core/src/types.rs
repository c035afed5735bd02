//! The JSON shapes of Lotus's API, one file per noun.

mod version;

pub use version::{ApiVersion, Version};
