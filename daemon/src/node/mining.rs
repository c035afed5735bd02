//! `Miner`: what a miner asks of its node to make a block.

use std::sync::Arc;

use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::mining::MiningServer;
use lotus_core::types::{Address, BlockMsg, BlockTemplate, MiningBaseInfo, TipSetKey};

use crate::chain::{Chain, blocking};
use crate::wallet::Wallet;

/// The methods of `Miner`.
pub(crate) struct MiningRpc {
    pub(crate) chain: Arc<dyn Chain>,
    /// Who has the workers' keys.
    pub(crate) wallet: Arc<Wallet>,
}

#[async_trait]
impl MiningServer for MiningRpc {
    async fn miner_create_block(&self, template: BlockTemplate) -> Result<BlockMsg, Error> {
        let wallet = self.wallet.clone();
        blocking(&self.chain, move |chain| {
            let sign = |worker: &Address, bytes: &[u8]| {
                let signature = wallet.sign(worker, bytes);
                signature.map_err(|error| error.to_string())
            };
            let made = chain.producer()?.create_block(&template, sign);
            made.map_err(Error::other)
        })
        .await
    }

    async fn miner_get_base_info(
        &self,
        miner: Address,
        epoch: i64,
        tipset: TipSetKey,
    ) -> Result<Option<MiningBaseInfo>, Error> {
        blocking(&self.chain, move |chain| {
            let producer = chain.producer()?;
            let base = producer.mining_base(&miner, epoch, &*chain.tipset(&tipset)?);
            base.map_err(Error::other)
        })
        .await
    }
}
