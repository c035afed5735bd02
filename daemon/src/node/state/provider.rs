//! A storage miner in a state, for the methods that read it.
//!
//! What is known here are the actors of a local network, and their miners have no sectors. Of a miner
//! of another network's actors, or one that has sectors, nothing is told rather than something wrong.

use std::sync::Arc;

use fvm_ipld_amt::Amt;
use fvm_ipld_encoding::CborStore;
use fvm_shared::econ;
use fvm_shared::state::ActorState;
use ipld_core::ipld::Ipld;
use lotus_chain::store::state::StateReader;
use lotus_chain::store::{ChainBlockstore, ChainStore};
use lotus_chain::vm::actors::{miner, power};
use lotus_chain::vm::blocks::Blocks as Buffer;
use lotus_chain::vm::manifest::{ActorKind, POWER_ACTOR_ID};
use lotus_core::Error;
use lotus_core::types::{Address, TipSetKey};
use serde::de::DeserializeOwned;

use crate::chain::Chain;

/// A miner, in the state before a tipset's messages.
pub(super) struct Provider {
    /// Its id address.
    pub(super) address: Address,
    /// What it owns.
    pub(super) balance: econ::TokenAmount,
    /// Its state.
    pub(super) state: miner::State,
    /// The epoch of the tipset.
    pub(super) epoch: i64,
    blocks: ChainBlockstore,
}

impl Provider {
    /// Reads a miner.
    ///
    /// # Errors
    /// There is no such actor (code 11), it is no miner, or not of the actors that are known here.
    pub(super) fn read(
        chain: &dyn Chain,
        address: &Address,
        tipset: &TipSetKey,
    ) -> Result<Self, Error> {
        let tipset = chain.tipset(tipset)?;
        let state = chain.state_at(&tipset.parent_state())?;
        let id = state.lookup_id(address).map_err(Error::other)?;
        let id = id.ok_or(Error::ActorNotFound)?;
        let address = Address::new_id(id);
        let actor = known(&state, id)?;
        if ActorKind::of(&actor.code) != Some(ActorKind::Miner) {
            let code: lotus_core::types::Cid = actor.code.into();
            return Err(Error::Other(format!(
                "failed to load miner actor state: {address} is no miner: unknown actor code {code}"
            )));
        }
        let blocks = chain.store().blocks().clone();
        Ok(Self {
            address,
            state: get(&blocks, &actor.state)?,
            balance: actor.balance,
            epoch: tipset.height(),
            blocks,
        })
    }

    /// Who controls it, and where it is reached.
    ///
    /// # Errors
    /// Part of the state is not here.
    pub(super) fn info(&self) -> Result<miner::MinerInfo, Error> {
        get(&self.blocks, &self.state.info)
    }

    /// What it can withdraw, once what has vested before this epoch is freed (Lotus
    /// `StateMinerAvailableBalance`).
    ///
    /// # Errors
    /// Part of the state is not here.
    pub(super) fn available(&self) -> Result<econ::TokenAmount, Error> {
        let funds = self.state.vesting_funds.load(&buffer(&self.blocks));
        let funds = funds.map_err(Error::other)?;
        let due = funds.iter().filter(|fund| fund.epoch < self.epoch);
        let vested: econ::TokenAmount = due.map(|fund| &fund.amount).sum();
        let available = self.state.available_balance(&self.balance);
        Ok(available.map_err(Error::other)? + vested)
    }

    /// Its deadlines, in order.
    ///
    /// # Errors
    /// Part of the state is not here.
    pub(super) fn deadlines(&self) -> Result<Vec<miner::Deadline>, Error> {
        let deadlines: miner::Deadlines = get(&self.blocks, &self.state.deadlines)?;
        let read = |cid| get(&self.blocks, cid);
        deadlines.due.iter().map(read).collect()
    }

    /// How many entries the array with this root has.
    ///
    /// # Errors
    /// It is not here.
    pub(super) fn count(&self, root: &cid::Cid) -> Result<u64, Error> {
        let array = Amt::<Ipld, _>::load(root, &self.blocks);
        Ok(array.map_err(Error::other)?.count())
    }

    /// The sector numbers that it has used.
    ///
    /// # Errors
    /// Part of the state is not here.
    pub(super) fn allocated(&self) -> Result<fvm_ipld_bitfield::BitField, Error> {
        get(&self.blocks, &self.state.allocated_sectors)
    }

    /// Confirms that it has no sectors and never had: then every question about them has the answer
    /// that there are none.
    ///
    /// # Errors
    /// It has.
    pub(super) fn without_sectors(&self) -> Result<(), Error> {
        let mut sectors = self.count(&self.state.sectors)?;
        for deadline in self.deadlines()? {
            sectors += deadline.total_sectors;
        }
        match sectors == 0 && self.allocated()?.is_empty() {
            true => Ok(()),
            false => Err(Error::Other(format!(
                "{} has sectors, which this daemon cannot read; ask a full node of its network",
                self.address
            ))),
        }
    }
}

/// The power of all miners, in a state.
///
/// # Errors
/// The actors are not those that are known here, or part of the state is not here.
pub(super) fn power(
    store: &ChainStore,
    state: &StateReader<ChainBlockstore>,
) -> Result<(power::State, Buffer), Error> {
    let actor = known(state, POWER_ACTOR_ID)?;
    let blocks = store.blocks();
    Ok((get(blocks, &actor.state)?, buffer(blocks)))
}

/// An actor whose state can be read here.
///
/// # Errors
/// There is none (code 11), or it is of other actors.
pub(super) fn known(state: &StateReader<ChainBlockstore>, id: u64) -> Result<ActorState, Error> {
    let actor = state.actor_by_id(id).map_err(Error::other)?;
    let actor = actor.ok_or(Error::ActorNotFound)?;
    if ActorKind::of(&actor.code).is_some() {
        return Ok(actor);
    }
    let code: lotus_core::types::Cid = actor.code.into();
    Err(Error::Other(format!(
        "unknown actor code {code}: this daemon knows the actors of a local network (version 17), \
         and {} is of others; ask a full node of its network",
        Address::new_id(id)
    )))
}

/// A part of a state.
///
/// # Errors
/// It is not here, or not what it must be.
pub(super) fn get<T: DeserializeOwned>(
    blocks: &ChainBlockstore,
    cid: &cid::Cid,
) -> Result<T, Error> {
    let found = blocks.get_cbor(cid).map_err(Error::other)?;
    let cid: lotus_core::types::Cid = (*cid).into();
    found.ok_or_else(|| Error::Other(format!("part of the state is not here: {cid}")))
}

/// The blocks as the virtual machine's own code reads them.
fn buffer(blocks: &ChainBlockstore) -> Buffer {
    Buffer::new(Arc::new(blocks.clone()))
}
