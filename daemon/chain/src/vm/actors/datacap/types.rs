//! What the datacap token's methods take and return.

use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

macro_rules! tuples {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $kind,)*
            }
        )*
    };
}

tuples! {
    /// What [`super::MINT`] takes.
    MintParams {
        /// Who gets them.
        to: Address,
        /// How many.
        amount: TokenAmount,
        /// Who may spend all of that actor's.
        operators: Vec<Address>,
    }
    /// What [`super::MINT`] returns.
    MintReturn {
        /// What the receiver has.
        balance: TokenAmount,
        /// How many there are.
        supply: TokenAmount,
        /// What the receiver answered.
        recipient_data: RawBytes,
    }
    /// What [`super::DESTROY`] takes.
    DestroyParams {
        /// Whose.
        owner: Address,
        /// How many.
        amount: TokenAmount,
    }
    /// What [`super::TRANSFER`] takes.
    TransferParams {
        /// Who gets them.
        to: Address,
        /// How many.
        amount: TokenAmount,
        /// For the receiver.
        operator_data: RawBytes,
    }
    /// What [`super::TRANSFER`] returns.
    TransferReturn {
        /// What the sender has.
        from_balance: TokenAmount,
        /// What the receiver has.
        to_balance: TokenAmount,
        /// What the receiver answered.
        recipient_data: RawBytes,
    }
    /// What [`super::TRANSFER_FROM`] takes.
    TransferFromParams {
        /// Whose.
        from: Address,
        /// Who gets them.
        to: Address,
        /// How many.
        amount: TokenAmount,
        /// For the receiver.
        operator_data: RawBytes,
    }
    /// What [`super::TRANSFER_FROM`] returns.
    TransferFromReturn {
        /// What the owner has.
        from_balance: TokenAmount,
        /// What the receiver has.
        to_balance: TokenAmount,
        /// What the operator may still spend.
        allowance: TokenAmount,
        /// What the receiver answered.
        recipient_data: RawBytes,
    }
    /// What [`super::INCREASE_ALLOWANCE`] and [`super::DECREASE_ALLOWANCE`] take.
    ChangeAllowanceParams {
        /// Who may spend the caller's.
        operator: Address,
        /// How many more, or less.
        amount: TokenAmount,
    }
    /// What [`super::REVOKE_ALLOWANCE`] takes.
    RevokeAllowanceParams {
        /// Who may spend the caller's no more.
        operator: Address,
    }
    /// What [`super::ALLOWANCE`] takes.
    AllowanceParams {
        /// Whose.
        owner: Address,
        /// Who may spend them.
        operator: Address,
    }
    /// What [`super::BURN`] takes.
    BurnParams {
        /// How many.
        amount: TokenAmount,
    }
    /// What [`super::BURN`] and [`super::DESTROY`] return.
    BurnReturn {
        /// What the owner has.
        balance: TokenAmount,
    }
    /// What [`super::BURN_FROM`] takes.
    BurnFromParams {
        /// Whose.
        owner: Address,
        /// How many.
        amount: TokenAmount,
    }
    /// What [`super::BURN_FROM`] returns.
    BurnFromReturn {
        /// What the owner has.
        balance: TokenAmount,
        /// What the operator may still spend.
        allowance: TokenAmount,
    }
}
