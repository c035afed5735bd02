//! The messages that wait for a block, and which of them the next block takes.
//!
//! The pool keeps the messages of each sender in the order of their nonces, under the address of the
//! sender's key. It knows the chain only through [`View`], and learns of new heads by
//! [`MessagePool::head_changed`]; what it accepts, refuses and replaces, and in which words, is that
//! of Lotus's `chain/messagepool`.
//!
//! | module | noun |
//! |---|---|
//! | [`view`] | what the pool asks of the chain |
//! | `pool` | the pool: who waits |
//! | `entry`, `queue` | a message that waits; those of one sender |
//! | `admission`, `checks` | how a message comes to wait, and what it must be |
//! | [`local`] | what of the pool is on the disk |
//! | `heads`, `signatures` | new heads; what brings messages back from old ones |
//! | `prune`, `updates` | too many messages; the feed of changes |
//! | [`select`] | the messages of the next block |
//! | [`push`] | messages that the node completes, signs and sends |

mod admission;
mod checks;
mod config;
mod entry;
mod error;
mod heads;
pub mod local;
mod pool;
mod prune;
pub mod push;
mod queue;
pub mod select;
mod signatures;
mod updates;
pub mod view;

pub use admission::{Origin, Verifier};
pub use checks::{Invalid, MIN_FEE_CAP, check_inclusion};
pub use config::{ConfigError, default_config};
pub use error::MempoolError;
pub use local::{LocalError, LocalMessages};
pub use pool::MessagePool;
pub use push::{PushError, Pusher, Signer, SignerError};
pub use queue::min_replacement_premium;
pub use view::{Account, View, ViewError};

/// The largest signed message that the pool takes, in bytes (Lotus `MaxMessageSize`).
pub const MAX_MESSAGE_SIZE: usize = 64 << 10;

/// How many messages of one sender may wait (Lotus `MaxActorPendingMessages`).
pub const MAX_PENDING: usize = 1000;

/// How many of a sender that nobody vouches for (Lotus `MaxUntrustedActorPendingMessages`).
pub const MAX_UNTRUSTED_PENDING: usize = 10;

/// How many nonces may be missing before a message that came from the network (Lotus
/// `MaxNonceGap`). Before one that nobody vouches for none may be missing, and before one that was
/// pushed here as many as its sender likes.
pub const MAX_NONCE_GAP: u64 = 4;

/// The gas that the messages of a block may use together, in gas units (Lotus `BlockGasLimit`).
pub const BLOCK_GAS_LIMIT: u64 = 10_000_000_000;

/// How many messages a block may have (Lotus `BlockMessageLimit`).
pub const BLOCK_MESSAGE_LIMIT: usize = 10_000;
