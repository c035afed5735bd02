//! One tipset: the messages of its blocks, their rewards, and cron (Lotus's
//! `chain/consensus/compute_state.go`).

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use fvm_shared::receipt::Receipt;
use fvm_shared::{ActorID, MethodNum};
use multihash_codetable::{Code, MultihashDigest};

use super::actors::{cron, reward};
use super::apply::{Applied, ApplyKind};
use super::blocks::Blocks;
use super::error::VmError;
use super::machine::{Context, Externs, Machine};
use super::manifest::{CRON_ACTOR_ID, REWARD_ACTOR_ID, SYSTEM_ACTOR_ID};

/// The stack of the thread that executes: calls may nest [`super::machine::MAX_CALL_DEPTH`] deep.
const STACK: usize = 256 << 20;
/// The gas of an implicit message: nobody pays for it.
const IMPLICIT_GAS_LIMIT: u64 = 1_000_000_000_000;

/// Executes messages. What computes the chain's state goes through this, so that another virtual
/// machine can take this one's place.
pub trait Executor: Debug + Send + Sync {
    /// Executes a tipset's messages and stores the state that they lead to.
    ///
    /// # Errors
    /// When the machine fails; nothing is stored then.
    fn execute(&self, tipset: &Tipset) -> Result<Executed, VmError>;

    /// Executes messages one after the other on a state, without storing anything: for `StateCall`,
    /// gas estimation and replays.
    ///
    /// # Errors
    /// When the machine fails.
    fn simulate(&self, simulation: &Simulation) -> Result<Vec<Applied>, VmError>;
}

/// What is executed.
#[derive(Debug, Clone)]
pub struct Tipset {
    /// The state that the tipset's blocks name as their parents'.
    pub state: Cid,
    /// The epoch of the tipset's parents. Cron runs for the null rounds since then, too.
    pub parent_epoch: ChainEpoch,
    /// The tipset's epoch, base fee and so on. Without tracing.
    pub context: Context,
    /// The seconds between two epochs, for the time of null rounds.
    pub block_delay: u64,
    /// What the machine asks of the chain.
    pub externs: Arc<dyn Externs>,
    /// The blocks, in the tipset's order.
    pub blocks: Vec<BlockMessages>,
}

/// What of a block matters here.
#[derive(Debug, Clone)]
pub struct BlockMessages {
    /// Who made it.
    pub miner: Address,
    /// How often it won.
    pub win_count: i64,
    /// Its messages, those signed with BLS first.
    pub messages: Vec<ChainMessage>,
}

/// A message as it is on the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainMessage {
    /// The message.
    pub message: Message,
    /// Its length with its signature, in bytes; without it if that is aggregated (BLS).
    pub chain_length: usize,
}

/// What a tipset did.
#[derive(Debug, Clone)]
pub struct Executed {
    /// The state after it; it is in the store.
    pub state: Cid,
    /// What each message did, in order; a message that several blocks have is here once.
    pub messages: Vec<ExecutedMessage>,
    /// What the implicit messages did: cron of null rounds, rewards, cron.
    pub implicit: Vec<ExecutedMessage>,
}

impl Executed {
    /// The receipts, in order.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.messages
            .iter()
            .map(|executed| &executed.applied.receipt)
    }
}

/// A message and what it did.
#[derive(Debug, Clone)]
pub struct ExecutedMessage {
    /// The CID of the message without its signature.
    pub cid: Cid,
    /// The message.
    pub message: Message,
    /// What it did.
    pub applied: Applied,
}

/// Messages to try out.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The state to begin with.
    pub state: Cid,
    /// The epoch, base fee and so on.
    pub context: Context,
    /// What the machine asks of the chain.
    pub externs: Arc<dyn Externs>,
    /// The messages, in order.
    pub messages: Vec<(Message, ApplyKind)>,
}

/// The executor of this crate.
#[derive(Clone)]
pub struct NativeExecutor {
    store: Arc<dyn Blockstore + Send + Sync>,
}

impl Debug for NativeExecutor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeExecutor").finish_non_exhaustive()
    }
}

impl NativeExecutor {
    /// An executor that reads and writes `store`.
    pub fn new(store: Arc<dyn Blockstore + Send + Sync>) -> Self {
        Self { store }
    }

    fn machine(
        &self,
        state: &Cid,
        context: &Context,
        externs: &Arc<dyn Externs>,
    ) -> Result<Machine, VmError> {
        Machine::new(
            Blocks::new(self.store.clone()),
            state,
            context.clone(),
            externs.clone(),
        )
    }
}

impl Executor for NativeExecutor {
    fn execute(&self, tipset: &Tipset) -> Result<Executed, VmError> {
        on_large_stack(|| {
            let mut machine = self.machine(&tipset.state, &tipset.context, &tipset.externs)?;
            let executed = machine.execute(tipset)?;
            for receipt in executed.receipts() {
                if let Some(events) = &receipt.events_root {
                    machine.tree().blocks().store(events)?;
                }
            }
            machine.tree().blocks().flush(&executed.state)?;
            Ok(executed)
        })
    }

