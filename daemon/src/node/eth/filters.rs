//! `EthFilter`: new blocks and new pending transactions, for tools that poll. Logs are the EVM's.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::eth::filter::EthFilterServer;
use lotus_core::types::{
    EthFilterMatch, EthFilterSpec, EthHash, EthSubscriptionKind, EthSubscriptionParams,
    MpoolChange, MpoolUpdate, TipSet,
};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use uuid::Uuid;

use super::index::of_message;
use super::tipset::hash;
use crate::chain::{Chain, blocking};
use crate::node::unserved;

/// How many filters there are at most (Lotus `Events.MaxFilters`).
const MAX_FILTERS: usize = 100;
/// How long a filter lives that nobody polls (Lotus `Events.FilterTTL`).
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The methods of `EthFilter`.
#[derive(Clone)]
pub(crate) struct FilterRpc {
    chain: Arc<dyn Chain>,
    filters: Arc<Mutex<HashMap<EthHash, Filter>>>,
}

impl fmt::Debug for FilterRpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilterRpc").finish_non_exhaustive()
    }
}

/// What somebody polls for.
struct Filter {
    polled: Instant,
    what: What,
}

enum What {
    /// Blocks after this one.
    Blocks(Arc<TipSet>),
    /// Transactions that come into the pool.
    Pending(Receiver<MpoolUpdate>),
}

impl FilterRpc {
    pub(crate) fn new(chain: Arc<dyn Chain>) -> FilterRpc {
        FilterRpc {
            chain,
            filters: Arc::default(),
        }
    }

    fn install(&self, what: What) -> Result<EthHash, Error> {
        let polled = Instant::now();
        let mut filters = self.filters.lock().unwrap_or_else(PoisonError::into_inner);
        filters.retain(|_, filter| filter.polled.elapsed() < LIFETIME);
        if filters.len() >= MAX_FILTERS {
            return Err(Error::other("maximum number of filters registered"));
        }
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let mut id = EthHash::default();
        id.0[..16].copy_from_slice(one.as_bytes());
        id.0[16..].copy_from_slice(other.as_bytes());
        filters.insert(id, Filter { polled, what });
        Ok(id)
    }
}

impl What {
    /// What is new since it was last asked.
    fn poll(&mut self, chain: &dyn Chain) -> Result<Vec<EthHash>, Error> {
        match self {
            What::Blocks(last) => {
                let head = chain.head();
                let path = chain.store().path(last, &head).map_err(Error::other)?;
                *last = head;
                let applied = path.applied.iter();
                Ok(applied.map(|tipset| hash(tipset.key())).collect())
            }
            What::Pending(updates) => {
                let mut found = Vec::new();
                loop {
                    match updates.try_recv() {
                        Ok(update) if update.kind == MpoolChange::Add => {
                            let chain_id = chain.network().chain_id;
                            let signed = update.message.as_ref();
                            found.extend(signed.and_then(|signed| of_message(signed, chain_id)));
                        }
                        // Whoever polls too seldom misses the oldest.
                        Ok(_) | Err(TryRecvError::Lagged(_)) => {}
                        Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(found),
                    }
                }
            }
        }
    }
}

#[async_trait]
impl EthFilterServer for FilterRpc {
    async fn eth_get_filter_changes(&self, filter: EthHash) -> Result<Vec<EthFilterMatch>, Error> {
        let filters = self.filters.clone();
        blocking(&self.chain, move |chain| {
            let mut filters = filters.lock().unwrap_or_else(PoisonError::into_inner);
            let found = filters.get_mut(&filter);
            let found = found.ok_or_else(|| Error::other("filter not found"))?;
            found.polled = Instant::now();
            let new = found.what.poll(chain)?;
            Ok(new.into_iter().map(EthFilterMatch::Hash).collect())
        })
        .await
    }

    async fn eth_get_filter_logs(&self, _filter: EthHash) -> Result<Vec<EthFilterMatch>, Error> {
        unserved("Filecoin.EthGetFilterLogs")
    }

    async fn eth_get_logs(&self, _filter: EthFilterSpec) -> Result<Vec<EthFilterMatch>, Error> {
        unserved("Filecoin.EthGetLogs")
    }

    async fn eth_new_block_filter(&self) -> Result<EthHash, Error> {
        self.install(What::Blocks(self.chain.head()))
    }

    async fn eth_new_filter(&self, _filter: EthFilterSpec) -> Result<EthHash, Error> {
        unserved("Filecoin.EthNewFilter")
    }

    async fn eth_new_pending_transaction_filter(&self) -> Result<EthHash, Error> {
        let updates = self.chain.pool()?.messages().subscribe();
        self.install(What::Pending(updates))
    }

    async fn eth_subscribe(
        &self,
        _kind: EthSubscriptionKind,
        _params: Option<EthSubscriptionParams>,
    ) -> Result<EthHash, Error> {
        unserved("Filecoin.EthSubscribe")
    }

    async fn eth_uninstall_filter(&self, filter: EthHash) -> Result<bool, Error> {
        let mut filters = self.filters.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(filters.remove(&filter).is_some())
    }

    async fn eth_unsubscribe(&self, _subscription: EthHash) -> Result<bool, Error> {
        unserved("Filecoin.EthUnsubscribe")
    }
}
