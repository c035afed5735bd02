//! A chain from a file, which can be read and does not grow.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use lotus_chain::store::state::StateReader;
use lotus_chain::store::{ChainStore, HeadChange, NullRound, StoreError};
use lotus_core::Error;
use lotus_core::types::{
    BeaconEntry, BigInt, Cid, CirculatingSupply, InvocResult, Message, MsgLookup, TipSet,
};
use serde_json::Value;
use tokio::sync::broadcast;

use super::{Chain, NetworkId, Outcome, Pool, RandomnessSource};

/// Seconds between two epochs on Filecoin's networks.
const BLOCK_DELAY: u64 = 30;

/// The network's rules at its head are not in the file; these are the newest that are known.
const NETWORK_VERSION: u32 = 27;

/// A chain from a CAR file.
#[derive(Debug)]
pub(crate) struct Imported {
    store: ChainStore,
    head: Arc<TipSet>,
    network: NetworkId,
    /// Nothing is ever sent.
    changes: broadcast::Sender<Arc<HeadChange>>,
}

impl Imported {
    /// Reads the file into a new database.
    ///
    /// # Errors
    /// The file is no chain, or is damaged; or there is a chain in the database.
    pub(crate) fn open(file: &Path, database: &Path) -> Result<Self, StoreError> {
        let store = ChainStore::open(database)?;
        let head = store.import_chain(file, &mut |_| {})?;
        let state = StateReader::open(store.blocks(), &head.parent_state())?;
        let name = state.network_name()?.unwrap_or_default();
        let chain_id = match name.as_str() {
            "mainnet" | "testnetnet" => 314,
            "calibrationnet" => 314_159,
            _ => 31_415_926,
        };
        // The actor's state has the name that mainnet began with.
        let name = match name.as_str() {
            "testnetnet" => "mainnet".to_owned(),
            _ => name,
        };
        Ok(Self {
            store,
            head,
            network: NetworkId {
                name,
                chain_id,
                block_delay: BLOCK_DELAY,
                version: NETWORK_VERSION,
            },
            changes: broadcast::Sender::new(1),
        })
    }

    /// What such a chain cannot do.
    fn read_only(what: &str) -> Error {
        Error::Other(format!(
            "the chain was imported from a file and is read-only, so {what}; start a daemon without \
             --import-chain for a local network"
        ))
    }
}

#[async_trait]
impl Chain for Imported {
    fn network(&self) -> &NetworkId {
        &self.network
    }

    fn store(&self) -> &ChainStore {
        &self.store
    }

    fn head(&self) -> Arc<TipSet> {
        self.head.clone()
    }

    fn follow(&self) -> (Arc<TipSet>, broadcast::Receiver<Arc<HeadChange>>) {
        (self.head(), self.changes.subscribe())
    }

    fn set_head(&self, _to: &Arc<TipSet>) -> Result<(), Error> {
        Err(Self::read_only("its head stays where it is"))
    }

    /// What its blocks say of it, for all but the last.
    fn weight(&self, tipset: &TipSet) -> Result<BigInt, Error> {
        if tipset.height() == 0 {
            return Ok(tipset.parent_weight().clone());
        }
        let above = tipset.height().saturating_add(1);
        if above > self.head.height() {
            return Err(Self::read_only("what its last tipset weighs is not known"));
        }
        let next = self.store.tipset_by_height(above, None, NullRound::After);
        Ok(next.map_err(Error::other)?.parent_weight().clone())
    }

    fn supply(&self, _tipset: &Arc<TipSet>) -> Result<CirculatingSupply, Error> {
        Err(Self::read_only("its supply is not known"))
    }

    /// What the next tipset says of it.
    fn outcome(&self, tipset: &Arc<TipSet>) -> Result<Outcome, Error> {
        let above = tipset.height().saturating_add(1);
        let next = match tipset.height() {
            0 => tipset.clone(),
            _ if above > self.head.height() => {
                return Err(Self::read_only(
                    "what its last tipset leads to is not known",
                ));
            }
            _ => {
                let next = self.store.tipset_by_height(above, None, NullRound::After);
                next.map_err(Error::other)?
            }
        };
        Ok(Outcome {
            state: next.parent_state(),
            receipts: next.parent_receipts(),
        })
    }

    fn digest(
        &self,
        _source: RandomnessSource,
        _epoch: i64,
        _tipset: &Arc<TipSet>,
    ) -> Result<[u8; 32], Error> {
        Err(Self::read_only("nothing is drawn from it"))
    }

    fn beacon_entry(&self, _epoch: i64) -> Result<BeaconEntry, Error> {
        Err(Self::read_only("nothing is drawn from it"))
    }

    fn search(
        &self,
        message: &Cid,
        from: &Arc<TipSet>,
        limit: i64,
        _allow_replaced: bool,
    ) -> Result<Option<MsgLookup>, Error> {
        let Some(found) = self.store.search_message(message).map_err(Error::other)? else {
            return Ok(None);
        };
        let near = limit < 0 || from.height().saturating_sub(found.tipset.height()) < limit;
        let executed = found
            .executed
            .filter(|executed| near && executed.tipset.height() <= from.height());
        Ok(executed.map(|executed| MsgLookup {
            message: *message,
            receipt: executed.receipt,
            return_dec: Value::Null,
            tip_set: executed.tipset.key().clone(),
            height: executed.tipset.height(),
        }))
    }

    async fn wait(
        &self,
        message: Cid,
        _confidence: u64,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<MsgLookup, Error> {
        let found = self.search(&message, &self.head, limit, allow_replaced)?;
        found.ok_or_else(|| Self::read_only("a message that is not in it never will be"))
    }

    fn call(&self, _message: Message, _tipset: &Arc<TipSet>) -> Result<InvocResult, Error> {
        Err(Self::read_only("no message is executed on it"))
    }

    fn replay(&self, _tipset: &Arc<TipSet>, _message: &Cid) -> Result<InvocResult, Error> {
        Err(Self::read_only("no message is executed on it"))
    }

    fn pool(&self) -> Result<&Pool, Error> {
        Err(Self::read_only("it takes no messages"))
    }

    fn producer(&self) -> Result<&lotus_chain::chain::Chain, Error> {
        Err(Self::read_only("no block is made on it"))
    }

    fn close(&self) {}
}