    fn simulate(&self, simulation: &Simulation) -> Result<Vec<Applied>, VmError> {
        on_large_stack(|| {
            let mut machine =
                self.machine(&simulation.state, &simulation.context, &simulation.externs)?;
            simulation
                .messages
                .iter()
                .map(|(message, kind)| machine.apply(message, *kind))
                .collect()
        })
    }
}

impl Machine {
    /// Executes a tipset, leaving the result in the buffer.
    ///
    /// # Errors
    /// When the machine fails.
    pub fn execute(&mut self, tipset: &Tipset) -> Result<Executed, VmError> {
        let mut implicit = Vec::new();
        for epoch in tipset.parent_epoch + 1..tipset.context.epoch {
            let behind = (tipset.context.epoch - epoch).cast_unsigned();
            self.set_context(Context {
                epoch,
                timestamp: tipset
                    .context
                    .timestamp
                    .saturating_sub(behind * tipset.block_delay),
                base_fee: TokenAmount::default(),
                ..tipset.context.clone()
            });
            implicit.push(self.cron()?);
        }
        self.set_context(tipset.context.clone());
        let mut seen = HashSet::new();
        let mut messages = Vec::new();
        for block in &tipset.blocks {
            let mut penalty = TokenAmount::default();
            let mut gas_reward = TokenAmount::default();
            for ChainMessage {
                message,
                chain_length,
            } in &block.messages
            {
                let cid = message_cid(message)?;
                if !seen.insert(cid) {
                    continue;
                }
                let kind = ApplyKind::Explicit {
                    chain_length: *chain_length,
                };
                let applied = self.apply(message, kind)?;
                penalty += &applied.fees.miner_penalty;
                gas_reward += &applied.fees.miner_tip;
                messages.push(ExecutedMessage {
                    cid,
                    message: message.clone(),
                    applied,
                });
            }
            implicit.push(self.award(block, penalty, gas_reward)?);
        }
        implicit.push(self.cron()?);
        Ok(Executed {
            state: self.flush()?,
            messages,
            implicit,
        })
    }

    /// Runs cron, the last message of every epoch.
    ///
    /// # Errors
    /// When the machine fails, or cron does.
    pub fn cron(&mut self) -> Result<ExecutedMessage, VmError> {
        self.apply_implicit("cron", CRON_ACTOR_ID, cron::EPOCH_TICK, RawBytes::default())
    }

    /// Pays for a block.
    ///
    /// # Errors
    /// When the machine fails, or the reward actor does: when there is no such miner.
    pub fn award(
        &mut self,
        block: &BlockMessages,
        penalty: TokenAmount,
        gas_reward: TokenAmount,
    ) -> Result<ExecutedMessage, VmError> {
        let params = reward::AwardBlockRewardParams {
            miner: block.miner,
            penalty,
            gas_reward,
            win_count: block.win_count,
        };
        let params = RawBytes::serialize(params)
            .map_err(|error| VmError::Message(format!("a reward cannot be encoded: {error}")))?;
        self.apply_implicit(
            "the block reward",
            REWARD_ACTOR_ID,
            reward::AWARD_BLOCK_REWARD,
            params,
        )
    }

    fn apply_implicit(
        &mut self,
        what: &'static str,
        to: ActorID,
        method_num: MethodNum,
        params: RawBytes,
    ) -> Result<ExecutedMessage, VmError> {
        let message = Message {
            version: 0,
            from: Address::new_id(SYSTEM_ACTOR_ID),
            to: Address::new_id(to),
            sequence: self.context.epoch.max(0).cast_unsigned(),
            value: TokenAmount::default(),
            method_num,
            params,
            gas_limit: IMPLICIT_GAS_LIMIT,
            gas_fee_cap: TokenAmount::default(),
            gas_premium: TokenAmount::default(),
        };
        let applied = self.apply(&message, ApplyKind::Implicit)?;
        if !applied.receipt.exit_code.is_success() {
            return Err(VmError::Implicit {
                what,
                exit_code: applied.receipt.exit_code,
                error: applied.error.unwrap_or_default(),
            });
        }
        Ok(ExecutedMessage {
            cid: message_cid(&message)?,
            message,
            applied,
        })
    }
}

/// The CID of a message without its signature.
///
/// # Errors
/// [`VmError::Message`] when it cannot be encoded.
pub fn message_cid(message: &Message) -> Result<Cid, VmError> {
    let bytes = fvm_ipld_encoding::to_vec(message)
        .map_err(|error| VmError::Message(format!("it cannot be encoded: {error}")))?;
    Ok(Cid::new_v1(
        fvm_ipld_encoding::DAG_CBOR,
        Code::Blake2b256.digest(&bytes),
    ))
}

/// Runs `work` on a thread whose stack is large enough for the deepest calls.
fn on_large_stack<T: Send>(work: impl FnOnce() -> Result<T, VmError> + Send) -> Result<T, VmError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("vm".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(VmError::Thread)?;
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
