//! The verified registry's state.

use cid::Cid;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::HAMT_BIT_WIDTH;
use fvm_shared::address::Address;

use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// Who appoints verifiers: an id address.
    pub root_key: Address,
    /// A HAMT from verifiers to what they may still give out.
    pub verifiers: Cid,
    /// A HAMT of the ids of proposals to remove datacap.
    pub remove_data_cap_proposal_ids: Cid,
    /// A HAMT from clients to a HAMT of their allocations.
    pub allocations: Cid,
    /// The next allocation's id.
    pub next_allocation_id: u64,
    /// A HAMT from providers to a HAMT of their claims.
    pub claims: Cid,
}

impl State {
    /// A registry without verifiers.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn new(store: &Blocks, root_key: Address) -> Result<Self, ActorError> {
        let empty = Hamt::<_, ()>::new_with_bit_width(store, HAMT_BIT_WIDTH)
            .flush()
            .or_illegal_state("failed to create an empty map")?;
        Ok(Self {
            root_key,
            verifiers: empty,
            remove_data_cap_proposal_ids: empty,
            allocations: empty,
            next_allocation_id: 1,
            claims: empty,
        })
    }
}
