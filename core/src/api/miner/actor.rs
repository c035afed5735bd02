//! The miner's actor and its addresses.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, AddressConfig, Cid, TokenAmount};
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Actor.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Actor {
    /// Returns the address of the miner's actor.
    #[method(name = "ActorAddress", perm = read)]
    async fn actor_address(&self) -> Result<Address, Error>;

    /// Returns which addresses send and pay for the miner's messages.
    #[method(name = "ActorAddressConfig", perm = read)]
    async fn actor_address_config(&self) -> Result<AddressConfig, Error>;

    /// Returns the size of a miner's sectors, in bytes. An error if the chain has no such miner.
    #[method(name = "ActorSectorSize", perm = read)]
    async fn actor_sector_size(&self, miner: Address) -> Result<u64, Error>;

    /// Moves money that the miner's actor does not need to its beneficiary, in a message of the
    /// owner, and returns the message's CID.
    ///
    /// `amount` is in attoFIL; 0 is all that is available. An error if less is available.
    #[method(name = "ActorWithdrawBalance", perm = admin)]
    async fn actor_withdraw_balance(&self, amount: TokenAmount) -> Result<Cid, Error>;

    /// Moves money that the miner's actor does not need to its beneficiary, in a message of the
    /// beneficiary, and returns the message's CID.
    ///
    /// `amount` is in attoFIL; 0 is all that is available. An error if less is available.
    #[method(name = "BeneficiaryWithdrawBalance", perm = admin)]
    async fn beneficiary_withdraw_balance(&self, amount: TokenAmount) -> Result<Cid, Error>;
}
