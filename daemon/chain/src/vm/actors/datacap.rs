//! f07, the datacap token: who may have data stored as verified, and how much. Semantics as
//! `actors/datacap` of the built-in actors, v17.

mod state;
pub mod token;
mod types;

pub use state::State;
pub use token::TokenState;
pub use types::{
    AllowanceParams, BurnFromParams, BurnFromReturn, BurnParams, BurnReturn, ChangeAllowanceParams,
    DestroyParams, MintParams, MintReturn, RevokeAllowanceParams, TransferFromParams,
    TransferFromReturn, TransferParams, TransferReturn,
};

use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::manifest::SYSTEM_ACTOR_ID;
use crate::vm::runtime::{no_params, params, returns};
use crate::vm::{ActorError, OrExit, Runtime};
use token::{GRANULARITY, TokenReceived, check_allowance, check_amount, tell};

/// `Mint`, by the governor.
pub const MINT: MethodNum = 116_935_346;
/// `Destroy`, by the governor.
pub const DESTROY: MethodNum = 2_624_896_501;
/// `Name`.
pub const NAME: MethodNum = 48_890_204;
/// `Symbol`.
pub const SYMBOL: MethodNum = 2_061_153_854;
/// `Granularity`.
pub const GRANULARITY_EXPORTED: MethodNum = 3_936_767_397;
/// `TotalSupply`.
pub const TOTAL_SUPPLY: MethodNum = 114_981_429;
/// `Balance`.
pub const BALANCE: MethodNum = 3_261_979_605;
/// `Transfer`, to or from the governor only.
pub const TRANSFER: MethodNum = 80_475_954;
/// `TransferFrom`, to the governor only.
pub const TRANSFER_FROM: MethodNum = 3_621_052_141;
/// `IncreaseAllowance`.
pub const INCREASE_ALLOWANCE: MethodNum = 1_777_121_560;
/// `DecreaseAllowance`.
pub const DECREASE_ALLOWANCE: MethodNum = 1_529_376_545;
/// `RevokeAllowance`.
pub const REVOKE_ALLOWANCE: MethodNum = 2_765_635_761;
/// `Burn`.
pub const BURN: MethodNum = 1_434_719_642;
/// `BurnFrom`.
pub const BURN_FROM: MethodNum = 2_979_674_018;
/// `Allowance`.
pub const ALLOWANCE: MethodNum = 4_205_072_950;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (MINT, "MintExported"),
    (DESTROY, "DestroyExported"),
    (NAME, "NameExported"),
    (SYMBOL, "SymbolExported"),
    (GRANULARITY_EXPORTED, "GranularityExported"),
    (TOTAL_SUPPLY, "TotalSupplyExported"),
    (BALANCE, "BalanceExported"),
    (TRANSFER, "TransferExported"),
    (TRANSFER_FROM, "TransferFromExported"),
    (INCREASE_ALLOWANCE, "IncreaseAllowanceExported"),
    (DECREASE_ALLOWANCE, "DecreaseAllowanceExported"),
    (REVOKE_ALLOWANCE, "RevokeAllowanceExported"),
    (BURN, "BurnExported"),
    (BURN_FROM, "BurnFromExported"),
    (ALLOWANCE, "AllowanceExported"),
];

/// Calls a method.
///
/// # Errors
/// Why it aborted.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            let governor: Address = params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            rt.resolve(&governor)?
                .or_illegal_argument("failed to resolve governor address")?;
            rt.create(&State::new(&rt.store(), governor)?)?;
            Ok(None)
        }
        MINT => returns(&mint(rt, &params(input)?)?),
        DESTROY => returns(&destroy(rt, &params(input)?)?),
        NAME => {
            no_params(input)?;
            returns(&"DataCap")
        }
        SYMBOL => {
            no_params(input)?;
            returns(&"DCAP")
        }
        GRANULARITY_EXPORTED => {
            no_params(input)?;
            returns(&GRANULARITY)
        }
        TOTAL_SUPPLY => {
            no_params(input)?;
            returns(&rt.state::<State>()?.token.supply)
        }
        BALANCE => returns(&balance(rt, &params(input)?)?),
        TRANSFER => returns(&transfer(rt, params(input)?)?),
        TRANSFER_FROM => returns(&transfer_from(rt, params(input)?)?),
        INCREASE_ALLOWANCE => {
            let change: ChangeAllowanceParams = params(input)?;
            check_allowance(&change.amount)?;
            returns(&change_allowance(rt, &change.operator, &change.amount)?)
        }
        DECREASE_ALLOWANCE => {
            let change: ChangeAllowanceParams = params(input)?;
            check_allowance(&change.amount)?;
            returns(&change_allowance(rt, &change.operator, &-change.amount)?)
        }
        REVOKE_ALLOWANCE => returns(&revoke_allowance(rt, &params(input)?)?),
        BURN => {
            let burn: BurnParams = params(input)?;
            let balance = burn_of(rt, rt.caller(), &burn.amount)?;
            returns(&BurnReturn { balance })
        }
        BURN_FROM => returns(&burn_from(rt, &params(input)?)?),
        ALLOWANCE => returns(&allowance(rt, &params(input)?)?),
        _ => Err(ActorError::unhandled(method)),
    }
}

