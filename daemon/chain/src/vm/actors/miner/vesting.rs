//! Rewards vest: what is locked, and when it is free.

use cid::Cid;
use fvm_ipld_encoding::CborStore;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::bigint::Zero;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use multihash_codetable::Code;
use serde::{Deserialize, Serialize};

use super::deadline::{EPOCHS_IN_DAY, Quantum};
use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

/// How long a reward vests, linearly: 180 days, in epochs.
const VESTING_PERIOD: ChainEpoch = 180 * EPOCHS_IN_DAY;
/// How much of it vests at a time: what is due in a day.
const VESTING_STEP: ChainEpoch = EPOCHS_IN_DAY;
/// Vesting happens at the begin of the miner's proving period and in its middle.
const VESTING_QUANTUM: ChainEpoch = EPOCHS_IN_DAY / 2;

/// What becomes free, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct VestingFund {
    /// After this epoch.
    pub epoch: ChainEpoch,
    /// This much.
    pub amount: TokenAmount,
}

/// All that vests, soonest first: the first of it here, the rest behind a link (FIP-0100's release
/// moved it so); none if nothing does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VestingFunds(Option<Vesting>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
struct Vesting {
    head: VestingFund,
    tail: Cid,
}

impl VestingFunds {
    /// What vests, soonest first.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn load(&self, store: &Blocks) -> Result<Vec<VestingFund>, ActorError> {
        let Some(vesting) = &self.0 else {
            return Ok(Vec::new());
        };
        let mut funds: Vec<VestingFund> = store
            .get_cbor(&vesting.tail)
            .or_illegal_state("failed to load the vesting funds")?
            .or_illegal_state("missing vesting funds state")?;
        // Penalties may have used up the first.
        if vesting.head.amount.is_positive() {
            funds.insert(0, vesting.head.clone());
        }
        Ok(funds)
    }

    fn save(&mut self, store: &Blocks, funds: &[VestingFund]) -> Result<(), ActorError> {
        self.0 = match funds.split_first() {
            None => None,
            Some((head, tail)) => Some(Vesting {
                head: head.clone(),
                tail: store
                    .put_cbor(&tail, Code::Blake2b256)
                    .or_illegal_state("failed to store the vesting funds")?,
            }),
        };
        Ok(())
    }

    /// Takes out what has vested before an epoch; how much that is.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn unlock_vested(
        &mut self,
        store: &Blocks,
        epoch: ChainEpoch,
    ) -> Result<TokenAmount, ActorError> {
        let due = |vesting: &Vesting| vesting.head.epoch < epoch;
        if !self.0.as_ref().is_some_and(due) {
            return Ok(TokenAmount::zero());
        }
        let funds = self.load(store)?;
        let (vested, rest) = split(&funds, epoch);
        self.save(store, rest)?;
        Ok(sum(vested))
    }

    /// Adds an amount that vests from an epoch on, and takes out what has vested before; how much
    /// that is.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn add(
        &mut self,
        store: &Blocks,
        epoch: ChainEpoch,
        amount: &TokenAmount,
        period_start: ChainEpoch,
    ) -> Result<TokenAmount, ActorError> {
        let mut funds = self.load(store)?;
        for new in schedule(epoch, amount, period_start) {
            match funds.binary_search_by_key(&new.epoch, |fund| fund.epoch) {
                Ok(at) => funds[at].amount += new.amount,
                Err(at) => funds.insert(at, new),
            }
        }
        let (vested, rest) = split(&funds, epoch);
        self.save(store, rest)?;
        Ok(sum(vested))
    }

    /// Takes out what has vested before an epoch, and then up to `target` of what has not, soonest
    /// first; how much each is.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn unlock_vested_and_unvested(
        &mut self,
        store: &Blocks,
        epoch: ChainEpoch,
        target: &TokenAmount,
    ) -> Result<(TokenAmount, TokenAmount), ActorError> {
        let Some(vesting) = &mut self.0 else {
            return Ok((TokenAmount::zero(), TokenAmount::zero()));
        };
        if vesting.head.epoch >= epoch && vesting.head.amount >= *target {
            vesting.head.amount -= target;
            return Ok((TokenAmount::zero(), target.clone()));
        }
        let mut funds = self.load(store)?;
        let (vested, rest) = split(&funds, epoch);
        let vested_sum = sum(vested);
        let mut used = funds.len() - rest.len();
        let mut left = target.clone();
        for fund in &mut funds[used..] {
            if fund.amount >= left {
                fund.amount -= &left;
                left = TokenAmount::zero();
                break;
            }
            left -= &fund.amount;
            used += 1;
        }
        self.save(store, &funds[used..])?;
        Ok((vested_sum, target - left))
    }
}

/// When how much of an amount vests.
fn schedule(begin: ChainEpoch, amount: &TokenAmount, period_start: ChainEpoch) -> Vec<VestingFund> {
    let quantum = Quantum {
        unit: VESTING_QUANTUM,
        offset: period_start,
    };
    let mut funds = Vec::new();
    let mut vested = TokenAmount::zero();
    let mut epoch = begin;
    while vested < *amount {
        epoch += VESTING_STEP;
        let vests = quantum.up(epoch);
        let elapsed = vests - begin;
        let target = if elapsed < VESTING_PERIOD {
            (amount * elapsed).div_floor(VESTING_PERIOD)
        } else {
            amount.clone()
        };
        funds.push(VestingFund {
            epoch: vests,
            amount: &target - &vested,
        });
        vested = target;
    }
    funds
}

/// What has vested before an epoch, and what has not.
fn split(funds: &[VestingFund], epoch: ChainEpoch) -> (&[VestingFund], &[VestingFund]) {
    funds.split_at(funds.partition_point(|fund| fund.epoch < epoch))
}

fn sum(funds: &[VestingFund]) -> TokenAmount {
    funds.iter().map(|fund| &fund.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_vests_within_180_days_of_steps() {
        let amount = TokenAmount::from_atto(1_000_003);
        let funds = schedule(17, &amount, 5);
        assert_eq!(sum(&funds), amount);
        assert_eq!(funds.len(), 180);
        for fund in &funds {
            assert_eq!((fund.epoch - 5) % VESTING_QUANTUM, 0);
        }
        assert!(funds.is_sorted_by_key(|fund| fund.epoch));
        assert!(schedule(17, &TokenAmount::zero(), 5).is_empty());
    }
}
