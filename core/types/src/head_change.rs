//! Steps of the head of the chain.

use super::TipSet;
use super::open_enum::text_enum;
use crate::object;

/// A step of the head of the chain (Lotus `api.HeadChange`).
#[object]
#[derive(Eq)]
pub struct HeadChange {
    /// The direction.
    #[serde(rename = "Type")]
    pub kind: HeadChangeType,
    /// The tipset that was left or reached.
    pub val: Option<TipSet>,
}

text_enum! {
    /// The direction of a [`HeadChange`].
    pub enum HeadChangeType {
        /// The head as it is: the first item of every subscription.
        Current = "current",
        /// The tipset became part of the chain.
        Apply = "apply",
        /// The tipset no longer is.
        Revert = "revert",
    }
}
