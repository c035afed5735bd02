//! Which messages a search is for.

use super::Address;
use crate::object;

/// The ends of a message (Lotus `api.MessageMatch`); an undefined address matches all.
#[object]
#[derive(Eq, Hash)]
pub struct MessageMatch {
    /// The receiver.
    pub to: Address,
    /// The sender.
    pub from: Address,
}
