//! What happened inside transactions.

use jsonrpsee::proc_macros::rpc;

use crate::types::{EthTraceFilterCriteria, EthTraceReplay, EthTransactionTrace};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Eth: traces, in the format of OpenEthereum.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait EthTraces {
    /// Returns the traces of all transactions of a block, by its number or a tag.
    #[method(name = "EthTraceBlock", aliases = ["trace_block"], perm = read)]
    async fn eth_trace_block(&self, block: String) -> Result<Vec<EthTransactionTrace>, Error>;

    /// Returns the traces that match; an error if that would be more, or span more blocks, than the
    /// node allows.
    #[method(name = "EthTraceFilter", aliases = ["trace_filter"], perm = read)]
    async fn eth_trace_filter(
        &self,
        filter: EthTraceFilterCriteria,
    ) -> Result<Vec<EthTransactionTrace>, Error>;

    /// Executes the transactions of a block again and returns their traces. The only kind that Lotus
    /// has is `trace`.
    #[method(
        name = "EthTraceReplayBlockTransactions",
        aliases = ["trace_replayBlockTransactions"],
        perm = read
    )]
    async fn eth_trace_replay_block_transactions(
        &self,
        block: String,
        kinds: Vec<String>,
    ) -> Result<Vec<EthTraceReplay>, Error>;

    /// Returns the traces of a transaction, by its hash.
    #[method(name = "EthTraceTransaction", aliases = ["trace_transaction"], perm = read)]
    async fn eth_trace_transaction(
        &self,
        transaction: String,
    ) -> Result<Vec<EthTransactionTrace>, Error>;
}
