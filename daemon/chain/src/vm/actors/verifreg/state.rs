//! The verified registry's state.

use cid::Cid;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::HAMT_BIT_WIDTH;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::sector::StoragePower;

use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

type Verifiers = Hamt<Blocks, BigIntDe>;

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

    /// What a verifier may still give out, in bytes; none if it is no verifier.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn verifier(
        &self,
        store: Blocks,
        verifier: &Address,
    ) -> Result<Option<StoragePower>, ActorError> {
        let verifiers = self.load_verifiers(store)?;
        let cap = verifiers
            .get(&verifier.to_bytes())
            .or_illegal_state("failed to read verifier")?;
        Ok(cap.map(|cap| cap.0.clone()))
    }

    /// Sets what a verifier may give out.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn put_verifier(
        &mut self,
        store: Blocks,
        verifier: &Address,
        cap: &StoragePower,
    ) -> Result<(), ActorError> {
        let mut verifiers = self.load_verifiers(store)?;
        verifiers
            .set(verifier.to_bytes().into(), BigIntDe(cap.clone()))
            .or_illegal_state("failed to set verifier")?;
        self.save_verifiers(&mut verifiers)
    }

    /// Removes a verifier.
    ///
    /// # Errors
    /// `USR_ILLEGAL_ARGUMENT` when it is none.
    pub fn remove_verifier(&mut self, store: Blocks, verifier: &Address) -> Result<(), ActorError> {
        let mut verifiers = self.load_verifiers(store)?;
        verifiers
            .delete(&verifier.to_bytes())
            .or_illegal_state("failed to delete verifier")?
            .or_illegal_argument("verifier not found")?;
        self.save_verifiers(&mut verifiers)
    }

    fn load_verifiers(&self, store: Blocks) -> Result<Verifiers, ActorError> {
        Verifiers::load_with_bit_width(&self.verifiers, store, HAMT_BIT_WIDTH)
            .or_illegal_state("failed to load verifiers")
    }

    fn save_verifiers(&mut self, verifiers: &mut Verifiers) -> Result<(), ActorError> {
        self.verifiers = verifiers
            .flush()
            .or_illegal_state("failed to flush verifiers")?;
        Ok(())
    }
}
