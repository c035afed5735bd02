//! The deals of the built-in storage market.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, Cid, DealCollateralBounds, MarketBalance, MarketDeal, TipSetKey};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group State: the storage market.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait StateMarket {
    /// Returns what an address has in the market.
    #[method(name = "StateMarketBalance", perm = read)]
    async fn state_market_balance(
        &self,
        address: Address,
        tipset: TipSetKey,
    ) -> Result<MarketBalance, Error>;

    /// Returns what everybody has in the market.
    #[method(name = "StateMarketParticipants", perm = read)]
    async fn state_market_participants(
        &self,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<Address, MarketBalance>, Error>;

    /// Returns every deal by its number; on mainnet that is gigabytes.
    #[method(name = "StateMarketDeals", perm = read)]
    async fn state_market_deals(
        &self,
        tipset: TipSetKey,
    ) -> Result<BTreeMap<String, MarketDeal>, Error>;

    /// Returns a deal; an error if there is none with that number, or if it has ended.
    #[method(name = "StateMarketStorageDeal", perm = read)]
    async fn state_market_storage_deal(
        &self,
        deal: u64,
        tipset: TipSetKey,
    ) -> Result<MarketDeal, Error>;

    /// Returns whether a deal was published and its data is not in a proven sector yet.
    #[method(name = "StateMarketProposalPending", perm = read)]
    async fn state_market_proposal_pending(
        &self,
        proposal: Cid,
        tipset: TipSetKey,
    ) -> Result<bool, Error>;

    /// Returns what a provider's collateral has to lie between, for a piece of `size` bytes with
    /// its padding.
    #[method(name = "StateDealProviderCollateralBounds", perm = read)]
    async fn state_deal_provider_collateral_bounds(
        &self,
        size: u64,
        verified: bool,
        tipset: TipSetKey,
    ) -> Result<DealCollateralBounds, Error>;

    /// Returns the commitment to the data of a sector with these deals.
    ///
    /// `seal_proof` is a go-state-types `abi.RegisteredSealProof`.
    #[method(name = "StateComputeDataCID", perm = read)]
    async fn state_compute_data_cid(
        &self,
        miner: Address,
        seal_proof: i64,
        deals: Vec<u64>,
        tipset: TipSetKey,
    ) -> Result<Cid, Error>;
}
