//! `Chain`: headers, messages, receipts, and the blocks of IPLD that they are made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonrpsee::core::{SubscriptionResult, async_trait};
use jsonrpsee::{PendingSubscriptionSink, SubscriptionSink};
use lotus_chain::store::NullRound;
use lotus_core::Error;
use lotus_core::api::chain::ChainServer;
use lotus_core::types::{
    BigInt, BlockHeader, BlockMessages, Bytes, ChainExportConfig, Cid, Event, HeadChange,
    HeadChangeType, HotGcOpts, IncludedMessage, IndexValidation, IpldObject, Message,
    MessageReceipt, ObjStat, PruneOpts, TipSet, TipSetKey,
};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use super::{export, graph, selector, unserved};
use crate::chain::{Chain, blocking};
use crate::shutdown::Shutdown;

/// The methods of `Chain`.
pub(crate) struct ChainRpc {
    pub(crate) chain: Arc<dyn Chain>,
    pub(crate) shutdown: Shutdown,
}

impl ChainRpc {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Chain) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        blocking(&self.chain, work).await
    }

    /// The tipset of an epoch, or next to it.
    async fn at(&self, epoch: i64, from: TipSetKey, null: NullRound) -> Result<TipSet, Error> {
        self.run(move |chain| {
            let from = chain.tipset(&from)?;
            Ok((*selector::at(chain, epoch, &from, null)?).clone())
        })
        .await
    }
}

/// Sends an item; `false` if nobody listens any more.
pub(super) async fn send(sink: &SubscriptionSink, item: &impl Serialize) -> bool {
    match serde_json::value::to_raw_value(item) {
        Ok(item) => sink.send(item).await.is_ok(),
        Err(_) => false,
    }
}

/// The header of a block, and the tipset on which it builds; that of the genesis is `None`.
fn parent(chain: &dyn Chain, block: &Cid) -> Result<Option<Arc<TipSet>>, Error> {
    let header = chain.store().header(block).map_err(Error::other)?;
    match header.height {
        0 => Ok(None),
        _ => chain
            .tipset(&header.parents.into_iter().collect())
            .map(Some),
    }
}

/// The messages that a tipset executes, in that order.
fn messages_of(chain: &dyn Chain, tipset: &TipSet) -> Result<Vec<IncludedMessage>, Error> {
    if tipset.height() == 0 {
        return Ok(Vec::new());
    }
    let messages = chain.store().messages_in_order(tipset);
    let messages = messages.map_err(Error::other)?;
    let included = messages.iter().flatten().map(|message| {
        Ok(IncludedMessage {
            cid: message.cid().map_err(Error::other)?,
            message: Some(message.message().clone()),
        })
    });
    included.collect()
}

/// A move of the head as Lotus tells it.
fn steps(change: &lotus_chain::store::HeadChange) -> Vec<HeadChange> {
    let step = |kind: HeadChangeType| {
        move |tipset: &Arc<TipSet>| HeadChange {
            kind: kind.clone(),
            val: Some((**tipset).clone()),
        }
    };
    let reverted = change.reverted.iter().map(step(HeadChangeType::Revert));
    let applied = change.applied.iter().map(step(HeadChangeType::Apply));
    reverted.chain(applied).collect()
}

#[async_trait]
impl ChainServer for ChainRpc {
    async fn chain_blockstore_info(&self) -> Result<BTreeMap<String, Value>, Error> {
        unserved("Filecoin.ChainBlockstoreInfo")
    }

    async fn chain_check_blockstore(&self) -> Result<(), Error> {
        unserved("Filecoin.ChainCheckBlockstore")
    }

    async fn chain_delete_obj(&self, _object: Cid) -> Result<(), Error> {
        unserved("Filecoin.ChainDeleteObj")
    }

    async fn chain_export(
        &self,
        pending: PendingSubscriptionSink,
        recent_roots: i64,
        skip_old_messages: bool,
        tipset: TipSetKey,
    ) -> SubscriptionResult {
        let head = match self.run(move |chain| chain.tipset(&tipset)).await {
            Ok(head) => head,
            Err(error) => {
                pending.reject(error).await;
                return Ok(());
            }
        };
        let sink = pending.accept().await?;
        let what = lotus_chain::store::car::Export {
            recent_epochs: recent_roots,
            skip_old_messages,
        };
        export::run(&self.chain, head, what, &sink).await;
        Ok(())
    }

    async fn chain_export_range_internal(
        &self,
        _head: TipSetKey,
        _tail: TipSetKey,
        _config: ChainExportConfig,
    ) -> Result<(), Error> {
        unserved("Filecoin.ChainExportRangeInternal")
    }

    async fn chain_get_block(&self, block: Cid) -> Result<BlockHeader, Error> {
        self.run(move |chain| chain.store().header(&block).map_err(Error::other))
            .await
    }

    async fn chain_get_block_messages(&self, block: Cid) -> Result<BlockMessages, Error> {
        self.run(move |chain| {
            let header = chain.store().header(&block).map_err(Error::other)?;
            let messages = chain.store().block_messages(&header);
            let messages = messages.map_err(Error::other)?;
            let bls = messages.bls.iter().map(Message::cid);
            let secp = messages.secp.iter().map(|signed| signed.cid());
            let cids = bls.chain(secp).collect::<Result<_, _>>();
            Ok(BlockMessages {
                cids: cids.map_err(Error::other)?,
                bls_messages: messages.bls,
                secpk_messages: messages.secp,
            })
        })
        .await
    }

