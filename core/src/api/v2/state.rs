//! Actors as of a tipset by selector.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Actor, Address, TipSetSelector};
use crate::{Error, permissioned};

/// Lotus `api/v2api/full.go`, group State.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait StateV2 {
    /// Returns the actor of an address as of a tipset; an error if there is none.
    #[method(name = "StateGetActor", perm = read)]
    async fn state_get_actor(
        &self,
        address: Address,
        selector: TipSetSelector,
    ) -> Result<Actor, Error>;

    /// Returns the ID address of an address as of a tipset; an error if it has none.
    #[method(name = "StateGetID", perm = read)]
    async fn state_get_id(
        &self,
        address: Address,
        selector: TipSetSelector,
    ) -> Result<Address, Error>;
}
