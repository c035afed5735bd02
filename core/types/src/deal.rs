//! Storage deals of the built-in market, and the balances behind them.

use super::{Address, Cid, TokenAmount};
use crate::object;

/// A published deal (Lotus `api.MarketDeal`).
#[object]
#[derive(Eq, Hash)]
pub struct MarketDeal {
    /// What was agreed.
    #[required]
    pub proposal: DealProposal,
    /// What has become of it.
    pub state: MarketDealState,
}

/// What a client and a provider agree on (go-state-types `market.DealProposal`).
#[object]
#[derive(Eq, Hash)]
pub struct DealProposal {
    /// The data's piece commitment.
    #[required]
    #[serde(rename = "PieceCID")]
    pub piece_cid: Cid,
    /// The size of the piece with its padding, in bytes.
    pub piece_size: u64,
    /// Whether the client pays with data cap.
    pub verified_deal: bool,
    /// Who wants the data stored.
    pub client: Address,
    /// The miner who stores it.
    pub provider: Address,
    /// The client's own note. One that is bytes, and not text, is empty on the wire.
    pub label: String,
    /// The epoch by which the data has to be in a proven sector.
    pub start_epoch: i64,
    /// The epoch at which the deal ends.
    pub end_epoch: i64,
    /// What the client pays for each epoch, in attoFIL.
    pub storage_price_per_epoch: TokenAmount,
    /// What the provider loses if it fails, in attoFIL.
    pub provider_collateral: TokenAmount,
    /// What the client puts up, in attoFIL.
    pub client_collateral: TokenAmount,
}

/// How far a deal has come (Lotus `api.MarketDealState`).
#[object]
#[derive(Eq, Hash)]
pub struct MarketDealState {
    /// The sector that holds the data; 0 before it is known.
    pub sector_number: u64,
    /// The epoch at which the sector was proven; -1 before.
    pub sector_start_epoch: i64,
    /// The epoch of the last payment; -1 before the first.
    pub last_updated_epoch: i64,
    /// The epoch at which the provider was slashed; -1 if it was not.
    pub slash_epoch: i64,
}

/// What an address has in the market (Lotus `api.MarketBalance`).
#[object]
#[derive(Eq, Hash)]
pub struct MarketBalance {
    /// All of it, in attoFIL.
    pub escrow: TokenAmount,
    /// The part that deals need, in attoFIL.
    pub locked: TokenAmount,
}

/// What a provider's collateral has to lie between (Lotus `api.DealCollateralBounds`).
#[object]
#[derive(Eq, Hash)]
pub struct DealCollateralBounds {
    /// The least, in attoFIL.
    pub min: TokenAmount,
    /// The most, in attoFIL.
    pub max: TokenAmount,
}
