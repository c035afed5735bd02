//! Randomness, as the chain drew it.

use jsonrpsee::proc_macros::rpc;

use crate::types::{BeaconEntry, Bytes, DomainSeparationTag, TipSetKey};
use crate::{Error, permissioned};

/// Lotus `api/v0api/full.go`, groups Beacon and Chain. On `/rpc/v1` these belong to State.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait ChainV0 {
    /// Returns the entry of the randomness beacon for an epoch; for one to come, it waits until it
    /// is there.
    #[method(name = "BeaconGetEntry", perm = read)]
    async fn beacon_get_entry(&self, epoch: i64) -> Result<BeaconEntry, Error>;

    /// Returns 32 bytes drawn from the beacon's entry of an epoch, as the chain that ends with a
    /// tipset has it.
    #[method(name = "ChainGetRandomnessFromBeacon", perm = read)]
    async fn chain_get_randomness_from_beacon(
        &self,
        tipset: TipSetKey,
        personalization: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
    ) -> Result<Bytes, Error>;

    /// Returns 32 bytes drawn from the ticket of an epoch, as the chain that ends with a tipset
    /// has it.
    #[method(name = "ChainGetRandomnessFromTickets", perm = read)]
    async fn chain_get_randomness_from_tickets(
        &self,
        tipset: TipSetKey,
        personalization: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
    ) -> Result<Bytes, Error>;
}
