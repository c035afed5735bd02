//! The market's state.

use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::HAMT_BIT_WIDTH;
use fvm_shared::clock::{ChainEpoch, EPOCH_UNDEFINED};
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;

use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

/// Bit width of the AMT of proposals.
pub(super) const PROPOSALS_BIT_WIDTH: u32 = 5;
/// Bit width of the AMT of deal states.
pub(super) const STATES_BIT_WIDTH: u32 = 6;
/// Bit width of the escrow and locked tables.
pub(super) const BALANCE_TABLE_BIT_WIDTH: u32 = 6;

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// An AMT from deal ids to proposals.
    pub proposals: Cid,
    /// An AMT from deal ids to the states of active deals.
    pub states: Cid,
    /// A set of the CIDs of proposals that have not begun.
    pub pending_proposals: Cid,
    /// A HAMT from addresses to what they have deposited.
    pub escrow_table: Cid,
    /// A HAMT from addresses to what of that is locked.
    pub locked_table: Cid,
    /// The next deal's id.
    pub next_id: DealID,
    /// Deals to look at, by epoch.
    pub deal_ops_by_epoch: Cid,
    /// The epoch up to which they have been looked at.
    pub last_cron: ChainEpoch,
    /// Collateral of all clients.
    pub total_client_locked_collateral: TokenAmount,
    /// Collateral of all providers.
    pub total_provider_locked_collateral: TokenAmount,
    /// What clients have set aside for storage.
    pub total_client_storage_fee: TokenAmount,
    /// A HAMT from deals to allocations, until they begin.
    pub pending_deal_allocation_ids: Cid,
    /// A HAMT from providers to a HAMT from sectors to deals.
    pub provider_sectors: Cid,
}

impl State {
    /// A market without deals.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn new(store: &Blocks) -> Result<Self, ActorError> {
        let amt = |bit_width| {
            Amt::<(), _>::new_with_bit_width(store, bit_width)
                .flush()
                .or_illegal_state("failed to create an empty array")
        };
        let hamt = |bit_width| {
            Hamt::<_, ()>::new_with_bit_width(store, bit_width)
                .flush()
                .or_illegal_state("failed to create an empty map")
        };
        let empty = hamt(HAMT_BIT_WIDTH)?;
        let balances = hamt(BALANCE_TABLE_BIT_WIDTH)?;
        Ok(Self {
            proposals: amt(PROPOSALS_BIT_WIDTH)?,
            states: amt(STATES_BIT_WIDTH)?,
            pending_proposals: empty,
            escrow_table: balances,
            locked_table: balances,
            next_id: 0,
            deal_ops_by_epoch: empty,
            last_cron: EPOCH_UNDEFINED,
            total_client_locked_collateral: TokenAmount::default(),
            total_provider_locked_collateral: TokenAmount::default(),
            total_client_storage_fee: TokenAmount::default(),
            pending_deal_allocation_ids: empty,
            provider_sectors: empty,
        })
    }
}
