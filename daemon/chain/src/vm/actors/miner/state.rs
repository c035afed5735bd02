//! The miner's state, and the accounts of its funds: what is free, locked, pledged and owed.

use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::CborStore;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::HAMT_BIT_WIDTH;
use fvm_shared::bigint::Zero;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;

use super::deadline::{DeadlineInfo, Deadlines, put};
use super::info::MinerInfo;
use super::vesting::VestingFunds;
use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

/// Bit width of the AMT of sectors.
pub(super) const SECTORS_BIT_WIDTH: u32 = 5;
/// Bit width of the AMT of pre-commitments that expire.
const CLEANUP_BIT_WIDTH: u32 = 6;

/// The miner has less than it must.
pub const ERR_BALANCE_INVARIANTS_BROKEN: ExitCode = ExitCode::new(1000);

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// A link to the [`MinerInfo`].
    pub info: Cid,
    /// What is deposited for pre-committed sectors.
    pub pre_commit_deposits: TokenAmount,
    /// What has not vested.
    pub locked_funds: TokenAmount,
    /// When it does.
    pub vesting_funds: VestingFunds,
    /// What it owes the network.
    pub fee_debt: TokenAmount,
    /// What is pledged for sectors.
    pub initial_pledge: TokenAmount,
    /// A HAMT of pre-committed sectors.
    pub pre_committed_sectors: Cid,
    /// An AMT from epochs to pre-committed sectors that expire then.
    pub pre_committed_sectors_cleanup: Cid,
    /// The bit field of the sector numbers that have been used.
    pub allocated_sectors: Cid,
    /// An AMT of proven sectors.
    pub sectors: Cid,
    /// When the present proving period began.
    pub proving_period_start: ChainEpoch,
    /// Its deadline that ends next.
    pub current_deadline: u64,
    /// A link to the [`Deadlines`].
    pub deadlines: Cid,
    /// The deadlines with sectors that were terminated early.
    pub early_terminations: BitField,
    /// It has asked to be called at the end of the deadline.
    pub deadline_cron_active: bool,
}