fn require_governor(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    let governor = rt.state::<State>()?.governor;
    if governor == rt.caller_address() {
        return Ok(());
    }
    Err(ActorError::forbidden(format!(
        "f0{} is not the governor {governor}",
        rt.caller()
    )))
}

/// The id behind an address that a change is about.
fn expect(rt: &mut Runtime<'_>, address: &Address) -> Result<ActorID, ActorError> {
    rt.resolve(address)?
        .ok_or_else(|| ActorError::not_found(format!("address {address} could not be resolved")))
}

fn mint(rt: &mut Runtime<'_>, params: &MintParams) -> Result<MintReturn, ActorError> {
    require_governor(rt)?;
    check_amount(&params.amount)?;
    let to = expect(rt, &params.to)?;
    let state = rt.transaction(|state: &mut State, rt| {
        let store = rt.store();
        state
            .token
            .change_balance(store.clone(), to, &params.amount)?;
        state.token.change_supply(&params.amount)?;
        // More than there ever can be: 10²¹ whole tokens.
        let infinite = TokenAmount::from_atto(
            BigInt::from(GRANULARITY) * BigInt::from(1_000_000_000_000_000_000_000_u128),
        );
        for operator in &params.operators {
            // The real actor panics here, as the receiver has not been told of its tokens yet.
            let operator = rt.resolve(operator)?.or_exit(
                ExitCode::USR_ASSERTION_FAILED,
                format!("operator {operator} could not be resolved"),
            )?;
            state.token.set_allowance(&store, to, operator, &infinite)?;
        }
        Ok(state.clone())
    })?;
    let received = TokenReceived {
        from: rt.receiver(),
        to,
        operator: rt.caller(),
        amount: params.amount.clone(),
        operator_data: RawBytes::default(),
        token_data: RawBytes::default(),
    };
    let recipient_data = tell(rt, &params.to, &received)?;
    Ok(MintReturn {
        balance: state.token.balance(rt.store(), to)?,
        supply: state.token.supply,
        recipient_data,
    })
}

fn destroy(rt: &mut Runtime<'_>, params: &DestroyParams) -> Result<BurnReturn, ActorError> {
    require_governor(rt)?;
    check_amount(&params.amount)?;
    let owner = expect(rt, &params.owner)?;
    let balance = burn_of(rt, owner, &params.amount)?;
    Ok(BurnReturn { balance })
}

fn burn_of(
    rt: &mut Runtime<'_>,
    owner: ActorID,
    amount: &TokenAmount,
) -> Result<TokenAmount, ActorError> {
    check_amount(amount)?;
    rt.transaction(|state: &mut State, rt| {
        let balance = state.token.change_balance(rt.store(), owner, &-amount)?;
        state.token.change_supply(&-amount)?;
        Ok(balance)
    })
}

fn burn_from(rt: &mut Runtime<'_>, params: &BurnFromParams) -> Result<BurnFromReturn, ActorError> {
    check_amount(&params.amount)?;
    let (owner, operator) = (owner_of(rt, &params.owner)?, rt.caller());
    rt.transaction(|state: &mut State, rt| {
        let store = rt.store();
        let token = &mut state.token;
        let allowance = token.use_allowance(&store, owner, operator, &params.amount)?;
        let balance = token.change_balance(store, owner, &-&params.amount)?;
        token.change_supply(&-&params.amount)?;
        Ok(BurnFromReturn { balance, allowance })
    })
}

