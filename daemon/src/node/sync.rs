//! `Sync`: blocks from others. A chain in one process has nobody to catch up with, so what is left is
//! to take blocks and to say whether they are good.

use std::sync::Arc;

use jiff::Timestamp;
use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::{SubscriptionResult, async_trait};
use lotus_core::Error;
use lotus_core::api::sync::SyncServer;
use lotus_core::types::{ActiveSync, BlockMsg, Cid, SyncState, SyncStateStage, TipSetKey};

use super::unserved;
use crate::chain::{Chain, blocking};

/// The methods of `Sync`.
pub(crate) struct SyncRpc {
    pub(crate) chain: Arc<dyn Chain>,
    /// When the chain was here.
    pub(crate) opened: Timestamp,
}

#[async_trait]
impl SyncServer for SyncRpc {
    /// No block is ever marked as bad: one that is not valid is not kept.
    async fn sync_check_bad(&self, _block: Cid) -> Result<String, Error> {
        Ok(String::new())
    }

    async fn sync_checkpoint(&self, _tipset: TipSetKey) -> Result<(), Error> {
        unserved("Filecoin.SyncCheckpoint")
    }

    async fn sync_incoming_blocks(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let refused: Result<(), Error> = unserved("Filecoin.SyncIncomingBlocks");
        if let Err(error) = refused {
            pending.reject(error).await;
        }
        Ok(())
    }

    async fn sync_mark_bad(&self, _block: Cid) -> Result<(), Error> {
        unserved("Filecoin.SyncMarkBad")
    }

    /// There is one sync, and it is always done: by that programs know that they need not wait.
    async fn sync_state(&self) -> Result<SyncState, Error> {
        let head = self.chain.head();
        let done = ActiveSync {
            worker_id: 0,
            base: Some((*head).clone()),
            target: Some((*head).clone()),
            stage: SyncStateStage::SyncComplete,
            height: head.height(),
            start: self.opened,
            end: self.opened,
            message: String::new(),
        };
        let executed = self
            .chain
            .producer()
            .map(lotus_chain::chain::Chain::applied);
        Ok(SyncState {
            active_syncs: vec![done],
            // A chain that does not grow executes nothing.
            vm_applied: executed.unwrap_or_default(),
        })
    }

    async fn sync_submit_block(&self, block: BlockMsg) -> Result<(), Error> {
        blocking(&self.chain, move |chain| {
            let submitted = chain.producer()?.submit_block(&block);
            submitted.map(|_| ()).map_err(Error::other)
        })
        .await
    }

    async fn sync_unmark_all_bad(&self) -> Result<(), Error> {
        unserved("Filecoin.SyncUnmarkAllBad")
    }

    async fn sync_unmark_bad(&self, _block: Cid) -> Result<(), Error> {
        unserved("Filecoin.SyncUnmarkBad")
    }

    /// What is in the store was validated when it came; what is left is to execute its parents.
    async fn sync_validate_tipset(&self, tipset: TipSetKey) -> Result<bool, Error> {
        blocking(&self.chain, move |chain| {
            let tipset = chain.tipset(&tipset)?;
            let producer = chain.producer()?;
            let parent = producer.store().parent(&tipset).map_err(Error::other)?;
            let Some(parent) = parent else {
                return Ok(true);
            };
            let execution = producer.executed(&parent).map_err(Error::other)?;
            Ok(execution.state == tipset.parent_state()
                && execution.receipts == tipset.parent_receipts())
        })
        .await
    }
}
