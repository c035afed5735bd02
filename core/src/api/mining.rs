//! What a miner asks of its node to make a block.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, BlockMsg, BlockTemplate, MiningBaseInfo, TipSetKey};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Miner.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Mining {
    /// Executes the parents' messages, completes a block with the outcome, signs it with the
    /// miner's worker key and returns it. It is not published: see `SyncSubmitBlock`.
    #[method(name = "MinerCreateBlock", perm = write)]
    async fn miner_create_block(&self, template: BlockTemplate) -> Result<BlockMsg, Error>;

    /// Returns what a miner needs for the election of an epoch on top of a tipset; `null` if it
    /// has nothing to prove.
    #[method(name = "MinerGetBaseInfo", perm = read)]
    async fn miner_get_base_info(
        &self,
        miner: Address,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<Option<MiningBaseInfo>, Error>;
}
