//! f06, the verified registry: who gives out datacap, and what it is spent for. Semantics as
//! `actors/verifreg` of the built-in actors, v17. Nothing is ever claimed, as that needs a sector: see
//! [`NOT_IMPLEMENTED`].

mod allocation;
mod state;
mod types;

pub use allocation::{Allocation, AllocationRequest, AllocationRequests, ClaimExtensionRequest};
pub use state::State;
pub use types::{
    AllocationsReturn, BatchReturn, ClaimIdsParams, ExtendClaimTermsParams, FailCode,
    GetClaimsReturn, RemoveExpiredAllocationsParams, RemoveExpiredAllocationsReturn,
    RemoveExpiredClaimsReturn, VerifierParams,
};

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::BigIntSer;
use fvm_shared::bigint::{BigInt, Zero};
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::StoragePower;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, MethodNum};

use super::datacap;
use super::multisig::UNIVERSAL_RECEIVER_HOOK;
use crate::vm::manifest::{DATACAP_ACTOR_ID, MARKET_ACTOR_ID, SYSTEM_ACTOR_ID};
use crate::vm::runtime::{Event, params, returned, returns};
use crate::vm::{ActorError, OrExit, Runtime};

/// `AddVerifier`, by the root.
pub const ADD_VERIFIER: MethodNum = 2;
/// `RemoveVerifier`, by the root.
pub const REMOVE_VERIFIER: MethodNum = 3;
/// `AddVerifiedClient`, by a verifier.
pub const ADD_VERIFIED_CLIENT: MethodNum = 4;
/// `RemoveExpiredAllocations`.
pub const REMOVE_EXPIRED_ALLOCATIONS: MethodNum = 8;
/// `GetClaims`.
pub const GET_CLAIMS: MethodNum = 10;
/// `ExtendClaimTerms`.
pub const EXTEND_CLAIM_TERMS: MethodNum = 11;
/// `RemoveExpiredClaims`.
pub const REMOVE_EXPIRED_CLAIMS: MethodNum = 12;
/// `AddVerifiedClient`, exported.
pub const ADD_VERIFIED_CLIENT_EXPORTED: MethodNum = 3_916_220_144;
/// `RemoveExpiredAllocations`, exported.
pub const REMOVE_EXPIRED_ALLOCATIONS_EXPORTED: MethodNum = 2_421_068_268;
/// `GetClaims`, exported.
pub const GET_CLAIMS_EXPORTED: MethodNum = 2_199_871_187;
/// `ExtendClaimTerms`, exported.
pub const EXTEND_CLAIM_TERMS_EXPORTED: MethodNum = 1_752_273_514;
/// `RemoveExpiredClaims`, exported.
pub const REMOVE_EXPIRED_CLAIMS_EXPORTED: MethodNum = 2_873_373_899;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (ADD_VERIFIER, "AddVerifier"),
    (REMOVE_VERIFIER, "RemoveVerifier"),
    (ADD_VERIFIED_CLIENT, "AddVerifiedClient"),
    (REMOVE_EXPIRED_ALLOCATIONS, "RemoveExpiredAllocations"),
    (GET_CLAIMS, "GetClaims"),
    (EXTEND_CLAIM_TERMS, "ExtendClaimTerms"),
    (REMOVE_EXPIRED_CLAIMS, "RemoveExpiredClaims"),
    (ADD_VERIFIED_CLIENT_EXPORTED, "AddVerifiedClientExported"),
    (
        REMOVE_EXPIRED_ALLOCATIONS_EXPORTED,
        "RemoveExpiredAllocationsExported",
    ),
    (GET_CLAIMS_EXPORTED, "GetClaimsExported"),
    (EXTEND_CLAIM_TERMS_EXPORTED, "ExtendClaimTermsExported"),
    (
        REMOVE_EXPIRED_CLAIMS_EXPORTED,
        "RemoveExpiredClaimsExported",
    ),
    (UNIVERSAL_RECEIVER_HOOK, "UniversalReceiverHook"),
];

/// The methods that the real actor has and this one refuses.
pub const NOT_IMPLEMENTED: &[(MethodNum, &str)] =
    &[(7, "RemoveVerifiedClientDataCap"), (9, "ClaimAllocations")];

/// The least that is given out or allocated: 256 bytes on a devnet.
const MIN_ALLOCATION_SIZE: u64 = 256;

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
            let root: Address = params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            let root = rt
                .resolve(&root)?
                .or_illegal_argument("root should be an ID address")?;
            rt.create(&State::new(&rt.store(), Address::new_id(root))?)?;
            Ok(None)
        }
        ADD_VERIFIER => {
            add_verifier(rt, &params(input)?)?;
            Ok(None)
        }
        REMOVE_VERIFIER => {
            remove_verifier(rt, &params(input)?)?;
            Ok(None)
        }
        ADD_VERIFIED_CLIENT | ADD_VERIFIED_CLIENT_EXPORTED => {
            add_client(rt, &params(input)?)?;
            Ok(None)
        }
        REMOVE_EXPIRED_ALLOCATIONS | REMOVE_EXPIRED_ALLOCATIONS_EXPORTED => {
            returns(&allocation::remove_expired(rt, params(input)?)?)
        }
        UNIVERSAL_RECEIVER_HOOK => {
            let (kind, payload) = params(input)?;
            returns(&allocation::receive(rt, kind, &payload)?)
        }
        GET_CLAIMS | GET_CLAIMS_EXPORTED => {
            let asked: ClaimIdsParams = params(input)?;
            returns(&GetClaimsReturn {
                batch_info: no_claims(asked.claim_ids.len()),
                claims: Vec::new(),
            })
        }
        EXTEND_CLAIM_TERMS | EXTEND_CLAIM_TERMS_EXPORTED => {
            let asked: ExtendClaimTermsParams = params(input)?;
            returns(&no_claims(asked.terms.len()))
        }
        REMOVE_EXPIRED_CLAIMS | REMOVE_EXPIRED_CLAIMS_EXPORTED => {
            let asked: ClaimIdsParams = params(input)?;
            returns(&RemoveExpiredClaimsReturn {
                results: no_claims(asked.claim_ids.len()),
                considered: asked.claim_ids,
            })
        }
        _ => match NOT_IMPLEMENTED.iter().find(|(number, _)| *number == method) {
            Some((_, name)) => Err(ActorError::forbidden(format!(
                "{name} is not available on a local network; use one such as calibration"
            ))),
            None => Err(ActorError::unhandled(method)),
        },
    }
}

