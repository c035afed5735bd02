//! What the chain needs of whoever keeps the messages that wait.

use std::fmt::Debug;
use std::sync::Arc;

use lotus_types::{SignedMessage, TipSet, TokenAmount};
use tokio::sync::watch;

use crate::store::HeadChange;

/// Where the messages of blocks come from: the mempool, or a test.
///
/// It is called by the thread that makes blocks, and by whoever moves the head. It may ask the chain
/// whatever it wants, but must not move its head.
pub trait MessageSource: Debug + Send + Sync {
    /// The messages of a block on top of `base`, best first, each sender's in the order of its
    /// nonces, and all within `gas_limit` (gas units). Nothing if none waits that could be in it.
    ///
    /// Their signatures have been verified: the chain trusts this source, and only leaves out what
    /// would make the block invalid otherwise.
    fn select(
        &self,
        base: &Arc<TipSet>,
        base_fee: &TokenAmount,
        gas_limit: i64,
    ) -> Vec<SignedMessage>;

    /// The head has moved. Called for every move, in order, before anybody else hears of it.
    fn head_changed(&self, change: &HeadChange);

    /// Changes whenever a message has come in that a block could take.
    fn arrivals(&self) -> watch::Receiver<u64>;
}
