//! How much FIL there is.

use super::TokenAmount;
use crate::object;

/// The circulating supply and what it is computed from, in attoFIL (Lotus `api.CirculatingSupply`).
#[object]
#[derive(Eq, Hash)]
pub struct CirculatingSupply {
    /// What has vested of the genesis accounts.
    pub fil_vested: TokenAmount,
    /// What miners were rewarded with.
    pub fil_mined: TokenAmount,
    /// What was burnt.
    pub fil_burnt: TokenAmount,
    /// What is locked as collateral, in the market and by miners.
    pub fil_locked: TokenAmount,
    /// What circulates: vested, mined and disbursed, less burnt and locked.
    pub fil_circulating: TokenAmount,
    /// What has left the reserve.
    pub fil_reserve_disbursed: TokenAmount,
}
