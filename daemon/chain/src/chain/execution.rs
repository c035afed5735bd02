//! What a tipset leads to: computed once, then remembered, and read off the next block after that.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use fvm_ipld_encoding::CborStore;
use fvm_shared::econ;
use fvm_shared::message::Message as FvmMessage;
use lotus_types::{
    BeaconEntry, Cid, CirculatingSupply, Message, MessageReceipt, TipSet, TokenAmount,
};

use super::randomness::ChainRandomness;
use super::{Chain, ChainError, NETWORK_VERSION, beacon, convert, make};
use crate::recent::Recent;
use crate::store::state::StateReader;
use crate::store::{ChainBlockstore, NullRound, StoreError, put_receipts};
use crate::vm::actors::reward;
use crate::vm::executor::{BlockMessages, Executed, Simulation, Tipset};
use crate::vm::genesis::TOTAL_FIL;
use crate::vm::manifest::{BURNT_FUNDS_ACTOR_ID, RESERVE_ACTOR_ID, REWARD_ACTOR_ID};
use crate::vm::{Applied, ApplyKind, Context, VmError};

/// How many executions are remembered.
const REMEMBERED: usize = 256;

/// What executing a tipset leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The root of the state after it.
    pub state: Cid,
    /// The root of the receipts of its messages.
    pub receipts: Cid,
}

/// A message that was executed once more, with a trace.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The message.
    pub message: Message,
    /// The CID by which the chain knows it.
    pub cid: Cid,
    /// What it did; with its trace.
    pub applied: Applied,
}

/// The executions that are remembered.
#[derive(Debug)]
pub(super) struct Executions {
    known: Recent<Arc<Execution>>,
    /// Whoever executes: nothing is executed twice at the same time.
    working: Mutex<()>,
    /// How many messages of tipsets were executed.
    applied: AtomicU64,
}

impl Default for Executions {
    fn default() -> Executions {
        Executions {
            known: Recent::new(REMEMBERED),
            working: Mutex::default(),
            applied: AtomicU64::default(),
        }
    }
}

impl Chain {
    /// What a tipset leads to. If nobody has asked before and no block builds on it, it is executed.
    /// The genesis leads to the state that it names.
    ///
    /// # Errors
    /// The virtual machine fails, or a message or the state before the tipset is not here.
    pub fn executed(&self, tipset: &TipSet) -> Result<Arc<Execution>, ChainError> {
        let executions = &self.0.executions;
        if let Some(known) = executions.known.get(tipset.key()) {
            return Ok(known);
        }
        let _turn = executions
            .working
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = executions.known.get(tipset.key()) {
            return Ok(known);
        }
        let execution = match self.said_by_next(tipset)? {
            Some(execution) => execution,
            None => {
                let executed = self.0.executor.execute(&self.task(tipset, false)?)?;
                let messages = executed.messages.len() + executed.implicit.len();
                executions.applied.fetch_add(messages as u64, Relaxed);
                let receipts: Vec<_> = executed.receipts().cloned().map(Into::into).collect();
                Execution {
                    state: executed.state.into(),
                    receipts: put_receipts(self.store().blocks(), &receipts)?,
                }
            }
        };
        let execution = Arc::new(execution);
        executions.known.remember(tipset.key(), execution.clone());
        Ok(execution)
    }

    /// How many messages of tipsets have been executed since the chain was opened, those of the system
    /// included.
    pub fn applied(&self) -> u64 {
        self.0.executions.applied.load(Relaxed)
    }

    /// What the next block of the chain, or the genesis itself, says that a tipset leads to.
    fn said_by_next(&self, tipset: &TipSet) -> Result<Option<Execution>, ChainError> {
        let says = |block: &TipSet| Execution {
            state: block.parent_state(),
            receipts: block.parent_receipts(),
        };
        if tipset.height() == 0 {
            return Ok(Some(says(tipset)));
        }
        let store = self.store();
        if tipset.height() >= self.head().height() {
            return Ok(None);
        }
        let next = store.tipset_by_height(tipset.height() + 1, None, NullRound::After)?;
        Ok((next.parents() == *tipset.key()).then(|| says(&next)))
    }

    /// The state that a tipset's blocks name: the one before its messages.
    pub(super) fn state_before(
        &self,
        tipset: &TipSet,
    ) -> Result<StateReader<ChainBlockstore>, ChainError> {
        let blocks = self.store().blocks().clone();
        Ok(StateReader::open(blocks, &tipset.parent_state())?)
    }

