//! The process itself.

use jsonrpsee::proc_macros::rpc;

use crate::types::MinerSubsystem;
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Runtime.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Runtime {
    /// Lists the parts of a miner that this process runs.
    #[method(name = "RuntimeSubsystems", perm = read)]
    async fn runtime_subsystems(&self) -> Result<Vec<MinerSubsystem>, Error>;
}
