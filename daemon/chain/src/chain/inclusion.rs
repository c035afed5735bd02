//! Which messages a block may have (Lotus `chain/consensus/filcns/filecoin.go`, `checkBlockMessages`).

use std::collections::HashMap;

use fvm_shared::econ;
use lotus_types::{Address, Cid, Message};

use super::ChainError;
use super::base_fee::BLOCK_GAS_LIMIT;
use crate::mempool::{Account, BLOCK_MESSAGE_LIMIT, Invalid, check_inclusion};
use crate::store::ChainBlockstore;
use crate::store::state::StateReader;
use crate::vm::gas;

/// Why a message may not be in a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No block may have it.
    #[error(transparent)]
    Invalid(#[from] Invalid),
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
    /// The sender cannot pay for the gas. That it cannot pay the value is no reason: such a message is
    /// executed, fails, and costs its gas.
    #[error("not enough funds: its gas may cost {needed} FIL, its sender has {has} FIL")]
    Funds {
        /// What its gas costs at most.
        needed: econ::TokenAmount,
        /// What the messages before it leave to the sender.
        has: econ::TokenAmount,
    },
}

/// A block that is being filled, or checked: what its senders may still do.
pub(super) struct Inclusion<'a> {
    blocks: &'a ChainBlockstore,
    state: StateReader<ChainBlockstore>,
    senders: HashMap<u64, Sender>,
    gas: i64,
    count: usize,
}

struct Sender {
    key: Address,
    nonce: u64,
    /// What its messages so far leave to it, if they cost as much as they may.
    balance: econ::TokenAmount,
}

impl<'a> Inclusion<'a> {
    /// A block on top of a state.
    pub(super) fn new(
        blocks: &'a ChainBlockstore,
        root: &Cid,
    ) -> Result<Inclusion<'a>, ChainError> {
        Ok(Inclusion {
            blocks,
            state: StateReader::open(blocks.clone(), root)?,
            senders: HashMap::new(),
            gas: 0,
            count: 0,
        })
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
        let Some(sender_id) = self.state.lookup_id(&from)? else {
            return Ok(Err(Unfit::Sender(from)));
        };
        if !self.senders.contains_key(&sender_id) {
            let id = Address::new_id(sender_id);
            let account = Account::read_in(self.blocks, &self.state, &id)?;
            let Some((key, account)) = account.and_then(|account| Some((account.key?, account)))
            else {
                return Ok(Err(Unfit::Sender(from)));
            };
            let sender = Sender {
                key,
                nonce: account.nonce,
                balance: account.balance,
            };
            self.senders.insert(sender_id, sender);
        }
        let Some(sender) = self.senders.get_mut(&sender_id) else {
            return Ok(Err(Unfit::Sender(from)));
        };
        if message.nonce != sender.nonce {
            return Ok(Err(Unfit::Nonce {
                wanted: sender.nonce,
                got: message.nonce,
            }));
        }
        let needed = message.gas_fee_cap.inner() * message.gas_limit.unsigned_abs();
        if needed > sender.balance {
            return Ok(Err(Unfit::Funds {
                needed,
                has: sender.balance.clone(),
            }));
        }
        sender.balance -= needed;
        if *message.value.inner() <= sender.balance {
            sender.balance -= message.value.inner();
        }
        sender.nonce += 1;
        self.gas += message.gas_limit;
        self.count += 1;
        Ok(Ok(sender.key))
    }

    /// What can be said without the state.
    fn syntax(&self, message: &Message, length: usize) -> Result<(), Unfit> {
        check_inclusion(message, gas::MESSAGE + gas::STORAGE_BYTE * length as u64)?;
        if self.gas + message.gas_limit > BLOCK_GAS_LIMIT {
            return Err(Unfit::BlockGas);
        }
        if self.count >= BLOCK_MESSAGE_LIMIT {
            return Err(Unfit::Count);
        }
        Ok(())
    }
}
