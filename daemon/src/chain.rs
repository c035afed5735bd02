//! The seam between the node's methods and the chain behind them.
//!
//! Everything that a method needs of a chain is a verb of `Chain`. The local network of `devnet` is
//! one, a chain from a file (`imported`) another.

pub(crate) mod devnet;
pub(crate) mod imported;
mod networks;
pub mod options;
pub(crate) mod place;
pub(crate) mod pool;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use lotus_chain::store::state::StateReader;
use lotus_chain::store::{ChainBlockstore, ChainStore, HeadChange};
use lotus_core::Error;
use lotus_core::types::{
    Address, BeaconEntry, BigInt, Cid, CirculatingSupply, ForkUpgradeParams, InvocResult, Message,
    MsgLookup, TipSet, TipSetKey, TokenAmount,
};
use tokio::sync::broadcast;

pub(crate) use pool::Pool;

use crate::task;

/// What tells a chain from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkId {
    /// The network's name, such as `mainnet`; `localnet` for a local one.
    pub(crate) name: String,
    /// Its EIP-155 chain ID.
    pub(crate) chain_id: u64,
    /// The seconds between two epochs.
    pub(crate) block_delay: u64,
    /// The version of its rules at its head.
    pub(crate) version: u32,
}

/// What executing a tipset leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The root of the state after its messages.
    pub(crate) state: Cid,
    /// The root of their receipts.
    pub(crate) receipts: Cid,
}

/// What randomness is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RandomnessSource {
    /// The tickets of the blocks.
    Tickets,
    /// The beacon's entries in them.
    Beacon,
}

