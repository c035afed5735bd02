//! Data cap: who has it, what it is set aside for, and who has claimed it.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, Allocation, BigInt, Claim, TipSetKey};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group State: the registry of verified clients.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait StateVerified {
    /// Returns how many bytes of data cap a client has, or nothing if it is none.
    #[method(name = "StateVerifiedClientStatus", perm = read)]
    async fn state_verified_client_status(
        &self,
        client: Address,
        tipset: TipSetKey,
    ) -> Result<Option<BigInt>, Error>;

    /// Returns how many bytes of data cap a verifier may grant, or nothing if it is none.
    #[method(name = "StateVerifierStatus", perm = read)]
    async fn state_verifier_status(
        &self,
        verifier: Address,
        tipset: TipSetKey,
    ) -> Result<Option<BigInt>, Error>;

    /// Returns the address that appoints verifiers.
    #[method(name = "StateVerifiedRegistryRootKey", perm = read)]
    async fn state_verified_registry_root_key(&self, tipset: TipSetKey) -> Result<Address, Error>;

    /// Returns a client's allocation, or nothing if there is none with that number.
    #[method(name = "StateGetAllocation", perm = read)]
    async fn state_get_allocation(
        &self,
        client: Address,
        allocation: u64,
        tipset: TipSetKey,
    ) -> Result<Option<Allocation>, Error>;

    /// Returns a client's allocations by their numbers.
    #[method(name = "StateGetAllocations", perm = read)]
    async fn state_get_allocations(
        &self,
        client: Address,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<u64, Allocation>, Error>;

    /// Returns everybody's allocations by their numbers.
    #[method(name = "StateGetAllAllocations", perm = read)]
    async fn state_get_all_allocations(
        &self,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<u64, Allocation>, Error>;

    /// Returns the allocation of a published deal, or nothing if it has none.
    #[method(name = "StateGetAllocationForPendingDeal", perm = read)]
    async fn state_get_allocation_for_pending_deal(
        &self,
        deal: u64,
        tipset: TipSetKey,
    ) -> Result<Option<Allocation>, Error>;

    /// Returns the number of the allocation of a published deal; 0 if it has none.
    #[method(name = "StateGetAllocationIdForPendingDeal", perm = read)]
    async fn state_get_allocation_id_for_pending_deal(
        &self,
        deal: u64,
        tipset: TipSetKey,
    ) -> Result<u64, Error>;

    /// Returns a provider's claim, or nothing if there is none with that number.
    #[method(name = "StateGetClaim", perm = read)]
    async fn state_get_claim(
        &self,
        provider: Address,
        claim: u64,
        tipset: TipSetKey,
    ) -> Result<Option<Claim>, Error>;

    /// Returns a provider's claims by their numbers.
    #[method(name = "StateGetClaims", perm = read)]
    async fn state_get_claims(
        &self,
        provider: Address,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<u64, Claim>, Error>;

    /// Returns everybody's claims by their numbers.
    #[method(name = "StateGetAllClaims", perm = read)]
    async fn state_get_all_claims(&self, tipset: TipSetKey) -> Result<BTreeMap<u64, Claim>, Error>;
}
