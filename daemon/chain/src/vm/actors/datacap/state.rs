//! The datacap token's state.

use cid::Cid;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::HAMT_BIT_WIDTH;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit};

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// Who mints and destroys: the verified registry.
    pub governor: Address,
    /// The token.
    pub token: TokenState,
}

/// A token as FRC-0046 keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct TokenState {
    /// How much there is.
    pub supply: TokenAmount,
    /// A HAMT from actors to what they have.
    pub balances: Cid,
    /// A HAMT from owners to a HAMT from operators to what they may spend.
    pub allowances: Cid,
    /// The bit width of both.
    pub hamt_bit_width: u32,
}

impl State {
    /// A token that nobody has.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn new(store: &Blocks, governor: Address) -> Result<Self, ActorError> {
        let empty = Hamt::<_, ()>::new_with_bit_width(store, HAMT_BIT_WIDTH)
            .flush()
            .or_illegal_state("failed to create an empty map")?;
        let token = TokenState {
            supply: TokenAmount::default(),
            balances: empty,
            allowances: empty,
            hamt_bit_width: HAMT_BIT_WIDTH,
        };
        Ok(Self { governor, token })
    }
}