impl State {
    /// A miner without sectors, at a deadline.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub(super) fn new(
        store: &Blocks,
        info: &MinerInfo,
        deadline: DeadlineInfo,
    ) -> Result<Self, ActorError> {
        let amt = |bit_width| {
            Amt::<(), _>::new_with_bit_width(store, bit_width)
                .flush()
                .or_illegal_state("failed to create empty array")
        };
        Ok(Self {
            info: put(store, info)?,
            pre_commit_deposits: TokenAmount::zero(),
            locked_funds: TokenAmount::zero(),
            vesting_funds: VestingFunds::default(),
            fee_debt: TokenAmount::zero(),
            initial_pledge: TokenAmount::zero(),
            pre_committed_sectors: Hamt::<_, ()>::new_with_bit_width(store, HAMT_BIT_WIDTH)
                .flush()
                .or_illegal_state("failed to create empty map")?,
            pre_committed_sectors_cleanup: amt(CLEANUP_BIT_WIDTH)?,
            allocated_sectors: put(store, &BitField::new())?,
            sectors: amt(SECTORS_BIT_WIDTH)?,
            proving_period_start: deadline.period_start,
            current_deadline: deadline.index,
            deadlines: Deadlines::create(store)?,
            early_terminations: BitField::new(),
            deadline_cron_active: false,
        })
    }

    /// The miner's information.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn info(&self, store: &Blocks) -> Result<MinerInfo, ActorError> {
        store
            .get_cbor(&self.info)
            .or_illegal_state("could not read miner info")?
            .or_illegal_state("miner info is missing")
    }

    /// Keeps the changed information.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn save_info(&mut self, store: &Blocks, info: &MinerInfo) -> Result<(), ActorError> {
        self.info = put(store, info)?;
        Ok(())
    }

    /// What is neither locked, deposited nor pledged.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when it is less than nothing.
    pub fn unlocked_balance(&self, balance: &TokenAmount) -> Result<TokenAmount, ActorError> {
        let unlocked =
            balance - &self.locked_funds - &self.pre_commit_deposits - &self.initial_pledge;
        if unlocked.is_negative() {
            return Err(ActorError::illegal_state(format!(
                "negative unlocked balance {unlocked}"
            )));
        }
        Ok(unlocked)
    }

    /// What can be withdrawn: may be less than nothing, if the miner is in debt.
    ///
    /// # Errors
    /// As [`Self::unlocked_balance`].
    pub fn available_balance(&self, balance: &TokenAmount) -> Result<TokenAmount, ActorError> {
        Ok(self.unlocked_balance(balance)? - &self.fee_debt)
    }

    /// The miner must have what it has locked, deposited and pledged.
    ///
    /// # Errors
    /// [`ERR_BALANCE_INVARIANTS_BROKEN`].
    pub fn check_balance(&self, balance: &TokenAmount) -> Result<(), ActorError> {
        let parts = [
            &self.pre_commit_deposits,
            &self.locked_funds,
            &self.initial_pledge,
        ];
        let least: TokenAmount = parts.into_iter().sum();
        let negative = parts
            .into_iter()
            .chain([&self.fee_debt])
            .any(TokenAmount::is_negative);
        if negative || *balance < least {
            return Err(ActorError::new(
                ERR_BALANCE_INVARIANTS_BROKEN,
                format!("balance invariants broken: {balance} is below the minimum of {least}"),
            ));
        }
        Ok(())
    }

    /// Locks an amount that vests from an epoch on; how much was unlocked as it had vested.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn lock(
        &mut self,
        store: &Blocks,
        epoch: ChainEpoch,
        amount: &TokenAmount,
    ) -> Result<TokenAmount, ActorError> {
        let unlocked = self
            .vesting_funds
            .add(store, epoch, amount, self.proving_period_start)?;
        self.unlock(&unlocked)?;
        self.locked_funds += amount;
        Ok(unlocked)
    }

    /// Unlocks what has vested before an epoch; how much that is.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn unlock_vested(
        &mut self,
        store: &Blocks,
        epoch: ChainEpoch,
    ) -> Result<TokenAmount, ActorError> {
        if self.locked_funds.is_zero() {
            return Ok(TokenAmount::zero());
        }
        let unlocked = self.vesting_funds.unlock_vested(store, epoch)?;
        self.unlock(&unlocked)?;
        Ok(unlocked)
    }

    fn unlock(&mut self, amount: &TokenAmount) -> Result<(), ActorError> {
        self.locked_funds -= amount;
        if self.locked_funds.is_negative() {
            return Err(ActorError::illegal_state(format!(
                "negative locked funds {} after unlocking {amount}",
                self.locked_funds
            )));
        }
        Ok(())
    }

    /// Adds to what the miner owes.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the penalty is negative.
    pub fn penalize(&mut self, penalty: &TokenAmount) -> Result<(), ActorError> {
        if penalty.is_negative() {
            return Err(ActorError::illegal_state(format!(
                "applying negative penalty {penalty} not allowed"
            )));
        }
        self.fee_debt += penalty;
        Ok(())
    }

    /// Pays as much of the debt as possible, out of what has not vested first. Returns what is to be
    /// burnt and what was unlocked in all.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails or the miner has less than it must.
    pub fn repay_partially(
        &mut self,
        store: &Blocks,
        epoch: ChainEpoch,
        balance: &TokenAmount,
    ) -> Result<(TokenAmount, TokenAmount), ActorError> {
        let mut unlocked = TokenAmount::zero();
        if !self.fee_debt.is_zero() && !self.locked_funds.is_zero() {
            let (vested, unvested) =
                self.vesting_funds
                    .unlock_vested_and_unvested(store, epoch, &self.fee_debt)?;
            unlocked = vested + unvested;
            self.unlock(&unlocked)?;
        }
        let burn = self.unlocked_balance(balance)?.min(self.fee_debt.clone());
        self.fee_debt -= &burn;
        Ok((burn, unlocked))
    }

    /// Pays the whole debt out of what is free. Returns what is to be burnt.
    ///
    /// # Errors
    /// `USR_INSUFFICIENT_FUNDS` when that is not enough.
    pub fn repay_fully(&mut self, balance: &TokenAmount) -> Result<TokenAmount, ActorError> {
        let unlocked = self.unlocked_balance(balance)?;
        if unlocked < self.fee_debt {
            return Err(ActorError::insufficient_funds(format!(
                "unlocked balance can not repay fee debt ({unlocked} < {})",
                self.fee_debt
            )));
        }
        Ok(std::mem::take(&mut self.fee_debt))
    }

    /// There is still something that happens at deadlines.
    pub fn needs_cron(&self) -> bool {
        [
            &self.pre_commit_deposits,
            &self.initial_pledge,
            &self.locked_funds,
        ]
        .into_iter()
        .any(|funds| !funds.is_zero())
    }
}