/// Whose tokens an operator, which the caller is, uses.
fn owner_of(rt: &mut Runtime<'_>, owner: &Address) -> Result<ActorID, ActorError> {
    match rt.resolve(owner)? {
        Some(id) if id == rt.caller() => Err(ActorError::illegal_argument(
            "operator cannot be the same as the debited address",
        )),
        Some(id) => Ok(id),
        None => Err(ActorError::insufficient_funds(format!(
            "{owner} has given no allowance"
        ))),
    }
}

fn balance(rt: &mut Runtime<'_>, of: &Address) -> Result<TokenAmount, ActorError> {
    match rt.resolve(of)? {
        Some(owner) => rt.state::<State>()?.token.balance(rt.store(), owner),
        None => Ok(TokenAmount::default()),
    }
}

fn allowance(rt: &mut Runtime<'_>, params: &AllowanceParams) -> Result<TokenAmount, ActorError> {
    let (Some(owner), Some(operator)) = (rt.resolve(&params.owner)?, rt.resolve(&params.operator)?)
    else {
        return Ok(TokenAmount::default());
    };
    let state: State = rt.state()?;
    state.token.allowance(&rt.store(), owner, operator)
}

fn change_allowance(
    rt: &mut Runtime<'_>,
    operator: &Address,
    delta: &TokenAmount,
) -> Result<TokenAmount, ActorError> {
    let operator = expect(rt, operator)?;
    rt.transaction(|state: &mut State, rt| {
        let owner = rt.caller();
        state
            .token
            .change_allowance(&rt.store(), owner, operator, delta)
    })
}

fn revoke_allowance(
    rt: &mut Runtime<'_>,
    params: &RevokeAllowanceParams,
) -> Result<TokenAmount, ActorError> {
    let Some(operator) = rt.resolve(&params.operator)? else {
        return Ok(TokenAmount::default());
    };
    rt.transaction(|state: &mut State, rt| {
        let none = TokenAmount::default();
        let owner = rt.caller();
        state
            .token
            .set_allowance(&rt.store(), owner, operator, &none)
    })
}

fn transfer(rt: &mut Runtime<'_>, params: TransferParams) -> Result<TransferReturn, ActorError> {
    let to = rt
        .resolve(&params.to)?
        .or_illegal_argument("to must be ID address")?;
    let from = rt.caller();
    let state = rt.transaction(|state: &mut State, rt| {
        check_allowed(state, &[Address::new_id(to), Address::new_id(from)])?;
        check_amount(&params.amount)?;
        state
            .token
            .transfer(&rt.store(), from, to, &params.amount)?;
        Ok(state.clone())
    })?;
    let received = TokenReceived {
        from,
        to,
        operator: from,
        amount: params.amount,
        operator_data: params.operator_data,
        token_data: RawBytes::default(),
    };
    let recipient_data = tell(rt, &Address::new_id(to), &received)?;
    Ok(TransferReturn {
        from_balance: state.token.balance(rt.store(), from)?,
        to_balance: state.token.balance(rt.store(), to)?,
        recipient_data,
    })
}

fn transfer_from(
    rt: &mut Runtime<'_>,
    params: TransferFromParams,
) -> Result<TransferFromReturn, ActorError> {
    let to = rt
        .resolve(&params.to)?
        .or_illegal_argument("to must be an ID address")?;
    check_allowed(&rt.state()?, &[Address::new_id(to)])?;
    check_amount(&params.amount)?;
    let (from, operator) = (owner_of(rt, &params.from)?, rt.caller());
    let state = rt.transaction(|state: &mut State, rt| {
        let store = rt.store();
        let token = &mut state.token;
        token.use_allowance(&store, from, operator, &params.amount)?;
        token.transfer(&store, from, to, &params.amount)?;
        Ok(state.clone())
    })?;
    let received = TokenReceived {
        from,
        to,
        operator,
        amount: params.amount,
        operator_data: params.operator_data,
        token_data: RawBytes::default(),
    };
    let recipient_data = tell(rt, &Address::new_id(to), &received)?;
    Ok(TransferFromReturn {
        from_balance: state.token.balance(rt.store(), from)?,
        to_balance: state.token.balance(rt.store(), to)?,
        allowance: state.token.allowance(&rt.store(), from, operator)?,
        recipient_data,
    })
}

/// One of these must be the governor: datacap is not to be traded.
fn check_allowed(state: &State, parties: &[Address]) -> Result<(), ActorError> {
    if parties.contains(&state.governor) {
        return Ok(());
    }
    Err(ActorError::forbidden(format!(
        "transfer not allowed but to and from the governor {}",
        state.governor
    )))
}
