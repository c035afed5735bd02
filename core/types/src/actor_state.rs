//! The state of an actor.

use serde_json::Value;

use super::{Cid, TokenAmount};
use crate::object;

/// An actor with its decoded state (Lotus `api.ActorState`).
#[object]
#[derive(Eq)]
pub struct ActorState {
    /// What it owns, in attoFIL.
    pub balance: TokenAmount,
    /// Which code it runs.
    #[required]
    pub code: Cid,
    /// The fields of its state, as the actor's version defines them; roots of HAMTs and AMTs are
    /// CIDs. `null` for actors without state, such as placeholders and Ethereum accounts.
    pub state: Value,
}
