//! The multisig's state: who decides, what is proposed, what is locked.

use cid::Cid;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, Zero};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::{HAMT_BIT_WIDTH, MethodNum};

use crate::vm::blocks::Blocks;
use crate::vm::keys;
use crate::vm::{ActorError, OrExit, Runtime};

/// The number of a proposal, counted from 0 for each multisig.
pub type TxnId = i64;

/// The proposals that have neither been executed nor cancelled.
pub type Pending = Hamt<Blocks, Transaction>;

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// Who decides, as id addresses.
    pub signers: Vec<Address>,
    /// How many of them must agree.
    pub num_approvals_threshold: u64,
    /// The next proposal's id.
    pub next_tx_id: TxnId,
    /// What was locked.
    pub initial_balance: TokenAmount,
    /// When it began to unlock, linearly.
    pub start_epoch: ChainEpoch,
    /// Over how many epochs it does; 0 if nothing is locked.
    pub unlock_duration: ChainEpoch,
    /// A HAMT from ids to [`Transaction`]s.
    pub pending_txs: Cid,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Transaction {
    /// Who is to be called.
    pub to: Address,
    /// With how much.
    pub value: TokenAmount,
    /// Which method.
    pub method: MethodNum,
    /// Its parameters.
    pub params: RawBytes,
    /// Who has agreed: the proposer first.
    pub approved: Vec<Address>,
}

impl Transaction {
    /// What identifies a proposal wherever it is: the BLAKE2b-256 of its proposer and what it does.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when it cannot be encoded, which does not happen.
    pub fn hash(&self, rt: &Runtime<'_>) -> Result<[u8; 32], ActorError> {
        let data = fvm_ipld_encoding::to_vec(&(
            self.approved.first(),
            &self.to,
            &self.value,
            self.method,
            &self.params,
        ))
        .or_illegal_state("failed to compute proposal hash")?;
        Ok(rt.blake2b(&data))
    }
}

impl State {
    /// Whether an actor decides here.
    pub fn is_signer(&self, address: &Address) -> bool {
        self.signers.contains(address)
    }

    /// The caller must decide here.
    ///
    /// # Errors
    /// `USR_FORBIDDEN`.
    pub fn require_signer(&self, address: &Address) -> Result<(), ActorError> {
        if self.is_signer(address) {
            return Ok(());
        }
        Err(ActorError::forbidden(format!("{address} is not a signer")))
    }

    /// Locks an amount.
    pub fn lock(&mut self, start: ChainEpoch, duration: ChainEpoch, amount: TokenAmount) {
        self.start_epoch = start;
        self.unlock_duration = duration;
        self.initial_balance = amount;
    }

    /// What is still locked, `elapsed` epochs after unlocking began; rounded up.
    pub fn amount_locked(&self, elapsed: ChainEpoch) -> TokenAmount {
        if elapsed >= self.unlock_duration {
            return TokenAmount::zero();
        }
        if elapsed <= 0 {
            return self.initial_balance.clone();
        }
        let duration = BigInt::from(self.unlock_duration);
        let product = self.initial_balance.atto() * (self.unlock_duration - elapsed);
        // The amount is not negative, so this is the quotient rounded up.
        TokenAmount::from_atto((product + &duration - 1) / duration)
    }

    /// Whether an amount can be spent at an epoch.
    ///
    /// # Errors
    /// `USR_INSUFFICIENT_FUNDS` when there is not as much or it is locked; `USR_ASSERTION_FAILED` when
    /// the epoch is out of all bounds.
    pub fn check_available(
        &self,
        balance: &TokenAmount,
        amount: &TokenAmount,
        epoch: ChainEpoch,
    ) -> Result<(), ActorError> {
        if balance < amount {
            return Err(ActorError::insufficient_funds(format!(
                "insufficient funds unlocked: balance {balance} is less than {amount}"
            )));
        }
        // What sends nothing is permitted even while more is locked than there is.
        if amount.is_zero() {
            return Ok(());
        }
        let elapsed = epoch
            .checked_sub(self.start_epoch)
            .ok_or_else(|| ActorError::assertion_failed("epoch out of range"))?;
        let locked = self.amount_locked(elapsed);
        if balance - amount < locked {
            return Err(ActorError::insufficient_funds(format!(
                "insufficient funds unlocked: {locked} of {balance} is locked"
            )));
        }
        Ok(())
    }

    /// The proposals.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn pending(&self, store: Blocks) -> Result<Pending, ActorError> {
        Pending::load_with_bit_width(&self.pending_txs, store, HAMT_BIT_WIDTH)
            .or_illegal_state("failed to load pending transactions")
    }

    /// Keeps a proposal.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn put(&mut self, store: Blocks, id: TxnId, txn: Transaction) -> Result<(), ActorError> {
        let mut pending = self.pending(store)?;
        pending
            .set(keys::signed(id), txn)
            .or_illegal_state("failed to put transaction")?;
        self.save(&mut pending)
    }

    /// Takes a proposal away; none if there is none.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn take(&mut self, store: Blocks, id: TxnId) -> Result<Option<Transaction>, ActorError> {
        let mut pending = self.pending(store)?;
        let taken = pending
            .delete(&keys::signed(id))
            .or_illegal_state("failed to delete transaction")?;
        self.save(&mut pending)?;
        Ok(taken.map(|(_, txn)| txn))
    }

    /// Takes back what an actor has agreed to. A proposal that nobody agrees to any more is dropped.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn purge_approvals(&mut self, store: Blocks, signer: &Address) -> Result<(), ActorError> {
        let mut pending = self.pending(store)?;
        let mut concerned = Vec::new();
        pending
            .for_each(|key, txn| {
                if txn.approved.contains(signer) {
                    concerned.push((key.clone(), txn.clone()));
                }
                Ok(())
            })
            .or_illegal_state("failed to read pending transactions")?;
        for (key, mut txn) in concerned {
            txn.approved.retain(|approver| approver != signer);
            if txn.approved.is_empty() {
                pending.delete(&key).map(drop)
            } else {
                pending.set(key, txn).map(drop)
            }
            .or_illegal_state("failed to purge approvals of removed signer")?;
        }
        self.save(&mut pending)
    }

    fn save(&mut self, pending: &mut Pending) -> Result<(), ActorError> {
        self.pending_txs = pending
            .flush()
            .or_illegal_state("failed to flush pending transactions")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn funds_unlock_linearly_and_locked_rounds_up() {
        let state = State {
            signers: Vec::new(),
            num_approvals_threshold: 1,
            next_tx_id: 0,
            initial_balance: TokenAmount::from_atto(10),
            start_epoch: 100,
            unlock_duration: 3,
            pending_txs: Cid::default(),
        };
        let locked = |elapsed| state.amount_locked(elapsed);
        assert_eq!(locked(-1), TokenAmount::from_atto(10));
        assert_eq!(locked(0), TokenAmount::from_atto(10));
        assert_eq!(locked(1), TokenAmount::from_atto(7));
        assert_eq!(locked(2), TokenAmount::from_atto(4));
        assert_eq!(locked(3), TokenAmount::zero());
        let spend = |amount, epoch| {
            state
                .check_available(
                    &TokenAmount::from_atto(10),
                    &TokenAmount::from_atto(amount),
                    epoch,
                )
                .is_ok()
        };
        assert!(spend(0, 0) && !spend(1, 100) && spend(3, 101) && !spend(4, 101));
        assert!(spend(10, 103) && !spend(11, 103));
    }
}
