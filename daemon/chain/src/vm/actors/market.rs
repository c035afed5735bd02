//! f05, the storage market: what clients and providers have put into it. There are no deals: what is
//! about them is in [`NOT_IMPLEMENTED`]. Semantics as `actors/market` of the built-in actors, v17.

mod balance;
mod state;

pub use balance::BalanceTable;
pub use state::State;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::{METHOD_CONSTRUCTOR, METHOD_SEND, MethodNum};

use super::miner::{CONTROL_ADDRESSES, ControlAddressesReturn};
use crate::vm::manifest::{ActorKind, CRON_ACTOR_ID, SYSTEM_ACTOR_ID};
use crate::vm::runtime::{no_params, params, returned, returns};
use crate::vm::{ActorError, OrExit, Runtime};

/// `AddBalance`: the value of the message, for anyone.
pub const ADD_BALANCE: MethodNum = 2;
/// `WithdrawBalance`, by the client, or the provider's owner or worker.
pub const WITHDRAW_BALANCE: MethodNum = 3;
/// `CronTick`, by cron.
pub const CRON_TICK: MethodNum = 9;
/// `AddBalance`, exported.
pub const ADD_BALANCE_EXPORTED: MethodNum = 822_473_126;
/// `WithdrawBalance`, exported.
pub const WITHDRAW_BALANCE_EXPORTED: MethodNum = 2_280_458_852;
/// `GetBalance`, exported.
pub const GET_BALANCE: MethodNum = 726_108_461;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (ADD_BALANCE, "AddBalance"),
    (WITHDRAW_BALANCE, "WithdrawBalance"),
    (CRON_TICK, "CronTick"),
    (ADD_BALANCE_EXPORTED, "AddBalanceExported"),
    (WITHDRAW_BALANCE_EXPORTED, "WithdrawBalanceExported"),
    (GET_BALANCE, "GetBalanceExported"),
    (1_157_985_802, "GetDealDataCommitmentExported"),
    (128_053_329, "GetDealClientExported"),
    (935_081_690, "GetDealProviderExported"),
    (46_363_526, "GetDealLabelExported"),
    (163_777_312, "GetDealTermExported"),
    (4_287_162_428, "GetDealTotalPriceExported"),
    (200_567_895, "GetDealClientCollateralExported"),
    (2_986_712_137, "GetDealProviderCollateralExported"),
    (2_627_389_465, "GetDealVerifiedExported"),
    (2_567_238_399, "GetDealActivationExported"),
    (2_611_213_344, "GetDealSectorExported"),
];

/// The methods that the real actor has and this one refuses: they make deals, or end them.
pub const NOT_IMPLEMENTED: &[(MethodNum, &str)] = &[
    (4, "PublishStorageDeals"),
    (5, "VerifyDealsForActivation"),
    (6, "BatchActivateDeals"),
    (7, "OnMinerSectorsTerminate"),
    (2_236_929_350, "PublishStorageDealsExported"),
    (1_900_091_594, "SettleDealPaymentsExported"),
    (2_034_386_435, "SectorContentChangedExported"),
];

/// What [`WITHDRAW_BALANCE`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct WithdrawBalanceParams {
    /// Whose balance.
    pub provider_or_client: Address,
    /// How much at most.
    pub amount: TokenAmount,
}

/// What [`GET_BALANCE`] returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct GetBalanceReturn {
    /// What was put in.
    pub balance: TokenAmount,
    /// What of it is locked.
    pub locked: TokenAmount,
}

