//! The real FVM.

use anyhow::Result;
use cid::Cid;
use fvm::call_manager::DefaultCallManager;
use fvm::engine::EnginePool;
use fvm::executor::{ApplyFailure, ApplyKind, DefaultExecutor, Executor};
use fvm::externs::{Chain, Consensus, Externs, Rand};
use fvm::kernel::filecoin::DefaultFilecoinKernel;
use fvm::machine::{DefaultMachine, NetworkConfig};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::consensus::ConsensusFault;
use fvm_shared::message::Message;
use lotus_chain::vm::Context;
use lotus_chain::vm::fees::Fees;

use crate::calls;
use crate::run::{CHAIN_ID, NETWORK_VERSION, Outcome, randomness};
use crate::store::Shared;

type Kernel = DefaultFilecoinKernel<DefaultCallManager<DefaultMachine<Shared, Answers>>>;

/// What the FVM asks of the chain.
pub struct Answers;

impl Externs for Answers {}

impl Rand for Answers {
    fn get_chain_randomness(&self, epoch: ChainEpoch) -> Result<[u8; 32]> {
        Ok(randomness(b"chain", epoch))
    }

    fn get_beacon_randomness(&self, epoch: ChainEpoch) -> Result<[u8; 32]> {
        Ok(randomness(b"beacon", epoch))
    }
}

impl Consensus for Answers {
    fn verify_consensus_fault(
        &self,
        _h1: &[u8],
        _h2: &[u8],
        _extra: &[u8],
    ) -> Result<(Option<ConsensusFault>, i64)> {
        Ok((None, 0))
    }
}

impl Chain for Answers {
    fn get_tipset_cid(&self, epoch: ChainEpoch) -> Result<Cid> {
        anyhow::bail!("there is no tipset at {epoch}")
    }
}

/// One epoch of the real machine.
pub struct Real {
    executor: DefaultExecutor<Kernel>,
}

/// The compiled actors, shared by all epochs.
pub fn engines() -> EnginePool {
    EnginePool::new((&config()).into()).expect("wasmtime")
}

fn config() -> NetworkConfig {
    let mut config = NetworkConfig::new(NETWORK_VERSION);
    config.chain_id(CHAIN_ID.into());
    config
}

impl Real {
    pub fn new(engines: &EnginePool, store: Shared, root: Cid, context: &Context) -> Result<Self> {
        let mut machine = config().for_epoch(context.epoch, context.timestamp, root);
        machine.set_base_fee(context.base_fee.clone());
        machine.set_circulating_supply(context.circulating_supply.clone());
        if context.tracing {
            machine.enable_tracing();
        }
        let machine = DefaultMachine::new(&machine, store, Answers)?;
        Ok(Self {
            executor: DefaultExecutor::new(engines.clone(), machine)?,
        })
    }

    /// Executes a message and writes the state.
    pub fn apply(&mut self, message: &Message, implicit: bool) -> Result<Outcome> {
        let kind = if implicit {
            ApplyKind::Implicit
        } else {
            ApplyKind::Explicit
        };
        let length = fvm_ipld_encoding::to_vec(message)?.len();
        let done = self
            .executor
            .execute_message(message.clone(), kind, length)?;
        let root = self.executor.flush()?;
        let error = done.failure_info.map(|failure| match failure {
            // Without the stack of this program, which a fatal error carries.
            ApplyFailure::MessageBacktrace(trace) => {
                let text = trace.to_string();
                text.split(", Backtrace:")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            }
            ApplyFailure::PreValidation(text) => text,
        });
        Ok(Outcome {
            exit_code: done.msg_receipt.exit_code,
            returned: done.msg_receipt.return_data.to_vec(),
            events: done.msg_receipt.events_root,
            root,
            error,
            calls: calls::real(done.exec_trace),
            gas_used: done.msg_receipt.gas_used,
            fees: Fees {
                base_fee_burn: done.base_fee_burn,
                over_estimation_burn: done.over_estimation_burn,
                miner_penalty: done.penalty,
                miner_tip: done.miner_tip,
                refund: done.refund,
                gas_refund: done.gas_refund,
                gas_burned: done.gas_burned,
            },
        })
    }
}
