//! One message: is it valid, what does it cost, what did it do (the FVM's `executor/default.rs`).

use fvm_ipld_amt::Amt;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::{CBOR, IPLD_RAW, RawBytes};
use fvm_shared::address::Payload;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::event::StampedEvent;
use fvm_shared::message::Message;
use fvm_shared::receipt::Receipt;
use fvm_shared::{ActorID, METHOD_SEND};

use super::error::VmError;
use super::fees::Fees;
use super::gas;
use super::machine::{CallError, Machine, Outcome, exit_code_of};
use super::manifest::{ActorKind, BURNT_FUNDS_ACTOR_ID, EAM_ACTOR_ID, REWARD_ACTOR_ID};
use super::trace::CallTrace;

/// Bit width of the AMT of a message's events.
const EVENTS_BIT_WIDTH: u32 = 5;

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyKind {
    /// From a block: its sender signs it and pays for it. `chain_length` is the length in bytes with
    /// which it is on the chain: of the signed message, or of the message alone if its signature is
    /// aggregated.
    Explicit {
        /// The length, in bytes.
        chain_length: usize,
    },
    /// From the system: rewards and cron. Any sender, no nonce, no fees.
    Implicit,
}

/// What a message did.
#[derive(Debug, Clone)]
pub struct Applied {
    /// What the chain keeps of it.
    pub receipt: Receipt,
    /// What became of its fees; all zero but the penalty if it was not valid.
    pub fees: Fees,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// Its events, in order.
    pub events: Vec<StampedEvent>,
    /// The codec of what it returned.
    pub return_codec: Option<u64>,
    /// Its calls, if the machine traces.
    pub trace: Option<CallTrace>,
}

impl Machine {
    /// Executes a message. A message that is not valid, or fails, has a receipt that says so; all that
    /// it leaves in the state are its fees and its sender's nonce, and if it was not valid, nothing.
    ///
    /// # Errors
    /// When the machine fails. The state is then as before.
    pub fn apply(&mut self, message: &Message, kind: ApplyKind) -> Result<Applied, VmError> {
        if message.gas_limit == 0 || message.gas_limit > i64::MAX as u64 {
            return Err(VmError::Message(format!(
                "its gas limit {} is not valid",
                message.gas_limit
            )));
        }
        let mark = self.tree.mark();
        let result = self.apply_unchecked(message, kind).and_then(|applied| {
            let growth = self.tree.growth_since(mark);
            if growth == TokenAmount::default() {
                return Ok(applied);
            }
            Err(VmError::Inconsistent(format!(
                "a message changed the total supply by {growth} FIL"
            )))
        });
        match &result {
            Ok(_) => self.tree.commit(),
            Err(_) => self.tree.rollback(mark),
        }
        result
    }

    fn apply_unchecked(&mut self, message: &Message, kind: ApplyKind) -> Result<Applied, VmError> {
        let inclusion = match kind {
            ApplyKind::Explicit { chain_length } => {
                gas::MESSAGE + gas::STORAGE_BYTE * chain_length as u64
            }
            ApplyKind::Implicit => 0,
        };
        let sender = match self.preflight(message, kind, inclusion)? {
            Ok(sender) => sender,
            Err(invalid) => return Ok(*invalid),
        };
        self.begin(
            sender,
            message.from,
            message.to,
            message.sequence,
            message.gas_limit,
        )?;
        let params = (!message.params.is_empty()).then(|| IpldBlock {
            codec: if message.method_num == METHOD_SEND {
                IPLD_RAW
            } else {
                CBOR
            },
            data: message.params.to_vec(),
        });
        let called = match self.charge("OnChainMessage", inclusion) {
            Ok(()) => self.call(
                sender,
                &message.to,
                message.method_num,
                params,
                &message.value,
                false,
            ),
            Err(out) => Err(out.into()),
        };
        let outcome = match called {
            Ok(outcome) => outcome,
            Err(CallError::Syscall(number, error)) => failed(exit_code_of(number), error),
            Err(CallError::OutOfGas) => failed(
                ExitCode::SYS_OUT_OF_GAS,
                "message ran out of gas".to_owned(),
            ),
            Err(CallError::Fatal(error)) => return Err(error),
        };
        let events = std::mem::take(&mut self.stack.events);
        let events_root = if events.is_empty() {
            None
        } else {
            let blocks = self.tree.blocks();
            let root = Amt::new_from_iter_with_bit_width(blocks, EVENTS_BIT_WIDTH, events.iter())
                .map_err(|error| VmError::Store(error.into()))?;
            Some(root)
        };
        let gas_used = self.stack.gas.used();
        let fees = match kind {
            ApplyKind::Implicit => Fees::default(),
            ApplyKind::Explicit { .. } => self.settle_fees(sender, message, gas_used)?,
        };
        let return_codec = outcome.value.as_ref().map(|value| value.codec);
        let return_data = outcome
            .value
            .map(|value| value.data)
            .unwrap_or_default()
            .into();
        Ok(Applied {
            receipt: Receipt {
                exit_code: outcome.exit_code,
                return_data,
                gas_used,
                events_root,
            },
            fees,
            error: outcome.error,
            events,
            return_codec,
            trace: self.take_trace(),
        })
    }

