//! The JSON shapes of Lotus's API, one file per noun.

mod alert;
pub use alert::{Alert, AlertEvent, AlertType};
