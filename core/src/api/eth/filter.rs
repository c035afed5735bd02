//! Logs: searched, polled for, and subscribed to.

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    EthFilterMatch, EthFilterSpec, EthHash, EthSubscriptionKind, EthSubscriptionParams,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Eth: filters and subscriptions. Filters that are not polled for a
/// while are removed.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait EthFilter {
    /// Returns what a filter found since it was last asked.
    #[method(name = "EthGetFilterChanges", aliases = ["eth_getFilterChanges"], perm = read)]
    async fn eth_get_filter_changes(&self, filter: EthHash) -> Result<Vec<EthFilterMatch>, Error>;

    /// Returns the logs that a filter of logs found since it was last asked.
    #[method(name = "EthGetFilterLogs", aliases = ["eth_getFilterLogs"], perm = read)]
    async fn eth_get_filter_logs(&self, filter: EthHash) -> Result<Vec<EthFilterMatch>, Error>;

    /// Returns the logs that match; an error if that would be more, or span more blocks, than the
    /// node allows.
    #[method(name = "EthGetLogs", aliases = ["eth_getLogs"], perm = read)]
    async fn eth_get_logs(&self, filter: EthFilterSpec) -> Result<Vec<EthFilterMatch>, Error>;

    /// Makes a filter that finds the hashes of new blocks, and returns its identity.
    #[method(name = "EthNewBlockFilter", aliases = ["eth_newBlockFilter"], perm = read)]
    async fn eth_new_block_filter(&self) -> Result<EthHash, Error>;

    /// Makes a filter that finds the logs that match, and returns its identity.
    #[method(name = "EthNewFilter", aliases = ["eth_newFilter"], perm = read)]
    async fn eth_new_filter(&self, filter: EthFilterSpec) -> Result<EthHash, Error>;

    /// Makes a filter that finds the hashes of new pending transactions, and returns its identity.
    #[method(
        name = "EthNewPendingTransactionFilter",
        aliases = ["eth_newPendingTransactionFilter"],
        perm = read
    )]
    async fn eth_new_pending_transaction_filter(&self) -> Result<EthHash, Error>;

    /// Begins a subscription, and returns its identity. WebSocket only.
    ///
    /// What it reports comes as Ethereum has it, not as a channel: notifications `eth_subscription`
    /// with `{"subscription": IDENTITY, "result": …}` on the same connection, until
    /// `EthUnsubscribe`. A client of jsonrpsee gets them as a stream from
    /// `subscribe("eth_subscribe", params, "eth_unsubscribe")`. `params` restricts logs.
    #[method(name = "EthSubscribe", aliases = ["eth_subscribe"], perm = read, optional)]
    async fn eth_subscribe(
        &self,
        kind: EthSubscriptionKind,
        params: Option<EthSubscriptionParams>,
    ) -> Result<EthHash, Error>;

    /// Removes a filter, and returns whether there was one.
    #[method(name = "EthUninstallFilter", aliases = ["eth_uninstallFilter"], perm = read)]
    async fn eth_uninstall_filter(&self, filter: EthHash) -> Result<bool, Error>;

    /// Ends a subscription, and returns whether there was one.
    #[method(name = "EthUnsubscribe", aliases = ["eth_unsubscribe"], perm = read)]
    async fn eth_unsubscribe(&self, subscription: EthHash) -> Result<bool, Error>;
}
