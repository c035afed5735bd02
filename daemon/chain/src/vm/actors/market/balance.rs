//! What clients and providers have put into the market, and what of it is locked.

use cid::Cid;
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::bigint::Zero;
use fvm_shared::econ::TokenAmount;

use super::state::BALANCE_TABLE_BIT_WIDTH;
use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

/// Amounts by id address; an amount that becomes nothing is removed.
#[derive(Debug)]
pub struct BalanceTable(Hamt<Blocks, TokenAmount>);

impl BalanceTable {
    /// The one under a root.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn load(root: &Cid, store: Blocks) -> Result<Self, ActorError> {
        Hamt::load_with_bit_width(root, store, BALANCE_TABLE_BIT_WIDTH)
            .or_illegal_state("failed to load balance table")
            .map(Self)
    }

    /// Writes what has changed; the new root.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn flush(&mut self) -> Result<Cid, ActorError> {
        self.0
            .flush()
            .or_illegal_state("failed to flush balance table")
    }

    /// An amount.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn get(&self, key: &Address) -> Result<TokenAmount, ActorError> {
        let amount = self
            .0
            .get(&key.to_bytes())
            .or_illegal_state("failed to read balance")?;
        Ok(amount.cloned().unwrap_or_default())
    }

    /// Adds to an amount.
    ///
    /// # Errors
    /// `USR_ILLEGAL_ARGUMENT` when it would be less than nothing.
    pub fn add(&mut self, key: &Address, delta: &TokenAmount) -> Result<(), ActorError> {
        let before = self.get(key)?;
        let after = &before + delta;
        if after.is_negative() {
            return Err(ActorError::illegal_argument(format!(
                "negative balance for {key} adding {delta} to {before}"
            )));
        }
        if after.is_zero() && !before.is_zero() {
            self.0.delete(&key.to_bytes()).map(drop)
        } else {
            self.0.set(key.to_bytes().into(), after).map(drop)
        }
        .or_illegal_state("failed to set balance")
    }

    /// Takes up to `most` away but leaves `floor`; how much was taken.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn take(
        &mut self,
        key: &Address,
        most: &TokenAmount,
        floor: &TokenAmount,
    ) -> Result<TokenAmount, ActorError> {
        let available = (self.get(key)? - floor).max(TokenAmount::zero());
        let taken = available.min(most.clone());
        if taken.is_positive() {
            self.add(key, &-&taken)?;
        }
        Ok(taken)
    }
}
