//! Actors: what the state tree holds under an address.

use super::{Address, Cid, TokenAmount};
use crate::object;

/// An actor in the state tree (Lotus `types.Actor`).
#[object]
#[derive(Eq, Hash)]
pub struct Actor {
    /// Which code it runs.
    #[required]
    pub code: Cid,
    /// The root of its own state.
    #[required]
    pub head: Cid,
    /// How many messages it has sent; for an account also the nonce of the next one.
    pub nonce: u64,
    /// What it owns, in attoFIL.
    pub balance: TokenAmount,
    /// The `f4` address under which it was made, if it has one.
    pub delegated_address: Option<Address>,
}
