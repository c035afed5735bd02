//! Fast finality (FIP-0086).

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, Bytes, F3Manifest, F3Participant, F3ParticipationLease, F3Progress,
    FinalityCertificate, PowerEntry, TipSetKey,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group F3. Every method is an error where F3 is switched off or has not
/// begun.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait F3 {
    /// Returns the certificate of an instance; an error if there is none yet.
    #[method(name = "F3GetCertificate", perm = read)]
    async fn f3_get_certificate(&self, instance: u64) -> Result<FinalityCertificate, Error>;

    /// Returns the power table that the chain implies at a tipset.
    #[method(name = "F3GetECPowerTable", perm = read)]
    async fn f3_get_ec_power_table(&self, tipset: TipSetKey) -> Result<Vec<PowerEntry>, Error>;

    /// Returns the power table that F3 has certified at a tipset.
    #[method(name = "F3GetF3PowerTable", perm = read)]
    async fn f3_get_f3_power_table(&self, tipset: TipSetKey) -> Result<Vec<PowerEntry>, Error>;

    /// Returns the newest certificate, if there is one.
    #[method(name = "F3GetLatestCertificate", perm = read)]
    async fn f3_get_latest_certificate(&self) -> Result<Option<FinalityCertificate>, Error>;

    /// Returns the parameters of F3 in this network, if they are known.
    #[method(name = "F3GetManifest", perm = read)]
    async fn f3_get_manifest(&self) -> Result<Option<F3Manifest>, Error>;

    /// Returns a ticket with which a miner can take part in F3 through this node.
    ///
    /// The miner passes the ticket that it had before, or nothing, and for how many instances it
    /// wants one. The ticket is opaque to it, and serves `F3Participate`.
    #[method(name = "F3GetOrRenewParticipationTicket", perm = sign)]
    async fn f3_get_or_renew_participation_ticket(
        &self,
        miner: Address,
        previous: Bytes,
        instances: u64,
    ) -> Result<Bytes, Error>;

    /// Returns the power table of an instance.
    #[method(name = "F3GetPowerTableByInstance", perm = read)]
    async fn f3_get_power_table_by_instance(&self, instance: u64)
    -> Result<Vec<PowerEntry>, Error>;

    /// Returns how far the node's current instance is.
    #[method(name = "F3GetProgress", perm = read)]
    async fn f3_get_progress(&self) -> Result<F3Progress, Error>;

    /// Returns whether F3 runs on this node.
    #[method(name = "F3IsRunning", perm = read)]
    async fn f3_is_running(&self) -> Result<bool, Error>;

    /// Lists the miners that take part in F3 through this node.
    #[method(name = "F3ListParticipants", perm = read)]
    async fn f3_list_participants(&self) -> Result<Vec<F3Participant>, Error>;

    /// Lets a miner take part in F3 through this node, which then signs for it.
    ///
    /// It is an error, with a code of its own, if the ticket is not valid, has expired, was issued
    /// by another node, or begins before what the miner was promised already.
    #[method(name = "F3Participate", perm = sign)]
    async fn f3_participate(&self, ticket: Bytes) -> Result<F3ParticipationLease, Error>;
}
