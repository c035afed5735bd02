//! Messages that wait for a nonce, gas and a signature.

use super::Message;
use crate::object;

/// A message to be completed, signed and pushed (Lotus `api.MessagePrototype`).
#[object]
#[derive(Eq)]
pub struct MessagePrototype {
    /// What is known of the message.
    pub message: Message,
    /// Whether its nonce is meant; otherwise whoever signs it chooses one.
    pub valid_nonce: bool,
}
