//! How the node is doing.

use jsonrpsee::proc_macros::rpc;

use crate::types::NodeStatus;
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Node.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait Status {
    /// Returns how far the node has come and who hears it; on request also how full the last
    /// tipsets are, which takes longer.
    #[method(name = "NodeStatus", perm = read)]
    async fn node_status(&self, include_chain_status: bool) -> Result<NodeStatus, Error>;
}