    pub(super) fn externs(&self, tipset: &TipSet) -> ChainRandomness {
        ChainRandomness {
            store: self.0.store.clone(),
            tipset: Arc::new(tipset.clone()),
        }
    }

    fn task(&self, tipset: &TipSet, tracing: bool) -> Result<Tipset, ChainError> {
        let store = self.store();
        let parent = store.parent(tipset)?;
        let messages = store.messages_in_order(tipset)?;
        let blocks = tipset
            .blocks()
            .iter()
            .zip(messages.iter())
            .map(|(header, messages)| {
                let miner = header.miner.inner().copied();
                let messages = messages.iter().map(convert::chain_message);
                Ok(BlockMessages {
                    miner: miner.ok_or(ChainError::NotAMiner(header.miner))?,
                    win_count: header
                        .election_proof
                        .as_ref()
                        .map_or(0, |proof| proof.win_count),
                    messages: messages.collect::<Result<_, ChainError>>()?,
                })
            });
        Ok(Tipset {
            state: *tipset.parent_state().inner(),
            parent_epoch: parent.map_or(tipset.height(), |parent| parent.height()),
            context: Context {
                epoch: tipset.height(),
                timestamp: tipset.min_timestamp(),
                base_fee: tipset.base_fee().inner().clone(),
                circulating_supply: self.circulating(&self.state_before(tipset)?)?,
                network_version: NETWORK_VERSION,
                chain_id: self.chain_id(),
                tracing,
            },
            block_delay: self.block_delay(),
            externs: Arc::new(self.externs(tipset)),
            blocks: blocks.collect::<Result<_, ChainError>>()?,
        })
    }

    /// Executes a tipset once more, for everything that its messages and the system did (Lotus's
    /// `StateCompute`). With `tracing` there is a trace of each.
    ///
    /// # Errors
    /// As [`Chain::executed`]. The genesis has nothing to execute.
    pub fn compute(&self, tipset: &TipSet, tracing: bool) -> Result<Executed, ChainError> {
        if tipset.height() == 0 {
            return Ok(Executed {
                state: *tipset.parent_state().inner(),
                messages: Vec::new(),
                implicit: Vec::new(),
            });
        }
        Ok(self.0.executor.execute(&self.task(tipset, tracing)?)?)
    }

    /// Executes a tipset once more, for what one of its messages did (Lotus's `StateReplay`). The
    /// message is named by its CID on the chain or by that without its signature.
    ///
    /// # Errors
    /// As [`Chain::executed`], and [`ChainError::NotInTipSet`].
    pub fn replay(&self, tipset: &TipSet, cid: &Cid) -> Result<Replay, ChainError> {
        let messages = self.store().messages_in_order(tipset)?;
        for (place, included) in messages.iter().flatten().enumerate() {
            let own = included.cid()?;
            if own != *cid && included.message().cid()? != *cid {
                continue;
            }
            let mut executed = self.compute(tipset, true)?;
            if place >= executed.messages.len() {
                break;
            }
            return Ok(Replay {
                message: included.message().clone(),
                cid: own,
                applied: executed.messages.swap_remove(place).applied,
            });
        }
        Err(ChainError::NotInTipSet(*cid))
    }

    /// What messages would do, one after the other, in a block on top of a tipset; nothing of it is
    /// kept. `kind` says for each whether it pays, as [`ApplyKind`]. With `tracing` there are traces.
    ///
    /// # Errors
    /// As [`Chain::executed`], and a message that the virtual machine does not execute at all.
    pub fn simulate(
        &self,
        messages: &[(Message, ApplyKind)],
        tipset: &TipSet,
        tracing: bool,
    ) -> Result<Vec<Applied>, ChainError> {
        let convert = |(message, kind): &(Message, ApplyKind)| {
            Ok::<_, ChainError>((convert::message(message)?, *kind))
        };
        let messages = messages.iter().map(convert).collect::<Result<_, _>>()?;
        self.try_out(messages, tipset, tracing)
    }

