//! `Sync`: blocks that were made elsewhere.

use std::sync::Arc;

use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::{SubscriptionResult, async_trait};
use lotus_core::Error;
use lotus_core::api::sync::SyncServer;
use lotus_core::types::{BlockMsg, Cid, SyncState, TipSetKey};

use super::unserved;
use crate::chain::{Chain, blocking};

/// The methods of `Sync`.
pub(crate) struct SyncRpc {
    pub(crate) chain: Arc<dyn Chain>,
}

#[async_trait]
impl SyncServer for SyncRpc {
    async fn sync_check_bad(&self, _block: Cid) -> Result<String, Error> {
        unserved("Filecoin.SyncCheckBad")
    }

    async fn sync_checkpoint(&self, _tipset: TipSetKey) -> Result<(), Error> {
        unserved("Filecoin.SyncCheckpoint")
    }

    async fn sync_incoming_blocks(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        // The gate answers for it: nobody comes here.
        drop(pending);
        Ok(())
    }

    async fn sync_mark_bad(&self, _block: Cid) -> Result<(), Error> {
        unserved("Filecoin.SyncMarkBad")
    }

    async fn sync_state(&self) -> Result<SyncState, Error> {
        unserved("Filecoin.SyncState")
    }

    async fn sync_submit_block(&self, block: BlockMsg) -> Result<(), Error> {
        blocking(&self.chain, move |chain| chain.submit(&block)).await
    }

    async fn sync_unmark_all_bad(&self) -> Result<(), Error> {
        unserved("Filecoin.SyncUnmarkAllBad")
    }

    async fn sync_unmark_bad(&self, _block: Cid) -> Result<(), Error> {
        unserved("Filecoin.SyncUnmarkBad")
    }

    async fn sync_validate_tipset(&self, _tipset: TipSetKey) -> Result<bool, Error> {
        unserved("Filecoin.SyncValidateTipset")
    }
}
