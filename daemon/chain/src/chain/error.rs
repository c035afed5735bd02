//! What can go wrong with the chain.

use std::path::PathBuf;

use lotus_types::{Address, BlockError, Cid, MessageError, TipSetError};

use super::refused::Refused;
use crate::store::StoreError;
use crate::vm::VmError;
use crate::vm::genesis::GenesisError;

/// Why the chain could not do what it was asked. It is then as it was before.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The store fails, or something is not in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The virtual machine fails.
    #[error(transparent)]
    Vm(#[from] VmError),
    /// The network cannot begin so.
    #[error("the genesis cannot be made: {0}")]
    Genesis(#[from] GenesisError),
    /// The chain in the directory is another network's.
    #[error(
        "the chain in {} is of network '{stored}' and not '{wanted}'; choose another directory, or \
         start with the network's own name",
        dir.display()
    )]
    OtherNetwork {
        /// Where it is.
        dir: PathBuf,
        /// The name of its network.
        stored: String,
        /// The name that was asked for.
        wanted: String,
    },
    /// A message that nobody has seen.
    #[error("failed to load message: {0} is neither in the chain nor waiting; was it pushed here?")]
    UnknownMessage(Cid),
    /// Another message has used the nonce; the words are Lotus's.
    #[error(
        "found message with equal nonce as the one we are looking for: {by} was executed in place of \
         {cid}"
    )]
    Replaced {
        /// The one that was looked for.
        cid: Box<Cid>,
        /// The one that was executed.
        by: Box<Cid>,
    },
    /// A message that is not in this tipset.
    #[error("message {0} is not in that tipset")]
    NotInTipSet(Cid),
    /// There is no such miner, or no key signs its blocks.
    #[error("{0} is no miner: there is no such actor, or no BLS key signs its blocks")]
    NotAMiner(Address),
    /// The messages of a block cannot be signed for.
    #[error("the block cannot be signed: {0}")]
    Sign(String),
    /// A block that is not valid.
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
    /// A message has no binary form.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A message asks for less than no gas.
    #[error("'GasLimit' field cannot be less than zero")]
    NegativeGasLimit,
    /// Blocks that make no tipset.
    #[error(transparent)]
    TipSet(#[from] TipSetError),
    /// A header has no binary form.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// An epoch that is not above the parents', or too far above them.
    #[error("epoch {epoch} cannot follow {parent}: at most {most} rounds may be null")]
    Epoch {
        /// The epoch.
        epoch: i64,
        /// Its parents'.
        parent: i64,
        /// How many null rounds there may be between them.
        most: i64,
    },
    /// The wait was given up because the chain was closed.
    #[error("the chain was closed")]
    Closed,
    /// A thread or a timer could not be started.
    #[error("blocks cannot be made: {0}")]
    Start(std::io::Error),
}
