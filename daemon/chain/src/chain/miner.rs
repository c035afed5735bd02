//! Who makes blocks: the key that signs them, and the power behind it.

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::CborStore;
use fvm_ipld_hamt::{BytesKey, Hamt};
use fvm_shared::HAMT_BIT_WIDTH;
use fvm_shared::address::Protocol;
use fvm_shared::bigint::BigInt;
use lotus_types::{Address, Cid, MiningBaseInfo, TipSet, TokenAmount};
use serde::de::DeserializeOwned;

use super::election::Power;
use super::{Chain, ChainError, beacon, make};
use crate::mempool::Account;
use crate::store::state::StateReader;
use crate::store::{ChainBlockstore, StoreError};
use crate::vm::VmError;
use crate::vm::actors::{miner, power, reward};
use crate::vm::manifest::{ActorKind, POWER_ACTOR_ID, REWARD_ACTOR_ID};

/// What must be in the store.
fn read<T: DeserializeOwned>(
    blocks: &ChainBlockstore,
    what: &'static str,
    cid: &cid::Cid,
) -> Result<T, ChainError> {
    let found = blocks.get_cbor(cid).map_err(VmError::Store)?;
    let cid = (*cid).into();
    Ok(found.ok_or(StoreError::Missing { what, cid })?)
}

impl Chain {
    /// The key behind an address after a tipset (Lotus's `StateAccountKey`): of an account its f1 or
    /// f3 address, of an Ethereum account its f410 address. `None` if no key signs for it, or there
    /// is no such actor.
    ///
    /// # Errors
    /// As [`Chain::state`].
    pub fn account_key(
        &self,
        address: &Address,
        tipset: &TipSet,
    ) -> Result<Option<Address>, ChainError> {
        self.key_in(&self.executed(tipset)?.state, address)
    }

    fn key_in(&self, state: &Cid, address: &Address) -> Result<Option<Address>, ChainError> {
        let account = Account::read(self.store().blocks(), state, address)?;
        Ok(account.and_then(|account| account.key))
    }

    /// The BLS key that signs a miner's blocks, in the state with this root. `None` if it is no miner,
    /// or its worker has no such key.
    pub(super) fn worker_key(
        &self,
        state: &Cid,
        miner: &Address,
    ) -> Result<Option<Address>, ChainError> {
        let reader = StateReader::open(self.store().blocks(), state)?;
        let key = match self.miner_actor(&reader, miner)? {
            Some((_, info)) => self.key_in(state, &info.worker.into())?,
            None => None,
        };
        Ok(key.filter(|key| key.protocol() == Some(Protocol::BLS)))
    }

    /// What a miner is; `None` if it is none.
    fn miner_actor<S: Blockstore>(
        &self,
        state: &StateReader<S>,
        miner: &Address,
    ) -> Result<Option<(miner::State, miner::MinerInfo)>, ChainError> {
        let Some(actor) = state.actor(miner)? else {
            return Ok(None);
        };
        if ActorKind::of(&actor.code) != Some(ActorKind::Miner) {
            return Ok(None);
        }
        let blocks = self.store().blocks();
        let state: miner::State = read(blocks, "state of a miner", &actor.state)?;
        let info = read(blocks, "info of a miner", &state.info)?;
        Ok(Some((state, info)))
    }

    /// Whether there is a miner with this address after the head.
    ///
    /// # Errors
    /// As [`Chain::state`].
    pub fn is_miner(&self, address: &Address) -> Result<bool, ChainError> {
        let state = self.state(&self.head())?;
        Ok(self.miner_actor(&state, address)?.is_some())
    }

    /// The quality-adjusted power of the whole network, in bytes.
    pub(super) fn network_power(
        &self,
        state: &StateReader<ChainBlockstore>,
    ) -> Result<BigInt, ChainError> {
        Ok(self.power_state(state)?.total_quality_adj_power)
    }

    pub(super) fn power_state(
        &self,
        state: &StateReader<ChainBlockstore>,
    ) -> Result<power::State, ChainError> {
        let what = "state of the power actor";
        let actor = state.actor_by_id(POWER_ACTOR_ID)?;
        let actor = actor.ok_or_else(|| VmError::Inconsistent("there is no f04".to_owned()))?;
        read(self.store().blocks(), what, &actor.state)
    }

    /// The power of a miner, by its id address, and of the network.
    pub(super) fn power(
        &self,
        state: &StateReader<ChainBlockstore>,
        miner: &Address,
    ) -> Result<Power, ChainError> {
        let power = self.power_state(state)?;
        let key = miner
            .inner()
            .map(|miner| miner.to_bytes())
            .unwrap_or_default();
        let claims = Hamt::<_, power::Claim>::load_with_bit_width(
            &power.claims,
            self.store().blocks(),
            HAMT_BIT_WIDTH,
        );
        let claim = claims
            .and_then(|claims| Ok(claims.get(&BytesKey(key))?.cloned()))
            .map_err(|error| VmError::Store(error.into()))?;
        Ok(Power {
            miner: claim
                .map(|claim| claim.quality_adj_power)
                .unwrap_or_default(),
            network: power.total_quality_adj_power,
        })
    }

    /// What creating a miner in a tipset costs, of which nothing is lost: it vests as rewards do
    /// (FIP-0077, Lotus's `StateMinerCreationDeposit`).
    ///
    /// # Errors
    /// The state before the tipset is not here.
    pub fn creation_deposit(&self, tipset: &TipSet) -> Result<TokenAmount, ChainError> {
        let state = self.state_before(tipset)?;
        let missing = || VmError::Inconsistent("there is no f02".to_owned());
        let actor = state.actor_by_id(REWARD_ACTOR_ID)?.ok_or_else(missing)?;
        let what = "state of the reward actor";
        let reward: reward::State = read(self.store().blocks(), what, &actor.state)?;
        let power = self.power_state(&state)?;
        let circulating = self.circulating(&state)?;
        let epoch = tipset.height();
        Ok(miner::creation_deposit(&reward.into(), &power.into(), &circulating, epoch).into())
    }

    /// What a miner needs to take part in the election of an epoch on top of a tipset (Lotus's
    /// `MinerGetBaseInfo`); `None` if it is no miner or, in a network with power, has none.
    ///
    /// Lotus looks ten epochs back for power and worker; here it is the state after the tipset.
    ///
    /// # Errors
    /// The epoch cannot follow the tipset; or as [`Chain::state`].
    pub fn mining_base(
        &self,
        miner: &Address,
        epoch: i64,
        parents: &TipSet,
    ) -> Result<Option<MiningBaseInfo>, ChainError> {
        make::check_epoch(epoch, parents)?;
        let state = self.state(parents)?;
        let Some(id) = state.lookup_id(miner)? else {
            return Ok(None);
        };
        let miner = Address::new_id(id);
        let Some((actor, info)) = self.miner_actor(&state, &miner)? else {
            return Ok(None);
        };
        let Some(worker_key) = self.worker_key(&self.executed(parents)?.state, &miner)? else {
            return Ok(None);
        };
        let power = self.power(&state, &miner)?;
        let nothing = BigInt::default();
        if power.network > nothing && power.miner == nothing {
            return Ok(None);
        }
        Ok(Some(MiningBaseInfo {
            miner_power: power.miner.into(),
            network_power: power.network.into(),
            sectors: Vec::new(),
            worker_key,
            sector_size: info.sector_size as u64,
            prev_beacon_entry: beacon::last(parents),
            beacon_entries: beacon::entries(parents, epoch),
            eligible_for_mining: actor.fee_debt.is_zero() && info.consensus_fault_elapsed < epoch,
        }))
    }
}
