//! Which messages a block may have (Lotus `chain/consensus/filcns/filecoin.go`, `checkBlockMessages`).

use std::collections::HashMap;

use fvm_shared::econ;
use lotus_core::types::{Address, Message};

use super::ChainError;
use super::base_fee::BLOCK_GAS_LIMIT;
use super::miner::account_key;
use crate::store::Blocks;
use crate::store::state::StateReader;
use crate::vm::gas;
use crate::vm::genesis::TOTAL_FIL;

/// How many messages a block may have (Lotus `BlockMessageLimit`).
pub const BLOCK_MESSAGE_LIMIT: usize = 10_000;

/// Why a message may not be in a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The version is not 0.
    #[error("'Version' unsupported")]
    Version,
    /// No receiver or no sender.
    #[error("'{0}' address cannot be empty")]
    Address(&'static str),
    /// An amount is negative.
    #[error("'{0}' field cannot be negative")]
    Negative(&'static str),
    /// More than there is.
    #[error("'Value' field cannot be greater than total filecoin supply")]
    Value,
    /// More for the miner than for all.
    #[error("'GasFeeCap' less than 'GasPremium'")]
    Premium,
    /// It asks for too much gas.
    #[error(
        "'GasLimit' field cannot be greater than a block's gas limit ({limit} > {BLOCK_GAS_LIMIT})"
    )]
    TooMuchGas {
        /// What it asks for.
        limit: i64,
    },
    /// It asks for less gas than being in a block costs.
    #[error(
        "'GasLimit' field cannot be less than the cost of storing a message on chain {limit} < {least}"
    )]
    TooLittleGas {
        /// What it asks for.
        limit: i64,
        /// What it needs at least.
        least: u64,
    },
    /// The block is full of gas.
    #[error("block gas limit exceeded: all messages together may ask for {BLOCK_GAS_LIMIT}")]
    BlockGas,
    /// The block is full of messages.
    #[error("a block has at most {BLOCK_MESSAGE_LIMIT} messages")]
    Count,
    /// The sender is no account.
    #[error("sender {0} is not an account actor: no key signs for it")]
    Sender(Address),
    /// The sender's next nonce is another one.
    #[error("wrong nonce (exp: {wanted}, got: {got})")]
    Nonce {
        /// The one it must be.
        wanted: u64,
        /// The one it is.
        got: u64,
    },
    /// The sender cannot pay.
    #[error("not enough funds: {needed} FIL are needed, {sender} has {has} FIL")]
    Funds {
        /// Who sends it.
        sender: Address,
        /// What it and the messages before it need, at most.
        needed: econ::TokenAmount,
        /// What the sender has.
        has: econ::TokenAmount,
    },
}

/// A block that is being filled, or checked: what its senders may still do.
pub(super) struct Inclusion<'a> {
    blocks: &'a Blocks,
    state: &'a StateReader<Blocks>,
    senders: HashMap<u64, Sender>,
    gas: i64,
    count: usize,
}

struct Sender {
    key: Address,
    nonce: u64,
    balance: econ::TokenAmount,
    needed: econ::TokenAmount,
}

impl<'a> Inclusion<'a> {
    pub(super) fn new(blocks: &'a Blocks, state: &'a StateReader<Blocks>) -> Inclusion<'a> {
        Inclusion {
            blocks,
            state,
            senders: HashMap::new(),
            gas: 0,
            count: 0,
        }
    }

    /// Adds a message that is `length` bytes long on the chain, and returns the key that must have
    /// signed it; or says why it may not be added, and then it has not been.
    pub(super) fn add(
        &mut self,
        message: &Message,
        length: usize,
    ) -> Result<Result<Address, Unfit>, ChainError> {
        if let Err(unfit) = self.syntax(message, length) {
            return Ok(Err(unfit));
        }
        let from = message.from;
        let Some(id) = self.state.lookup_id(&from)? else {
            return Ok(Err(Unfit::Sender(from)));
        };
        if !self.senders.contains_key(&id) {
            let key = account_key(self.blocks, self.state, &from)?;
            let actor = self.state.actor_by_id(id)?;
            let (Some(key), Some(actor)) = (key, actor) else {
                return Ok(Err(Unfit::Sender(from)));
            };
            let sender = Sender {
                key,
                nonce: actor.sequence,
                balance: actor.balance,
                needed: econ::TokenAmount::default(),
            };
            self.senders.insert(id, sender);
        }
        let Some(sender) = self.senders.get_mut(&id) else {
            return Ok(Err(Unfit::Sender(from)));
        };
        if message.nonce != sender.nonce {
            return Ok(Err(Unfit::Nonce {
                wanted: sender.nonce,
                got: message.nonce,
            }));
        }
        let fee = message.gas_fee_cap.inner() * message.gas_limit.unsigned_abs();
        let needed = &sender.needed + fee + message.value.inner();
        if needed > sender.balance {
            return Ok(Err(Unfit::Funds {
                sender: from,
                needed,
                has: sender.balance.clone(),
            }));
        }
        sender.needed = needed;
        sender.nonce += 1;
        self.gas += message.gas_limit;
        self.count += 1;
        Ok(Ok(sender.key))
    }

    /// What can be said without the state (Lotus `Message.ValidForBlockInclusion`).
    fn syntax(&self, message: &Message, length: usize) -> Result<(), Unfit> {
        if message.version != 0 {
            return Err(Unfit::Version);
        }
        for (name, address) in [("To", &message.to), ("From", &message.from)] {
            if address.is_undefined() {
                return Err(Unfit::Address(name));
            }
        }
        let amounts = [
            ("Value", &message.value),
            ("GasFeeCap", &message.gas_fee_cap),
            ("GasPremium", &message.gas_premium),
        ];
        for (name, amount) in amounts {
            if amount.inner().is_negative() {
                return Err(Unfit::Negative(name));
            }
        }
        if *message.value.inner() > econ::TokenAmount::from_whole(TOTAL_FIL) {
            return Err(Unfit::Value);
        }
        if message.gas_premium > message.gas_fee_cap {
            return Err(Unfit::Premium);
        }
        let limit = message.gas_limit;
        if limit > BLOCK_GAS_LIMIT {
            return Err(Unfit::TooMuchGas { limit });
        }
        let least = gas::MESSAGE + gas::STORAGE_BYTE * length as u64;
        if u64::try_from(limit).is_ok_and(|limit| limit >= least) {
            if self.gas + limit > BLOCK_GAS_LIMIT {
                return Err(Unfit::BlockGas);
            }
            if self.count >= BLOCK_MESSAGE_LIMIT {
                return Err(Unfit::Count);
            }
            return Ok(());
        }
        Err(Unfit::TooLittleGas { limit, least })
    }
}
