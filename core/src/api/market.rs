//! Money for storage deals.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Address, Cid, TokenAmount};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Market.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Market {
    /// Adds attoFIL of `wallet` to the market balance of `address`, and returns the message.
    #[method(name = "MarketAddBalance", perm = sign)]
    async fn market_add_balance(
        &self,
        wallet: Address,
        address: Address,
        amount: TokenAmount,
    ) -> Result<Cid, Error>;

    /// Returns how many attoFIL of the market balance of `address` are reserved on this node.
    #[method(name = "MarketGetReserved", perm = sign)]
    async fn market_get_reserved(&self, address: Address) -> Result<TokenAmount, Error>;

    /// Reserves attoFIL of the market balance of `address`, and adds what is missing from `wallet`.
    /// Returns the message that does, or nothing if nothing is missing.
    #[method(name = "MarketReserveFunds", perm = sign)]
    async fn market_reserve_funds(
        &self,
        wallet: Address,
        address: Address,
        amount: TokenAmount,
    ) -> Result<Option<Cid>, Error>;

    /// Gives up a reservation of attoFIL; an error if less than that is reserved.
    #[method(name = "MarketReleaseFunds", perm = sign)]
    async fn market_release_funds(
        &self,
        address: Address,
        amount: TokenAmount,
    ) -> Result<(), Error>;

    /// Withdraws attoFIL that nothing needs from the market balance of `address`, in a message that
    /// `wallet` sends and that is returned.
    ///
    /// An error if that much is not available.
    #[method(name = "MarketWithdraw", perm = sign)]
    async fn market_withdraw(
        &self,
        wallet: Address,
        address: Address,
        amount: TokenAmount,
    ) -> Result<Cid, Error>;
}