/// None of the claims that were asked for exists.
fn no_claims(count: usize) -> BatchReturn {
    BatchReturn::of((0..count).map(|_| ExitCode::USR_NOT_FOUND))
}

fn require_root(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    let root = rt.state::<State>()?.root_key;
    if root == rt.caller_address() {
        return Ok(());
    }
    Err(ActorError::forbidden(format!(
        "f0{} is not the root {root}",
        rt.caller()
    )))
}

fn check_allowance(params: &VerifierParams) -> Result<(), ActorError> {
    if params.allowance < BigInt::from(MIN_ALLOCATION_SIZE) {
        return Err(ActorError::illegal_argument(format!(
            "allowance {} for {} is below the minimum of {MIN_ALLOCATION_SIZE}",
            params.allowance, params.address
        )));
    }
    Ok(())
}

fn add_verifier(rt: &mut Runtime<'_>, params: &VerifierParams) -> Result<(), ActorError> {
    check_allowance(params)?;
    let id = rt.resolve_or_create(&params.address, true)?;
    let verifier = Address::new_id(id);
    require_root(rt)?;
    if verifier == rt.state::<State>()?.root_key {
        return Err(ActorError::illegal_argument(
            "rootkey cannot be added as verifier",
        ));
    }
    if balance(rt, &verifier)?.is_positive() {
        return Err(ActorError::illegal_argument(format!(
            "verified client {verifier} cannot become a verifier"
        )));
    }
    rt.transaction(|state: &mut State, rt| {
        state.put_verifier(rt.store(), &verifier, &params.allowance)
    })?;
    emit_balance(rt, id, &params.allowance, None)
}

fn remove_verifier(rt: &mut Runtime<'_>, address: &Address) -> Result<(), ActorError> {
    let id = rt.resolve_or_create(address, false)?;
    require_root(rt)?;
    rt.transaction(|state: &mut State, rt| {
        state.remove_verifier(rt.store(), &Address::new_id(id))
    })?;
    emit_balance(rt, id, &BigInt::zero(), None)
}

fn add_client(rt: &mut Runtime<'_>, params: &VerifierParams) -> Result<(), ActorError> {
    check_allowance(params)?;
    let id = rt.resolve_or_create(&params.address, true)?;
    let client = Address::new_id(id);
    let left = rt.transaction(|state: &mut State, rt| {
        if client == state.root_key {
            return Err(ActorError::illegal_argument(
                "root cannot be added as client",
            ));
        }
        let verifier = rt.caller_address();
        let cap = state
            .verifier(rt.store(), &verifier)?
            .ok_or_else(|| ActorError::not_found(format!("caller {verifier} is not a verifier")))?;
        if state.verifier(rt.store(), &client)?.is_some() {
            return Err(ActorError::illegal_argument(format!(
                "verifier {client} cannot be added as a verified client"
            )));
        }
        if cap < params.allowance {
            return Err(ActorError::illegal_argument(format!(
                "add more DataCap {} for client than allocated {cap}",
                params.allowance
            )));
        }
        let left = cap - &params.allowance;
        state.put_verifier(rt.store(), &verifier, &left)?;
        Ok(left)
    })?;
    emit_balance(rt, rt.caller(), &left, Some(id))?;
    call_token(
        rt,
        datacap::MINT,
        &datacap::MintParams {
            to: client,
            amount: to_tokens(&params.allowance),
            operators: vec![Address::new_id(MARKET_ACTOR_ID)],
        },
    )
    .map_err(|e| e.context("failed to mint datacap"))
}

/// What an actor has in datacap, in bytes.
fn balance(rt: &mut Runtime<'_>, of: &Address) -> Result<TokenAmount, ActorError> {
    let token = Address::new_id(DATACAP_ACTOR_ID);
    returned(rt.call_read_only(&token, datacap::BALANCE, IpldBlock::serialize_cbor(of)?)?)
}

fn call_token<T: serde::Serialize>(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    params: &T,
) -> Result<(), ActorError> {
    let token = Address::new_id(DATACAP_ACTOR_ID);
    let params = IpldBlock::serialize_cbor(params)?;
    rt.call(&token, method, params, TokenAmount::default())?;
    Ok(())
}

/// A token for each byte.
fn to_tokens(datacap: &StoragePower) -> TokenAmount {
    TokenAmount::from_atto(datacap * datacap::token::GRANULARITY)
}

fn emit_balance(
    rt: &mut Runtime<'_>,
    verifier: ActorID,
    balance: &StoragePower,
    client: Option<ActorID>,
) -> Result<(), ActorError> {
    let mut event = Event::of("verifier-balance")?
        .indexed("verifier", &verifier)?
        .field("balance", &BigIntSer(balance))?;
    if let Some(client) = client {
        event = event.indexed("client", &client)?;
    }
    rt.emit(event)
}