    async fn chain_get_events(&self, root: Cid) -> Result<Vec<Event>, Error> {
        self.run(move |chain| chain.store().events(&root).map_err(Error::other))
            .await
    }

    async fn chain_get_finalized_tip_set(&self) -> Result<TipSet, Error> {
        self.run(|chain| Ok((*selector::finalized(chain)?).clone()))
            .await
    }

    async fn chain_get_genesis(&self) -> Result<TipSet, Error> {
        self.run(|chain| {
            let genesis = chain.store().genesis().map_err(Error::other)?;
            Ok((*genesis).clone())
        })
        .await
    }

    async fn chain_get_message(&self, message: Cid) -> Result<Message, Error> {
        self.run(move |chain| graph::message(chain, &message)).await
    }

    async fn chain_get_messages_in_tipset(
        &self,
        tipset: TipSetKey,
    ) -> Result<Vec<IncludedMessage>, Error> {
        self.run(move |chain| messages_of(chain, &*chain.tipset(&tipset)?))
            .await
    }

    async fn chain_get_node(&self, _path: String) -> Result<IpldObject, Error> {
        unserved("Filecoin.ChainGetNode")
    }

    async fn chain_get_parent_messages(&self, block: Cid) -> Result<Vec<IncludedMessage>, Error> {
        self.run(move |chain| match parent(chain, &block)? {
            Some(parent) => messages_of(chain, &parent),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn chain_get_parent_receipts(&self, block: Cid) -> Result<Vec<MessageReceipt>, Error> {
        self.run(move |chain| {
            let header = chain.store().header(&block).map_err(Error::other)?;
            match header.height {
                0 => Ok(Vec::new()),
                _ => {
                    let receipts = chain.store().receipts(&header.parent_message_receipts);
                    receipts.map_err(Error::other)
                }
            }
        })
        .await
    }

    async fn chain_get_path(
        &self,
        from: TipSetKey,
        to: TipSetKey,
    ) -> Result<Vec<HeadChange>, Error> {
        self.run(move |chain| {
            let (from, to) = (chain.tipset(&from)?, chain.tipset(&to)?);
            let path = chain.store().path(&from, &to).map_err(Error::other)?;
            Ok(steps(&path))
        })
        .await
    }

    async fn chain_get_tip_set(&self, tipset: TipSetKey) -> Result<TipSet, Error> {
        self.run(move |chain| Ok((*chain.tipset(&tipset)?).clone()))
            .await
    }

    async fn chain_get_tip_set_after_height(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<TipSet, Error> {
        self.at(epoch, tipset, NullRound::After).await
    }

    async fn chain_get_tip_set_by_height(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<TipSet, Error> {
        self.at(epoch, tipset, NullRound::Before).await
    }

    async fn chain_has_obj(&self, object: Cid) -> Result<bool, Error> {
        self.run(move |chain| {
            let blocks = chain.store().blocks();
            blocks.contains(object.inner()).map_err(Error::other)
        })
        .await
    }

    async fn chain_head(&self) -> Result<TipSet, Error> {
        Ok((*self.chain.head()).clone())
    }

    async fn chain_hot_gc(&self, _options: HotGcOpts) -> Result<(), Error> {
        unserved("Filecoin.ChainHotGC")
    }

    async fn chain_notify(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let sink = pending.accept().await?;
        let (mut last, mut changes) = self.chain.follow();
        let current = HeadChange {
            kind: HeadChangeType::Current,
            val: Some((*last).clone()),
        };
        let mut listens = send(&sink, &[current]).await;
        while listens {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = sink.closed() => break,
                () = self.shutdown.begun() => break,
            };
            let change = match change {
                Ok(change) => change,
                Err(RecvError::Closed) => break,
                // The way there instead of the steps that were missed: it leads to the same head.
                Err(RecvError::Lagged(_)) => {
                    let (from, (head, next)) = (last.clone(), self.chain.follow());
                    changes = next;
                    let path = move |chain: &dyn Chain| {
                        chain.store().path(&from, &head).map_err(Error::other)
                    };
                    match self.run(path).await {
                        Ok(path) => Arc::new(path),
                        Err(_) => break,
                    }
                }
            };
            if let Some(head) = change.applied.last() {
                last = head.clone();
            }
            let steps = steps(&change);
            listens = steps.is_empty() || send(&sink, &steps).await;
        }
        Ok(())
    }

    async fn chain_prune(&self, _options: PruneOpts) -> Result<(), Error> {
        unserved("Filecoin.ChainPrune")
    }

    async fn chain_put_obj(&self, _block: Value) -> Result<(), Error> {
        unserved("Filecoin.ChainPutObj")
    }

    async fn chain_read_obj(&self, object: Cid) -> Result<Bytes, Error> {
        self.run(move |chain| graph::read(chain, &object).map(Bytes))
            .await
    }

    async fn chain_set_head(&self, tipset: TipSetKey) -> Result<(), Error> {
        self.run(move |chain| chain.set_head(&chain.tipset(&tipset)?))
            .await
    }

    async fn chain_stat_obj(&self, object: Cid, base: Option<Cid>) -> Result<ObjStat, Error> {
        self.run(move |chain| graph::stat(chain, &object, base.as_ref()))
            .await
    }

    async fn chain_tip_set_weight(&self, tipset: TipSetKey) -> Result<BigInt, Error> {
        self.run(move |chain| chain.weight(&*chain.tipset(&tipset)?))
            .await
    }

    async fn chain_validate_index(
        &self,
        _epoch: i64,
        _backfill: bool,
    ) -> Result<IndexValidation, Error> {
        unserved("Filecoin.ChainValidateIndex")
    }
}
