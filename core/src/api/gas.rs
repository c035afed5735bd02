//! Estimates of what a message will cost.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, Message, MessageSendSpec, TipSetKey, TokenAmount};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Gas. An empty tipset key is the head.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Gas {
    /// Returns a fee cap, in attoFIL per unit of gas, that lasts for a number of epochs even if
    /// the base fee rises in every one.
    #[method(name = "GasEstimateFeeCap", perm = read)]
    async fn gas_estimate_fee_cap(
        &self,
        message: Message,
        max_queue_blocks: i64,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns the gas that a message uses, in gas units, by executing it after those of its
    /// sender that wait already. An error if it fails.
    #[method(name = "GasEstimateGasLimit", perm = read)]
    async fn gas_estimate_gas_limit(
        &self,
        message: Message,
        tipset: TipSetKey,
    ) -> Result<i64, Error>;

    /// Returns the premium, in attoFIL per unit of gas, with which a message is likely to be
    /// included within a number of epochs.
    #[method(name = "GasEstimateGasPremium", perm = read)]
    async fn gas_estimate_gas_premium(
        &self,
        blocks_until_included: u64,
        sender: Address,
        gas_limit: i64,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error>;

    /// Returns the message with estimates where its gas limit, premium and fee cap are 0. What it
    /// may cost altogether stays below the limit that is given, or the node's own.
    #[method(name = "GasEstimateMessageGas", perm = read)]
    async fn gas_estimate_message_gas(
        &self,
        message: Message,
        spec: Option<MessageSendSpec>,
        tipset: TipSetKey,
    ) -> Result<Message, Error>;
}
