//! The local network: a chain, the messages that wait, and the miner that makes blocks of them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lotus_chain::accounts::{Account, AccountsError};
use lotus_chain::chain::{self, ChainError, NETWORK_VERSION};
use lotus_chain::devnet::{BlockMode, Devnet};
use lotus_chain::keys::LOCAL_CHAIN_ID;
use lotus_chain::mempool::{LocalError, LocalMessages, MempoolError};
use lotus_chain::store::{ChainStore, HeadChange};
use lotus_chain::vm::ApplyKind;
use lotus_core::Error;
use lotus_core::types::{
    Address, BeaconEntry, BigInt, Cid, CirculatingSupply, InvocResult, Message, MsgLookup, TipSet,
};
use tokio::sync::broadcast;

use super::options::LocalNetwork;
use super::{Chain, NetworkId, Outcome, Pool, RandomnessSource};
use crate::node::invocation;

/// The name of a local network, which is in its genesis.
const NAME: &str = "localnet";

/// The miner that a local network begins with: `f01000`.
pub(crate) const MINER: Address = Address::new_id(chain::FIRST_MINER_ID);

/// The gas that a message may use that is only tried, in gas units: that of a whole block.
const CALL_GAS: i64 = lotus_chain::mempool::BLOCK_GAS_LIMIT.cast_signed();

/// Why a local network did not start.
#[derive(Debug, thiserror::Error)]
pub enum DevnetError {
    /// There are no such accounts.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The chain in the repo is another phrase's.
    #[error(
        "the chain in {} was started with another seed phrase, or its miner has another worker now; \
         start with that phrase, or with another repo", dir.display()
    )]
    OtherSeed {
        /// Where the chain is.
        dir: PathBuf,
    },
    /// The chain in the repo is from before its genesis had a miner.
    #[error(
        "the chain in {} was made by an earlier build of this program, whose networks had no miner, \
         and cannot be continued; move chain.redb and mpool.redb away to start a new one, or start \
         with another repo", dir.display()
    )]
    NoMiner {
        /// Where the chain is.
        dir: PathBuf,
    },
    /// The chain cannot be opened.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The messages that wait cannot be read.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The messages that wait cannot be read.
    #[error(transparent)]
    Pool(#[from] MempoolError),
}

/// The local network.
#[derive(Debug)]
pub(crate) struct LocalChain {
    engine: chain::Chain,
    network: NetworkId,
    pool: Pool,
    /// Who makes blocks, until the chain is closed.
    miner: Mutex<Option<Devnet>>,
}

/// The keys of a local network.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The accounts that have funds, the first of them first.
    pub(crate) funded: Vec<Account>,
    /// The owner and worker of its miner.
    pub(crate) miner: Account,
}

impl LocalChain {
    /// Opens the network in `dir`, or starts a new one there.
    ///
    /// # Errors
    /// [`DevnetError`] says what to change.
    pub(crate) fn open(
        mut options: LocalNetwork,
        dir: PathBuf,
    ) -> Result<(Self, Keys), DevnetError> {
        let seed = options.take_seed()?;
        let keys = Keys {
            funded: seed.funded(options.accounts)?,
            miner: seed.miner()?,
        };
        let worker = seed.miner()?;
        drop(seed);
        let accounts = keys.funded.iter().map(|account| {
            let balance = options.balance.clone();
            (account.address(), balance)
        });
        let block_delay = options.block_delay();
        let engine = chain::Chain::open(&chain::Options {
            dir: (!options.ephemeral).then(|| dir.clone()),
            network_name: NAME.to_owned(),
            chain_id: LOCAL_CHAIN_ID,
            block_delay,
            genesis_time: None,
            accounts: accounts.collect(),
            miners: vec![worker.address()],
        })?;
        if !engine.is_miner(&MINER)? {
            return Err(DevnetError::NoMiner { dir });
        }
        let local = match options.ephemeral {
            true => LocalMessages::ephemeral()?,
            false => LocalMessages::open(&dir.join("mpool.redb"))?,
        };
        let pool = Pool::open(&engine, local)?;
        let source = pool.messages().clone();
        let own = MINER;
        let miner = Devnet::start(engine.clone(), source, own, worker.key, options.blocks);
        let miner = miner.map_err(|error| match error {
            ChainError::NotAMiner(_) => DevnetError::OtherSeed { dir },
            error => error.into(),
        })?;
        let network = NetworkId {
            name: engine.network_name().to_owned(),
            chain_id: engine.chain_id(),
            block_delay,
            version: NETWORK_VERSION.into(),
        };
        let chain = Self {
            engine,
            network,
            pool,
            miner: Mutex::new(Some(miner)),
        };
        Ok((chain, keys))
    }
}

