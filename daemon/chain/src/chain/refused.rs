//! Why a block is refused.

use lotus_types::{Address, BigInt, Cid, TipSetKey, TokenAmount};

pub use super::inclusion::Unfit;
use crate::keys::{VerifyError, VerifyMessageError};
use crate::mempool::BLOCK_MESSAGE_LIMIT;

/// Why a block that was submitted is not valid. Nothing of it has changed the chain.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Something that every block has is missing.
    #[error("the block has no {0}")]
    Lacks(&'static str),
    /// The miner is not named by its id.
    #[error("the block's miner {0} is not an ID address; a block names its miner as f0…")]
    MinerAddress(Address),
    /// It builds on blocks that are not here.
    #[error("the block's parents {0} are not here; submit them first")]
    Parents(TipSetKey),
    /// Its epoch cannot follow its parents'.
    #[error("the block's {0}")]
    Epoch(String),
    /// It is older than the chain's finality.
    #[error(
        "the block is at {height} and the head at {head}: what is {finality} epochs old is final"
    )]
    Final {
        /// The block's epoch.
        height: i64,
        /// The head's.
        head: i64,
        /// How many epochs make it final.
        finality: i64,
    },
    /// Its time is not that of its epoch.
    #[error("block had wrong timestamp: {got} != {wanted}")]
    Timestamp {
        /// What it must be, in seconds since 1970.
        wanted: u64,
        /// What it is.
        got: u64,
    },
    /// Its parents weigh something else.
    #[error("parent weight different: {got} (header) != {wanted} (computed)")]
    Weight {
        /// What they weigh.
        wanted: BigInt,
        /// What it says.
        got: BigInt,
    },
    /// Its parents lead to another state.
    #[error("parent state root did not match computed state ({got} != {wanted})")]
    State {
        /// The one they lead to.
        wanted: Cid,
        /// The one that it names.
        got: Cid,
    },
    /// Its parents have other receipts.
    #[error("parent receipts root did not match computed value ({got} != {wanted})")]
    Receipts {
        /// The root of theirs.
        wanted: Cid,
        /// The root that it names.
        got: Cid,
    },
    /// The base fee is another one.
    #[error("base fee doesn't match: {got} (header) != {wanted} (computed)")]
    BaseFee {
        /// What it is, per unit of gas.
        wanted: TokenAmount,
        /// What it says.
        got: TokenAmount,
    },
    /// Its miner cannot make blocks.
    #[error("block's miner {0} is invalid: there is no such miner, or it has no power")]
    Miner(Address),
    /// Its beacon entries are not those of its epoch.
    #[error("the block's beacon entries are not those of the epochs since its parents")]
    Beacon,
    /// It has proofs, and nothing here can verify them.
    #[error("the block has proofs of space-time, which this network cannot verify; leave them out")]
    Proofs,
    /// One of its signatures is not by its miner's worker.
    #[error("the block's {what} is not by its miner's worker: {why}")]
    Signature {
        /// Which.
        what: &'static str,
        /// Why not.
        why: VerifyError,
    },
    /// It says that it has won more or less often than it has.
    #[error("miner wincount incorrect: claims {got}, its election proof wins {wanted}")]
    WinCount {
        /// How often it has.
        wanted: i64,
        /// How often it says.
        got: i64,
    },
    /// A message of it is not here, or is none.
    #[error("message {cid} of the block cannot be read: {why}")]
    NoMessage {
        /// Its CID.
        cid: Cid,
        /// Why.
        why: String,
    },
    /// Its messages are not those that it was submitted with.
    #[error("messages did not match the block's root: {got} (header) != {wanted} (computed)")]
    Messages {
        /// The root of those.
        wanted: Cid,
        /// The root that it names.
        got: Cid,
    },
    /// It has too many messages.
    #[error("a block has at most {BLOCK_MESSAGE_LIMIT} messages")]
    Count,
    /// A message may not be in it.
    #[error("block had invalid message {cid}: {why}")]
    Message {
        /// Its CID.
        cid: Cid,
        /// Why not.
        why: Unfit,
    },
    /// A message is not signed by its sender.
    #[error("message {cid} of the block has an invalid signature: {why}")]
    MessageSignature {
        /// Its CID.
        cid: Cid,
        /// Why.
        why: VerifyMessageError,
    },
    /// The messages' BLS signatures do not add up.
    #[error("bls aggregate signature was invalid: {0}")]
    Aggregate(VerifyError),
}
