//! The miner's deals.

use jsonrpsee::proc_macros::rpc;

use crate::types::MarketDeal;
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Market.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Market {
    /// Lists the deals of the market actor of which this miner is the provider.
    #[method(name = "MarketListDeals", perm = read)]
    async fn market_list_deals(&self) -> Result<Vec<MarketDeal>, Error>;
}