    /// Takes the fees from the sender and counts its nonce up, or says why the message is not valid.
    fn preflight(
        &mut self,
        message: &Message,
        kind: ApplyKind,
        inclusion: u64,
    ) -> Result<Result<ActorID, Box<Applied>>, VmError> {
        let base_fee = &self.context.base_fee;
        if inclusion > message.gas_limit {
            return Ok(Err(invalid(
                ExitCode::SYS_OUT_OF_GAS,
                format!("Out of gas ({inclusion} > {})", message.gas_limit),
                base_fee * inclusion,
            )));
        }
        let implicit = kind == ApplyKind::Implicit;
        let penalty = if implicit {
            TokenAmount::default()
        } else {
            base_fee * message.gas_limit
        };
        let Some(sender) = self.tree.lookup(&message.from)? else {
            return Ok(Err(invalid(
                ExitCode::SYS_SENDER_INVALID,
                "Sender invalid",
                penalty,
            )));
        };
        if implicit {
            return Ok(Ok(sender));
        }
        let Some(mut actor) = self.tree.get(sender)? else {
            return Ok(Err(invalid(
                ExitCode::SYS_SENDER_INVALID,
                "Sender invalid",
                penalty,
            )));
        };
        let signs = match ActorKind::of(&actor.code) {
            Some(kind) if kind.signs() => true,
            // The first message of an Ethereum address makes an account of it.
            Some(ActorKind::Placeholder) if actor.sequence == 0 => {
                let ethereum = matches!(
                    actor.delegated_address.as_ref().map(|address| address.payload()),
                    Some(Payload::Delegated(address)) if address.namespace() == EAM_ACTOR_ID
                );
                if ethereum {
                    actor.code = ActorKind::EthAccount.code();
                }
                ethereum
            }
            _ => false,
        };
        if !signs {
            return Ok(Err(invalid(
                ExitCode::SYS_SENDER_INVALID,
                "Send not from valid sender",
                penalty,
            )));
        }
        if message.sequence != actor.sequence {
            return Ok(Err(invalid(
                ExitCode::SYS_SENDER_STATE_INVALID,
                format!(
                    "Actor sequence invalid: {} != {}",
                    message.sequence, actor.sequence
                ),
                penalty,
            )));
        }
        let cost = &message.gas_fee_cap * message.gas_limit;
        if actor.balance < cost {
            return Ok(Err(invalid(
                ExitCode::SYS_SENDER_STATE_INVALID,
                format!("Actor balance less than needed: {} < {cost}", actor.balance),
                penalty,
            )));
        }
        if cost.is_negative() {
            return Err(VmError::Message("its gas fee cap is negative".to_owned()));
        }
        actor.sequence += 1;
        actor.balance -= cost;
        self.tree.set(sender, actor);
        Ok(Ok(sender))
    }

    fn settle_fees(
        &mut self,
        sender: ActorID,
        message: &Message,
        gas_used: u64,
    ) -> Result<Fees, VmError> {
        let fees = Fees::compute(
            gas_used,
            message.gas_limit,
            &self.context.base_fee,
            &message.gas_fee_cap,
            &message.gas_premium,
        );
        self.deposit(BURNT_FUNDS_ACTOR_ID, &fees.base_fee_burn)?;
        self.deposit(REWARD_ACTOR_ID, &fees.miner_tip)?;
        self.deposit(BURNT_FUNDS_ACTOR_ID, &fees.over_estimation_burn)?;
        self.deposit(sender, &fees.refund)?;
        Ok(fees)
    }

    fn deposit(&mut self, to: ActorID, value: &TokenAmount) -> Result<(), VmError> {
        if value.is_negative() {
            return Err(VmError::Message("its premium is negative".to_owned()));
        }
        if *value != TokenAmount::default() {
            let mut actor = self.tree.expect(to)?;
            actor.balance += value;
            self.tree.set(to, actor);
        }
        Ok(())
    }
}

fn failed(exit_code: ExitCode, error: String) -> Outcome {
    Outcome {
        exit_code,
        value: None,
        error: Some(error),
    }
}

/// A message that its miner should not have included, and pays for.
fn invalid(exit_code: ExitCode, error: impl ToString, miner_penalty: TokenAmount) -> Box<Applied> {
    let return_data = RawBytes::default();
    Box::new(Applied {
        receipt: Receipt {
            exit_code,
            return_data,
            gas_used: 0,
            events_root: None,
        },
        fees: Fees {
            miner_penalty,
            ..Fees::default()
        },
        error: Some(error.to_string()),
        events: Vec::new(),
        return_codec: None,
        trace: None,
    })
}
