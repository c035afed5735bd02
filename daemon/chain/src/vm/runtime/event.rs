//! What an actor tells those who watch the chain.

use fvm_shared::event::{Entry, Flags};
use serde::Serialize;

use crate::vm::error::ActorError;

/// An event under construction, as the built-in actors' `EventBuilder`: values are CBOR, keys are
/// indexed, values if asked for.
#[derive(Debug, Clone, Default)]
pub struct Event {
    pub(super) entries: Vec<Entry>,
}

impl Event {
    /// An event of a type, which is its first entry, `$type`.
    ///
    /// # Errors
    /// `USR_SERIALIZATION`.
    pub fn of(kind: &str) -> Result<Self, ActorError> {
        Self::default().indexed("$type", &kind)
    }

    /// Adds a field that can be searched for by key and value.
    ///
    /// # Errors
    /// `USR_SERIALIZATION`.
    pub fn indexed(self, key: &str, value: &impl Serialize) -> Result<Self, ActorError> {
        self.push(Flags::FLAG_INDEXED_ALL, key, value)
    }

    /// Adds a field whose key alone is indexed.
    ///
    /// # Errors
    /// `USR_SERIALIZATION`.
    pub fn field(self, key: &str, value: &impl Serialize) -> Result<Self, ActorError> {
        self.push(Flags::FLAG_INDEXED_KEY, key, value)
    }

    fn push(mut self, flags: Flags, key: &str, value: &impl Serialize) -> Result<Self, ActorError> {
        self.entries.push(Entry {
            flags,
            key: key.to_owned(),
            codec: fvm_ipld_encoding::CBOR,
            value: fvm_ipld_encoding::to_vec(value)?,
        });
        Ok(self)
    }
}