/// When blocks are made, for people.
pub(crate) fn described(blocks: BlockMode) -> String {
    match blocks {
        BlockMode::OnMessage => "as soon as a message waits".to_owned(),
        BlockMode::Every(period) => format!("every {period:?}"),
        BlockMode::MinersOnly => "by miners only".to_owned(),
    }
}

#[async_trait]
impl Chain for LocalChain {
    fn network(&self) -> &NetworkId {
        &self.network
    }

    fn store(&self) -> &ChainStore {
        self.engine.store()
    }

    fn head(&self) -> Arc<TipSet> {
        self.engine.head()
    }

    fn follow(&self) -> (Arc<TipSet>, broadcast::Receiver<Arc<HeadChange>>) {
        self.engine.follow()
    }

    fn set_head(&self, to: &Arc<TipSet>) -> Result<(), Error> {
        self.engine.set_head(to).map_err(Error::other)
    }

    fn weight(&self, tipset: &TipSet) -> Result<BigInt, Error> {
        self.engine.weight(tipset).map_err(Error::other)
    }

    fn supply(&self, tipset: &Arc<TipSet>) -> Result<CirculatingSupply, Error> {
        self.engine.supply(tipset).map_err(Error::other)
    }

    fn outcome(&self, tipset: &Arc<TipSet>) -> Result<Outcome, Error> {
        let executed = self.engine.executed(tipset).map_err(Error::other)?;
        Ok(Outcome {
            state: executed.state,
            receipts: executed.receipts,
        })
    }

    fn digest(
        &self,
        source: RandomnessSource,
        epoch: i64,
        tipset: &Arc<TipSet>,
    ) -> Result<[u8; 32], Error> {
        let digest = match source {
            RandomnessSource::Tickets => self.engine.ticket_digest(tipset, epoch),
            RandomnessSource::Beacon => self.engine.beacon_digest(tipset, epoch),
        };
        digest.map_err(Error::other)
    }

    fn beacon_entry(&self, epoch: i64) -> Result<BeaconEntry, Error> {
        self.engine.beacon_entry(epoch).map_err(Error::other)
    }

    fn search(
        &self,
        message: &Cid,
        from: &Arc<TipSet>,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<Option<MsgLookup>, Error> {
        let found = self
            .engine
            .search_message(message, Some(from), limit, allow_replaced);
        Ok(found.map_err(Error::other)?.map(MsgLookup::from))
    }

    async fn wait(
        &self,
        message: Cid,
        confidence: u64,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<MsgLookup, Error> {
        let found = self
            .engine
            .wait_message(message, confidence, limit, allow_replaced);
        Ok(found.await.map_err(Error::other)?.into())
    }

    fn call(&self, mut message: Message, tipset: &Arc<TipSet>) -> Result<InvocResult, Error> {
        if message.gas_limit == 0 {
            message.gas_limit = CALL_GAS;
        }
        let asked = [(message.clone(), ApplyKind::Implicit)];
        let applied = self.engine.simulate(&asked, tipset, true);
        let applied = applied.map_err(Error::other)?.pop();
        let applied = applied.ok_or_else(|| Error::other("the message was not executed"))?;
        invocation(message, None, applied)
    }

    fn replay(&self, tipset: &Arc<TipSet>, message: &Cid) -> Result<InvocResult, Error> {
        let replay = self.engine.replay(tipset, message).map_err(Error::other)?;
        invocation(replay.message, Some(replay.cid), replay.applied)
    }

    fn pool(&self) -> Result<&Pool, Error> {
        Ok(&self.pool)
    }

    fn is_stuck(&self) -> bool {
        let miner = self.miner.lock().unwrap_or_else(PoisonError::into_inner);
        miner.as_ref().is_some_and(Devnet::is_stuck)
    }

    fn producer(&self) -> Result<&chain::Chain, Error> {
        Ok(&self.engine)
    }

    fn close(&self) {
        let mut miner = self.miner.lock().unwrap_or_else(PoisonError::into_inner);
        drop(miner.take());
    }
}
