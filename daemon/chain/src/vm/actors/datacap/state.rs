//! The datacap token's state.

use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

use super::token::TokenState;
use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

/// Bit width of a token's HAMTs, as Lotus has it.
const TOKEN_BIT_WIDTH: u32 = 3;

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// Who mints and destroys: the verified registry.
    pub governor: Address,
    /// The token.
    pub token: TokenState,
}

impl State {
    /// A token that nobody has.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn new(store: &Blocks, governor: Address) -> Result<Self, ActorError> {
        let empty = Hamt::<_, ()>::new_with_bit_width(store, TOKEN_BIT_WIDTH)
            .flush()
            .or_illegal_state("failed to create an empty map")?;
        let token = TokenState {
            supply: TokenAmount::default(),
            balances: empty,
            allowances: empty,
            hamt_bit_width: TOKEN_BIT_WIDTH,
        };
        Ok(Self { governor, token })
    }
}