/// Calls a method.
///
/// # Errors
/// Why it aborted; `USR_FORBIDDEN` for those in [`NOT_IMPLEMENTED`].
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            no_params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            rt.create(&State::new(&rt.store())?)?;
            Ok(None)
        }
        ADD_BALANCE | ADD_BALANCE_EXPORTED => {
            add_balance(rt, &params(input)?)?;
            Ok(None)
        }
        WITHDRAW_BALANCE | WITHDRAW_BALANCE_EXPORTED => returns(&withdraw(rt, &params(input)?)?),
        GET_BALANCE => returns(&get_balance(rt, &params(input)?)?),
        CRON_TICK => {
            no_params(input)?;
            rt.require_caller(&[CRON_ACTOR_ID])?;
            rt.transaction(|state: &mut State, rt| {
                // There are no deals to look at.
                state.last_cron = rt.epoch();
                Ok(())
            })?;
            Ok(None)
        }
        _ => {
            if let Some((_, name)) = NOT_IMPLEMENTED.iter().find(|(number, _)| *number == method) {
                return Err(ActorError::forbidden(format!(
                    "{name} is about deals, which a local network has not; use a network with proofs, \
                     such as calibration"
                )));
            }
            if !METHODS.iter().any(|(number, _)| *number == method) {
                return Err(ActorError::unhandled(method));
            }
            // All others ask about a deal.
            let deal: DealID = params(input)?;
            Err(ActorError::not_found(format!("no such deal {deal}")))
        }
    }
}

fn add_balance(rt: &mut Runtime<'_>, of: &Address) -> Result<(), ActorError> {
    let value = rt.value_received().clone();
    if !value.is_positive() {
        return Err(ActorError::illegal_argument(format!(
            "balance to add must be greater than zero was: {value}"
        )));
    }
    let escrow = escrow(rt, of)?;
    rt.transaction(|state: &mut State, rt| {
        let mut table = BalanceTable::load(&state.escrow_table, rt.store())?;
        table.add(&escrow.account, &value)?;
        state.escrow_table = table.flush()?;
        Ok(())
    })
}

fn withdraw(
    rt: &mut Runtime<'_>,
    params: &WithdrawBalanceParams,
) -> Result<TokenAmount, ActorError> {
    if params.amount.is_negative() {
        return Err(ActorError::illegal_argument(format!(
            "negative amount: {}",
            params.amount
        )));
    }
    let escrow = escrow(rt, &params.provider_or_client)?;
    if !escrow.approved.contains(&rt.caller_address()) {
        return Err(ActorError::forbidden(format!(
            "f0{} may not withdraw the balance of {}",
            rt.caller(),
            escrow.account
        )));
    }
    let taken = rt.transaction(|state: &mut State, rt| {
        let mut table = BalanceTable::load(&state.escrow_table, rt.store())?;
        let locked = BalanceTable::load(&state.locked_table, rt.store())?.get(&escrow.account)?;
        let taken = table.take(&escrow.account, &params.amount, &locked)?;
        state.escrow_table = table.flush()?;
        Ok(taken)
    })?;
    rt.call(&escrow.recipient, METHOD_SEND, None, taken.clone())?;
    Ok(taken)
}

fn get_balance(rt: &mut Runtime<'_>, of: &Address) -> Result<GetBalanceReturn, ActorError> {
    let id = rt
        .resolve(of)?
        .or_illegal_argument(format!("failed to resolve address {of}"))?;
    let account = Address::new_id(id);
    let state: State = rt.state()?;
    Ok(GetBalanceReturn {
        balance: BalanceTable::load(&state.escrow_table, rt.store())?.get(&account)?,
        locked: BalanceTable::load(&state.locked_table, rt.store())?.get(&account)?,
    })
}

/// Whose balance an address means.
struct Escrow {
    /// The actor.
    account: Address,
    /// Who gets what is withdrawn.
    recipient: Address,
    /// Who may withdraw.
    approved: Vec<Address>,
}

fn escrow(rt: &mut Runtime<'_>, of: &Address) -> Result<Escrow, ActorError> {
    let id = rt
        .resolve(of)?
        .or_illegal_argument(format!("failed to resolve address {of}"))?;
    let account = Address::new_id(id);
    rt.balance_of(id)?
        .or_illegal_argument(format!("no code for address {account}"))?;
    if rt.kind_of(id)? != Some(ActorKind::Miner) {
        return Ok(Escrow {
            account,
            recipient: account,
            approved: vec![account],
        });
    }
    let control = rt.call(&account, CONTROL_ADDRESSES, None, TokenAmount::default())?;
    let control: ControlAddressesReturn = returned(control)?;
    Ok(Escrow {
        account,
        recipient: control.owner,
        approved: vec![control.owner, control.worker],
    })
}
