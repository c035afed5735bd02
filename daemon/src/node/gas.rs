//! `Gas`: what a message will cost.

use std::sync::Arc;

use jsonrpsee::core::async_trait;
use lotus_chain::estimate::{EstimateError, Estimator};
use lotus_core::Error;
use lotus_core::api::gas::GasServer;
use lotus_core::types::{Address, Message, MessageSendSpec, TipSetKey, TokenAmount};

use crate::chain::pool::no_estimate;
use crate::chain::{Chain, blocking};

/// The methods of `Gas`.
pub(crate) struct GasRpc {
    pub(crate) chain: Arc<dyn Chain>,
}

impl GasRpc {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Estimator) -> Result<T, EstimateError> + Send + 'static,
    ) -> Result<T, Error> {
        blocking(&self.chain, |chain| {
            work(chain.pool()?.estimator()).map_err(no_estimate)
        })
        .await
    }
}

#[async_trait]
impl GasServer for GasRpc {
    async fn gas_estimate_fee_cap(
        &self,
        message: Message,
        max_queue_blocks: i64,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        self.run(move |estimator| estimator.fee_cap(&message, max_queue_blocks, &tipset))
            .await
    }

    async fn gas_estimate_gas_limit(
        &self,
        message: Message,
        tipset: TipSetKey,
    ) -> Result<i64, Error> {
        self.run(move |estimator| estimator.gas_limit(&message, &tipset))
            .await
    }

    async fn gas_estimate_gas_premium(
        &self,
        blocks_until_included: u64,
        _sender: Address,
        _gas_limit: i64,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        self.run(move |estimator| estimator.premium(blocks_until_included, &tipset))
            .await
    }

    async fn gas_estimate_message_gas(
        &self,
        message: Message,
        spec: Option<MessageSendSpec>,
        tipset: TipSetKey,
    ) -> Result<Message, Error> {
        self.run(move |estimator| estimator.message(message, spec.as_ref(), &tipset))
            .await
    }
}
