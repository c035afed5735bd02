//! What execution costs.
//!
//! The prices of what happens around an actor's code (a message's bytes, looking up and changing
//! actors, transfers, blocks read and written) are those of the FVM's price list since network
//! version 21. What the code itself costs is measured there by counting wasm instructions; here it is
//! a flat [`INVOCATION`] for each call, so gas used differs from the real network's for everything but
//! plain transfers, and is deterministic.

use super::blocks::Usage;

/// For being on the chain at all, and for the sender, which every message changes.
pub const MESSAGE: u64 = 38_863 + 36 * STORAGE_BYTE + ACTOR_UPDATE;
/// For each byte of a message or its return value.
pub const STORAGE_BYTE: u64 = 1300;
/// For moving funds.
pub const TRANSFER: u64 = 6000;
/// For calling a method.
pub const METHOD: u64 = 75_000;
/// For each actor that a message reads first.
pub const ACTOR_LOOKUP: u64 = 500_000;
/// For each actor that a message changes.
pub const ACTOR_UPDATE: u64 = 475_000;
/// For the bytes of a new actor.
pub const ACTOR_CREATE: u64 = 650_000;
/// For each address that gets an id: looking it up and assigning it.
pub const ADDRESS_ASSIGN: u64 = 1_050_000 + 1_000_000;
/// For recovering a secp256k1 key.
pub const SECP_RECOVER: u64 = 1_637_292;
/// For verifying a BLS signature: two pairings.
pub const BLS_VERIFY: u64 = 2 * 8_299_302;
/// What an actor's own code costs, for each call: an approximation, see the module.
pub const INVOCATION: u64 = 1_000_000;

const BLOCK_OPEN: u64 = 187_440 + 300;
const BLOCK_READ_BYTE: u64 = 11;
const BLOCK_PERSIST: u64 = 334_000 + 172_000 + 300;
/// Storing, hashing, copying and keeping.
const BLOCK_PERSIST_BYTE: u64 = 3340 + 10 + 3 + 10;

/// For the blocks that a call has read and written.
pub fn blocks(usage: Usage) -> u64 {
    usage.reads * BLOCK_OPEN
        + usage.bytes_read * BLOCK_READ_BYTE
        + usage.writes * BLOCK_PERSIST
        + usage.bytes_written * BLOCK_PERSIST_BYTE
}

/// The gas of one message.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    limit: u64,
    used: u64,
}

/// A message has used up its gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfGas;

impl Meter {
    /// A meter that stops at `limit`.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    /// Uses gas.
    ///
    /// # Errors
    /// [`OutOfGas`] when there is less left; then all of it is used.
    pub fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        match self.used.checked_add(gas) {
            Some(used) if used <= self.limit => {
                self.used = used;
                Ok(())
            }
            _ => {
                self.used = self.limit;
                Err(OutOfGas)
            }
        }
    }

    /// What has been used.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// What is left.
    pub fn left(&self) -> u64 {
        self.limit - self.used
    }
}
