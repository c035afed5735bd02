//! How the node keeps up with the chain.

use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{BlockHeader, BlockMsg, Cid, SyncState, TipSetKey};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Sync.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Sync {
    /// Returns why a block was marked as bad; empty if it is not.
    #[method(name = "SyncCheckBad", perm = read)]
    async fn sync_check_bad(&self, block: Cid) -> Result<String, Error>;

    /// Makes a tipset a checkpoint: the node never leaves a chain that has it.
    #[method(name = "SyncCheckpoint", perm = admin)]
    async fn sync_checkpoint(&self, tipset: TipSetKey) -> Result<(), Error>;

    /// A channel of the headers that arrive, whether or not they turn out to be valid.
    #[subscription(name = "SyncIncomingBlocks", perm = read, item = BlockHeader)]
    async fn sync_incoming_blocks(&self) -> SubscriptionResult;

    /// Marks a block as bad: the node never follows a chain that has it.
    #[method(name = "SyncMarkBad", perm = admin)]
    async fn sync_mark_bad(&self, block: Cid) -> Result<(), Error>;

    /// Returns what the syncer is doing.
    #[method(name = "SyncState", perm = read)]
    async fn sync_state(&self) -> Result<SyncState, Error>;

    /// Validates a block and publishes it to the network. An error if it is not valid.
    #[method(name = "SyncSubmitBlock", perm = write)]
    async fn sync_submit_block(&self, block: BlockMsg) -> Result<(), Error>;

    /// Forgets which blocks were marked as bad, all of them.
    #[method(name = "SyncUnmarkAllBad", perm = admin)]
    async fn sync_unmark_all_bad(&self) -> Result<(), Error>;

    /// Forgets that a block was marked as bad.
    #[method(name = "SyncUnmarkBad", perm = admin)]
    async fn sync_unmark_bad(&self, block: Cid) -> Result<(), Error>;

    /// Returns whether a tipset is valid, which executes its parents' messages. An error if the
    /// node does not have it.
    #[method(name = "SyncValidateTipset", perm = read)]
    async fn sync_validate_tipset(&self, tipset: TipSetKey) -> Result<bool, Error>;
}