    pub(super) fn try_out(
        &self,
        messages: Vec<(FvmMessage, ApplyKind)>,
        tipset: &TipSet,
        tracing: bool,
    ) -> Result<Vec<Applied>, ChainError> {
        let execution = self.executed(tipset)?;
        let state = self.state(tipset)?;
        Ok(self.0.executor.simulate(&Simulation {
            state: *execution.state.inner(),
            context: Context {
                epoch: tipset.height() + 1,
                timestamp: self.timestamp(tipset, tipset.height() + 1),
                base_fee: self.base_fee(tipset)?.inner().clone(),
                circulating_supply: self.circulating(&state)?,
                network_version: NETWORK_VERSION,
                chain_id: self.chain_id(),
                tracing,
            },
            externs: Arc::new(self.externs(tipset)),
            messages,
        })?)
    }

    /// The receipts of a tipset's messages, in the order of [`crate::store::ChainStore::messages_in_order`].
    ///
    /// # Errors
    /// As [`Chain::executed`].
    pub fn receipts(&self, tipset: &TipSet) -> Result<Vec<MessageReceipt>, ChainError> {
        let execution = self.executed(tipset)?;
        Ok(self.store().receipts(&execution.receipts)?)
    }

    pub(super) fn circulating(
        &self,
        state: &StateReader<ChainBlockstore>,
    ) -> Result<econ::TokenAmount, ChainError> {
        Ok(self.supply_of(state)?.fil_circulating.inner().clone())
    }

    /// The FIL in circulation after a tipset: all that there is, less what can still be mined, what
    /// the reserve has, what was burnt and what miners have locked. No account's funds vest on a local
    /// network, and there are no deals.
    ///
    /// # Errors
    /// As [`Chain::executed`].
    pub fn supply(&self, tipset: &TipSet) -> Result<CirculatingSupply, ChainError> {
        self.supply_of(&self.state(tipset)?)
    }

    fn supply_of(
        &self,
        state: &StateReader<ChainBlockstore>,
    ) -> Result<CirculatingSupply, ChainError> {
        let balance = |id| {
            let actor = state.actor_by_id(id)?;
            Ok::<_, StoreError>(actor.map(|actor| actor.balance).unwrap_or_default())
        };
        let total = econ::TokenAmount::from_whole(TOTAL_FIL);
        let (reward, reserve) = (balance(REWARD_ACTOR_ID)?, balance(RESERVE_ACTOR_ID)?);
        let burnt = balance(BURNT_FUNDS_ACTOR_ID)?;
        let mined = match state.actor_by_id(REWARD_ACTOR_ID)? {
            Some(actor) => {
                let state = self
                    .store()
                    .blocks()
                    .get_cbor::<reward::State>(&actor.state);
                let state = state.map_err(VmError::Store)?;
                state.map(|state| state.total_storage_power_reward)
            }
            None => None,
        };
        let locked = self.power_state(state)?.total_pledge_collateral;
        let zero = TokenAmount::default();
        Ok(CirculatingSupply {
            fil_vested: zero.clone(),
            fil_mined: mined.unwrap_or_default().into(),
            fil_burnt: burnt.clone().into(),
            fil_locked: locked.clone().into(),
            fil_circulating: (total - reward - reserve - burnt - locked).into(),
            fil_reserve_disbursed: zero,
        })
    }

    /// The digest of the ticket of an epoch, from which [`super::randomness::draw`] draws (Lotus's
    /// `StateGetRandomnessDigestFromTickets`).
    ///
    /// # Errors
    /// The epoch is above the tipset.
    pub fn ticket_digest(&self, tipset: &TipSet, epoch: i64) -> Result<[u8; 32], ChainError> {
        Ok(self.externs(tipset).ticket_digest(epoch)?)
    }

    /// The digest of the beacon entry of an epoch (Lotus's `StateGetRandomnessDigestFromBeacon`).
    ///
    /// # Errors
    /// The epoch is above the tipset.
    pub fn beacon_digest(&self, tipset: &TipSet, epoch: i64) -> Result<[u8; 32], ChainError> {
        Ok(self.externs(tipset).beacon_digest(epoch)?)
    }

    /// The beacon entry of an epoch; of one that is yet to come, too, because the beacon of a local
    /// network can be computed.
    ///
    /// # Errors
    /// A tipset is not here, or the epoch is too far above the head.
    pub fn beacon_entry(&self, epoch: i64) -> Result<BeaconEntry, ChainError> {
        let head = self.head();
        if epoch > head.height() {
            make::check_epoch(epoch, &head)?;
            return Ok(beacon::entry_at(beacon::last(&head), epoch));
        }
        Ok(self.externs(&head).beacon_entry(epoch)?)
    }
}
