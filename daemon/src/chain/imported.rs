//! A chain from a file, which can be read and does not grow.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use lotus_chain::chain::NETWORK_VERSION;
use lotus_chain::store::state::StateReader;
use lotus_chain::store::{ChainBlockstore, ChainStore, HeadChange, NullRound, StoreError};
use lotus_chain::vm::manifest::{ActorKind, INIT_ACTOR_ID};
use lotus_core::Error;
use lotus_core::types::{
    BeaconEntry, BigInt, Cid, CirculatingSupply, ForkUpgradeParams, InvocResult, Message,
    MsgLookup, TipSet,
};
use serde_json::Value;
use tokio::sync::broadcast;

use super::options::Import;
use super::{Chain, NetworkId, Outcome, Pool, RandomnessSource, networks};

/// A chain from a CAR file.
#[derive(Debug)]
pub(crate) struct Imported {
    store: ChainStore,
    head: Arc<TipSet>,
    network: NetworkId,
    rules: Rules,
    /// Whether the file had the messages of all epochs.
    is_complete: bool,
    /// Nothing is ever sent.
    changes: broadcast::Sender<Arc<HeadChange>>,
}

/// What is known of the version of the chain's rules.
#[derive(Debug)]
enum Rules {
    /// A local network's, which never change.
    Local,
    /// Those of a network whose upgrades are known.
    Upgraded(Box<ForkUpgradeParams>),
    /// Nothing.
    Unknown,
}

impl Imported {
    /// Reads a file into a new database, and closes it.
    ///
    /// # Errors
    /// The file is no chain, or is damaged; or there is a chain in the database.
    pub(super) fn read(import: Import, database: &Path) -> Result<(), StoreError> {
        let store = ChainStore::open(database)?;
        let mut watch = import.watch;
        let head = store.import_chain(import.source, &mut |progress| {
            if let Some(watch) = &mut watch {
                (watch.0)(progress);
            }
        })?;
        // Nothing is shown any more where the log is written.
        drop(watch);
        let network = Self::new(store)?.network.name;
        let (height, key) = (head.height(), head.key());
        tracing::info!(target: "chain", network, height, "accepting {key} as new head");
        Ok(())
    }

    /// Opens a database.
    ///
    /// # Errors
    /// There is no chain in it, or it cannot be used.
    pub(super) fn open(database: &Path) -> Result<Self, StoreError> {
        Self::new(ChainStore::open(database)?)
    }

    fn new(store: ChainStore) -> Result<Self, StoreError> {
        let head = store.heaviest()?;
        let state = newest_state(&store, &head)?;
        let name = state.network_name()?.unwrap_or_default();
        let init = state.actor_by_id(INIT_ACTOR_ID)?;
        let is_local = init.is_some_and(|init| ActorKind::of(&init.code).is_some());
        let mut network = networks::identify(name, block_delay(&store, &head), 0);
        let rules = match networks::upgrades(&network.name) {
            Some(upgrades) => {
                network.version = networks::version(&upgrades, head.height());
                Rules::Upgraded(Box::new(upgrades))
            }
            None if is_local => {
                network.version = NETWORK_VERSION.into();
                Rules::Local
            }
            None => Rules::Unknown,
        };
        Ok(Self {
            is_complete: is_complete(&store)?,
            store,
            head,
            network,
            rules,
            changes: broadcast::Sender::new(1),
        })
    }

    /// What such a chain cannot do.
    fn read_only(what: &str) -> Error {
        Error::Other(format!(
            "the chain was imported from a file and is read-only, so {what}; for a local network \
             start a daemon on another repo"
        ))
    }
}

/// The newest state that the file had: that of its last tipsets may be missing.
fn newest_state(
    store: &ChainStore,
    head: &Arc<TipSet>,
) -> Result<StateReader<ChainBlockstore>, StoreError> {
    let mut tipset = head.clone();
    loop {
        match StateReader::open(store.blocks().clone(), &tipset.parent_state()) {
            Err(missing @ StoreError::Missing { .. }) => {
                tipset = match store.parent(&tipset) {
                    Ok(Some(parent)) => parent,
                    _ => return Err(missing),
                };
            }
            done => return done,
        }
    }
}

/// The seconds between two epochs, as the last two tipsets show; `None` if there is only one.
fn block_delay(store: &ChainStore, head: &TipSet) -> Option<u64> {
    let parent = store.parent(head).ok()??;
    let seconds = head.min_timestamp().checked_sub(parent.min_timestamp())?;
    let epochs = u64::try_from(head.height().checked_sub(parent.height())?).ok()?;
    seconds.checked_div(epochs)
}

/// Whether there are messages from the first epoch on: an export may leave out the old ones.
fn is_complete(store: &ChainStore) -> Result<bool, StoreError> {
    let first = match store.tipset_by_height(1, None, NullRound::After) {
        Ok(first) => first,
        // There is only the genesis, which has no messages.
        Err(StoreError::AboveStart) => return Ok(true),
        Err(error) => return Err(error),
    };
    for block in first.blocks() {
        if !store.blocks().contains(block.messages.inner())? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[async_trait]
impl Chain for Imported {
    fn network(&self) -> &NetworkId {
        &self.network
    }

    fn version(&self, epoch: i64) -> Result<u32, Error> {
        match &self.rules {
            Rules::Local => Ok(self.network.version),
            Rules::Upgraded(upgrades) => Ok(networks::version(upgrades, epoch)),
            Rules::Unknown => Err(Error::Other(format!(
                "when the rules of network {:?} changed is not known here; ask a node of that \
                 network",
                self.network.name
            ))),
        }
    }

    fn upgrades(&self) -> ForkUpgradeParams {
        match &self.rules {
            Rules::Upgraded(upgrades) => (**upgrades).clone(),
            Rules::Local | Rules::Unknown => ForkUpgradeParams::default(),
        }
    }

    fn has_known_actors(&self) -> bool {
        matches!(self.rules, Rules::Local)
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
            return match self.is_complete {
                true => Ok(None),
                false => Err(Error::Other(format!(
                    "{message} is not among the messages that the file of this chain has, and it does \
                     not have all; ask a node that has the whole chain"
                ))),
            };
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