/// A chain.
///
/// Its methods block their thread, for the disk and for the virtual machine, unless they are
/// `async`: [`blocking`] calls them where that is allowed.
#[async_trait]
pub(crate) trait Chain: Debug + Send + Sync + 'static {
    /// Which chain it is.
    fn network(&self) -> &NetworkId;

    /// The version of its rules at an epoch.
    ///
    /// # Errors
    /// It is not known.
    fn version(&self, _epoch: i64) -> Result<u32, Error> {
        Ok(self.network().version)
    }

    /// The epochs at which its rules changed; all 0 if they never did.
    fn upgrades(&self) -> ForkUpgradeParams {
        ForkUpgradeParams::default()
    }

    /// Whether its actors are those that this program has the codes of.
    fn has_known_actors(&self) -> bool {
        true
    }

    /// What it keeps: blocks, messages, receipts, heights.
    fn store(&self) -> &ChainStore;

    /// The last tipset.
    fn head(&self) -> Arc<TipSet>;

    /// The head, and every move from it on.
    fn follow(&self) -> (Arc<TipSet>, broadcast::Receiver<Arc<HeadChange>>);

    /// Moves the head whatever it weighs.
    ///
    /// # Errors
    /// It cannot be moved there.
    fn set_head(&self, to: &Arc<TipSet>) -> Result<(), Error>;

    /// What the chain that ends with a tipset weighs.
    ///
    /// # Errors
    /// Its state is not here.
    fn weight(&self, tipset: &TipSet) -> Result<BigInt, Error>;

    /// The supply of FIL before a tipset's messages.
    ///
    /// # Errors
    /// Its state is not here.
    fn supply(&self, tipset: &Arc<TipSet>) -> Result<CirculatingSupply, Error>;

    /// What a tipset leads to.
    ///
    /// # Errors
    /// It is not known: nothing has executed it.
    fn outcome(&self, tipset: &Arc<TipSet>) -> Result<Outcome, Error>;

    /// The digest of an epoch's ticket or beacon entry in the chain that ends with a tipset, from
    /// which randomness is drawn.
    ///
    /// # Errors
    /// The epoch is above the tipset, or the chain is too short to know.
    fn digest(
        &self,
        source: RandomnessSource,
        epoch: i64,
        tipset: &Arc<TipSet>,
    ) -> Result<[u8; 32], Error>;

    /// The beacon's entry for an epoch.
    ///
    /// # Errors
    /// It is not known, and cannot be computed.
    fn beacon_entry(&self, epoch: i64) -> Result<BeaconEntry, Error>;

    /// Where a message was executed in the chain that ends with `from`, at most `limit` epochs back
    /// (-1 is no limit).
    ///
    /// # Errors
    /// Another message has taken its place and `allow_replaced` is not set; or a block is not here.
    fn search(
        &self,
        message: &Cid,
        from: &Arc<TipSet>,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<Option<MsgLookup>, Error>;

    /// Waits until a message has been executed with `confidence` epochs above it. The rest is as in
    /// [`Chain::search`].
    ///
    /// # Errors
    /// As [`Chain::search`]; or nobody has seen the message.
    async fn wait(
        &self,
        message: Cid,
        confidence: u64,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<MsgLookup, Error>;

    /// What a message would do on top of a tipset. Nothing of it is kept.
    ///
    /// # Errors
    /// The chain has no virtual machine, or it fails.
    fn call(&self, message: Message, tipset: &Arc<TipSet>) -> Result<InvocResult, Error>;

    /// What a message of a tipset has done.
    ///
    /// # Errors
    /// As [`Chain::call`]; or it is not in that tipset.
    fn replay(&self, tipset: &Arc<TipSet>, message: &Cid) -> Result<InvocResult, Error>;

    /// The messages that wait.
    ///
    /// # Errors
    /// The chain takes no messages.
    fn pool(&self) -> Result<&Pool, Error>;

    /// Whether blocks that are due cannot be made at the moment. It is tried again.
    fn is_stuck(&self) -> bool {
        false
    }

    /// What makes blocks for miners, and takes them.
    ///
    /// # Errors
    /// The chain does not grow.
    fn producer(&self) -> Result<&lotus_chain::chain::Chain, Error>;

    /// Stops making blocks; what is there can still be read.
    fn close(&self);
}

impl dyn Chain {
    /// The tipset with a key; the head for the empty one.
    ///
    /// # Errors
    /// A block is not here, or they make no tipset.
    pub(crate) fn tipset(&self, key: &TipSetKey) -> Result<Arc<TipSet>, Error> {
        match key.is_empty() {
            true => Ok(self.head()),
            false => {
                let found = self.store().tipset(key);
                found.map_err(|error| Error::Other(format!("loading tipset {key}: {error}")))
            }
        }
    }

    /// The state about which a method is asked that names a tipset: the one before its messages, as
    /// in Lotus.
    ///
    /// # Errors
    /// The tipset or its state is not here.
    pub(crate) fn state(&self, key: &TipSetKey) -> Result<StateReader<ChainBlockstore>, Error> {
        let tipset = self.tipset(key)?;
        self.state_at(&tipset.parent_state())
    }

    /// The state with a root.
    ///
    /// # Errors
    /// It is not here.
    pub(crate) fn state_at(&self, root: &Cid) -> Result<StateReader<ChainBlockstore>, Error> {
        StateReader::open(self.store().blocks().clone(), root).map_err(Error::other)
    }

    /// What an account has at the head: nothing, if there is none.
    ///
    /// # Errors
    /// The state is not here.
    pub(crate) fn balance(&self, address: &Address) -> Result<TokenAmount, Error> {
        let actor = self.state(&TipSetKey::default())?.actor(address);
        let actor = actor.map_err(Error::other)?;
        Ok(actor.map(|actor| actor.balance.into()).unwrap_or_default())
    }
}

/// Runs work on a chain where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    chain: &Arc<dyn Chain>,
    work: impl FnOnce(&dyn Chain) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let chain = chain.clone();
    match task::blocking(move || work(&*chain)).await {
        Ok(result) => result,
        Err(error) => Err(Error::Other(format!("the chain failed: {error}"))),
    }
}
