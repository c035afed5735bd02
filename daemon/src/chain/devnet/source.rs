//! The pool as the miner sees it.

use std::sync::Arc;

use lotus_chain::chain::MessageSource;
use lotus_chain::mempool::select::Space;
use lotus_chain::mempool::{BLOCK_MESSAGE_LIMIT, MessagePool};
use lotus_chain::store::HeadChange;
use lotus_core::types::{SignedMessage, TipSet, TokenAmount};
use tokio::sync::watch;

/// The pool from which blocks are made.
#[derive(Debug)]
pub(super) struct Source(pub(super) Arc<MessagePool>);

/// What fails here is told to the operator: the chain goes on without the messages.
impl MessageSource for Source {
    fn select(
        &self,
        base: &Arc<TipSet>,
        base_fee: &TokenAmount,
        gas_limit: i64,
    ) -> Vec<SignedMessage> {
        let space = Space {
            gas: u64::try_from(gas_limit).unwrap_or_default(),
            messages: BLOCK_MESSAGE_LIMIT,
        };
        let selected = self.0.select(base, base_fee.inner(), space);
        selected.unwrap_or_else(|error| {
            tracing::error!(target: "mpool", %error, "no messages for a block");
            Vec::new()
        })
    }

    fn head_changed(&self, change: &HeadChange) {
        if let Err(error) = self.0.head_changed(change) {
            tracing::error!(target: "mpool", %error, "the pool could not follow the head");
        }
    }

    fn arrivals(&self) -> watch::Receiver<u64> {
        self.0.arrivals()
    }
}
