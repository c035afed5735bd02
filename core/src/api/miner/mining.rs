//! Making blocks.

use jsonrpsee::proc_macros::rpc;

use crate::types::TipSet;
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Mining.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Mining {
    /// Returns the tipset on which the miner makes its next block; `null` before there is one.
    #[method(name = "MiningBase", perm = read)]
    async fn mining_base(&self) -> Result<Option<TipSet>, Error>;
}
