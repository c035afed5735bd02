//! The chain itself: headers, messages, receipts, and the blocks of IPLD that they are made of.

use std::collections::BTreeMap;

use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::proc_macros::rpc;
use serde_json::Value;

use crate::types::{
    BigInt, BlockHeader, BlockMessages, Bytes, ChainExportConfig, Cid, Event, HeadChange,
    HotGcOpts, IncludedMessage, IndexValidation, IpldObject, Message, MessageReceipt, ObjStat,
    PruneOpts, TipSet, TipSetKey,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, groups Chain and ChainIndexer. An empty tipset key is the head.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Chain {
    /// Returns what the store of blocks says of itself; what that is depends on the store.
    #[method(name = "ChainBlockstoreInfo", perm = read)]
    async fn chain_blockstore_info(&self) -> Result<BTreeMap<String, Value>, Error>;

    /// Begins to check the store of blocks, which goes on after the answer. An error if the store
    /// has no such check.
    #[method(name = "ChainCheckBlockstore", perm = admin)]
    async fn chain_check_blockstore(&self) -> Result<(), Error>;

    /// Deletes a block from the store. The chain may need it: nothing checks that.
    #[method(name = "ChainDeleteObj", perm = admin)]
    async fn chain_delete_obj(&self, object: Cid) -> Result<(), Error>;

    /// A channel of the bytes of a CAR file: all headers from a tipset back to genesis, the state
    /// of genesis, and the state of the last epochs.
    ///
    /// `recent_roots` is how many epochs come with their state. `skip_old_messages` leaves out the
    /// messages of the others.
    #[subscription(name = "ChainExport", perm = read, item = Bytes)]
    async fn chain_export(
        &self,
        recent_roots: i64,
        skip_old_messages: bool,
        tipset: TipSetKey,
    ) -> SubscriptionResult;

    /// Writes a CAR file of all between two tipsets, and the headers back to genesis, to the
    /// node's own disk.
    #[method(name = "ChainExportRangeInternal", perm = admin)]
    async fn chain_export_range_internal(
        &self,
        head: TipSetKey,
        tail: TipSetKey,
        config: ChainExportConfig,
    ) -> Result<(), Error>;

    /// Returns the header of a block; an error if the node does not have it.
    #[method(name = "ChainGetBlock", perm = read)]
    async fn chain_get_block(&self, block: Cid) -> Result<BlockHeader, Error>;

    /// Returns the messages that a block includes.
    ///
    /// Blocks of a tipset may include the same message, or several with one nonce, of which one
    /// is executed: see `ChainGetMessagesInTipset`.
    #[method(name = "ChainGetBlockMessages", perm = read)]
    async fn chain_get_block_messages(&self, block: Cid) -> Result<BlockMessages, Error>;

    /// Returns the events under the root of an AMT, which a message's receipt names.
    #[method(name = "ChainGetEvents", perm = read)]
    async fn chain_get_events(&self, root: Cid) -> Result<Vec<Event>, Error>;

    /// Returns the last tipset that can never be reverted: by F3 if that runs, else 900 epochs
    /// below the head.
    #[method(name = "ChainGetFinalizedTipSet", perm = read)]
    async fn chain_get_finalized_tip_set(&self) -> Result<TipSet, Error>;

    /// Returns the first tipset of the chain.
    #[method(name = "ChainGetGenesis", perm = read)]
    async fn chain_get_genesis(&self) -> Result<TipSet, Error>;

    /// Returns a message by its CID, without its signature; an error if the node does not have it.
    #[method(name = "ChainGetMessage", perm = read)]
    async fn chain_get_message(&self, message: Cid) -> Result<Message, Error>;

    /// Returns the messages that a tipset executes, each once, in that order.
    #[method(name = "ChainGetMessagesInTipset", perm = read)]
    async fn chain_get_messages_in_tipset(
        &self,
        tipset: TipSetKey,
    ) -> Result<Vec<IncludedMessage>, Error>;

    /// Returns what a path leads to, such as `/ipfs/<cid>/1/@Ha:5`: a CID, then fields, or steps
    /// into a HAMT (`@H…`) or an AMT (`@A…`).
    #[method(name = "ChainGetNode", perm = read)]
    async fn chain_get_node(&self, path: String) -> Result<IpldObject, Error>;

    /// Returns the messages that the parents of a block executed, in that order.
    #[method(name = "ChainGetParentMessages", perm = read)]
    async fn chain_get_parent_messages(&self, block: Cid) -> Result<Vec<IncludedMessage>, Error>;

    /// Returns the receipts of the messages of `ChainGetParentMessages`, one for each.
    #[method(name = "ChainGetParentReceipts", perm = read)]
    async fn chain_get_parent_receipts(&self, block: Cid) -> Result<Vec<MessageReceipt>, Error>;

    /// Returns the steps from one tipset to another: first those that revert, then those that
    /// apply.
    #[method(name = "ChainGetPath", perm = read)]
    async fn chain_get_path(
        &self,
        from: TipSetKey,
        to: TipSetKey,
    ) -> Result<Vec<HeadChange>, Error>;

    /// Returns the tipset with a key; an error if the node lacks one of its blocks.
    #[method(name = "ChainGetTipSet", perm = read)]
    async fn chain_get_tip_set(&self, tipset: TipSetKey) -> Result<TipSet, Error>;

    /// Returns the ancestor of a tipset at an epoch, or the first after that epoch if it has none.
    #[method(name = "ChainGetTipSetAfterHeight", perm = read)]
    async fn chain_get_tip_set_after_height(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<TipSet, Error>;

    /// Returns the ancestor of a tipset at an epoch, or the last before that epoch if it has none.
    /// An error if the epoch is later than the tipset's.
    #[method(name = "ChainGetTipSetByHeight", perm = read)]
    async fn chain_get_tip_set_by_height(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<TipSet, Error>;

    /// Returns whether the store has a block of IPLD.
    #[method(name = "ChainHasObj", perm = read)]
    async fn chain_has_obj(&self, object: Cid) -> Result<bool, Error>;

    /// Returns the head of the chain.
    #[method(name = "ChainHead", perm = read)]
    async fn chain_head(&self) -> Result<TipSet, Error>;

    /// Collects garbage in the hot store. An error unless the node keeps a hot and a cold store.
    #[method(name = "ChainHotGC", perm = admin)]
    async fn chain_hot_gc(&self, options: HotGcOpts) -> Result<(), Error>;

    /// A channel of the steps of the head. The first item is one `current` with the head as it is.
    #[subscription(name = "ChainNotify", perm = read, item = Vec<HeadChange>)]
    async fn chain_notify(&self) -> SubscriptionResult;

    /// Prunes the cold store. An error unless the node keeps a hot and a cold store.
    #[method(name = "ChainPrune", perm = admin)]
    async fn chain_prune(&self, options: PruneOpts) -> Result<(), Error>;

    /// Puts a block into the store. Lotus never answers it but with an error: its parameter is a
    /// Go interface, which no JSON can be read as.
    #[method(name = "ChainPutObj", perm = admin)]
    async fn chain_put_obj(&self, block: Value) -> Result<(), Error>;

    /// Returns the bytes of a block of IPLD; an error if the node does not have it.
    #[method(name = "ChainReadObj", perm = read)]
    async fn chain_read_obj(&self, object: Cid) -> Result<Bytes, Error>;

    /// Makes a tipset the head, whatever its weight.
    #[method(name = "ChainSetHead", perm = admin)]
    async fn chain_set_head(&self, tipset: TipSetKey) -> Result<(), Error>;

    /// Returns how large the graph below a block is. With a base, only what is not below that too.
    #[method(name = "ChainStatObj", perm = read)]
    async fn chain_stat_obj(&self, object: Cid, base: Option<Cid>) -> Result<ObjStat, Error>;

    /// Returns the weight of the chain that ends with a tipset; of two chains the heavier one
    /// wins.
    #[method(name = "ChainTipSetWeight", perm = read)]
    async fn chain_tip_set_weight(&self, tipset: TipSetKey) -> Result<BigInt, Error>;

    /// Compares the index with the chain at an epoch, and indexes it if that is missing and
    /// `backfill` is set. An error if they differ, or if it is missing and `backfill` is not set.
    #[method(name = "ChainValidateIndex", perm = write)]
    async fn chain_validate_index(
        &self,
        epoch: i64,
        backfill: bool,
    ) -> Result<IndexValidation, Error>;
}
