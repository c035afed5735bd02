//! Payment channels, with the parameters of old.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, ChannelInfo, TokenAmount};
use crate::{Error, permissioned};

/// Lotus `api/v0api/full.go`, group Paych, where it differs from v1.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait PaychV0 {
    /// Returns the payment channel between two addresses, after it has begun to make one if there
    /// is none and to reserve an amount in attoFIL, from the sender's account, in it.
    #[method(name = "PaychGet", perm = sign)]
    async fn paych_get_v0(
        &self,
        from: Address,
        to: Address,
        amount: TokenAmount,
    ) -> Result<ChannelInfo, Error>;
}
