//! The chain's randomness.

use jsonrpsee::proc_macros::rpc;

use crate::types::{BeaconEntry, Bytes, DomainSeparationTag, TipSetKey};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group State: randomness.
///
/// It is looked up on the chain that ends with the tipset; an epoch after it is an error.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait StateRandomness {
    /// Returns the beacon's entry for an epoch; waits for it if it is still to come.
    #[method(name = "StateGetBeaconEntry", perm = read)]
    async fn state_get_beacon_entry(&self, epoch: i64) -> Result<BeaconEntry, Error>;

    /// Draws 32 bytes from the beacon for a purpose.
    #[method(name = "StateGetRandomnessFromBeacon", perm = read)]
    async fn state_get_randomness_from_beacon(
        &self,
        purpose: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error>;

    /// Draws 32 bytes from the blocks' tickets for a purpose.
    #[method(name = "StateGetRandomnessFromTickets", perm = read)]
    async fn state_get_randomness_from_tickets(
        &self,
        purpose: DomainSeparationTag,
        epoch: i64,
        entropy: Bytes,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error>;

    /// Returns the 32 bytes of the beacon from which what is drawn is derived.
    #[method(name = "StateGetRandomnessDigestFromBeacon", perm = read)]
    async fn state_get_randomness_digest_from_beacon(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error>;

    /// Returns the 32 bytes of the blocks' tickets from which what is drawn is derived.
    #[method(name = "StateGetRandomnessDigestFromTickets", perm = read)]
    async fn state_get_randomness_digest_from_tickets(
        &self,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<Bytes, Error>;
}
