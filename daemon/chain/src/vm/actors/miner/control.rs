//! Who owns a miner, works for it and benefits from it: how that changes.

use fvm_ipld_encoding::BytesDe;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::bigint::Zero;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use super::info::{MinerInfo, PendingBeneficiaryChange, WorkerKeyChange};
use super::state::State;
use super::types::{ChangeBeneficiaryParams, ChangeWorkerAddressParams};
use crate::vm::actors::account;
use crate::vm::manifest::ActorKind;
use crate::vm::runtime::returned;
use crate::vm::{ActorError, OrExit, Runtime};

/// How long a new worker waits: the chain's finality, in epochs.
const WORKER_KEY_CHANGE_DELAY: ChainEpoch = 900;
/// How many control addresses there can be.
const MAX_CONTROL_ADDRESSES: usize = 10;
/// How long a peer id can be, in bytes.
const MAX_PEER_ID_LENGTH: usize = 128;
/// How long all multiaddresses together can be, in bytes.
const MAX_MULTIADDR_DATA: usize = 1024;

/// There must not be too many control addresses.
pub(super) fn check_control_addresses(addresses: &[Address]) -> Result<(), ActorError> {
    if addresses.len() > MAX_CONTROL_ADDRESSES {
        return Err(ActorError::illegal_argument(format!(
            "control addresses length {} exceeds max control addresses length {MAX_CONTROL_ADDRESSES}",
            addresses.len()
        )));
    }
    Ok(())
}

/// Peer id and multiaddresses must not be too long.
pub(super) fn check_peer(id: &[u8], addresses: &[BytesDe]) -> Result<(), ActorError> {
    if id.len() > MAX_PEER_ID_LENGTH {
        return Err(ActorError::illegal_argument(format!(
            "peer ID size of {} exceeds maximum size of {MAX_PEER_ID_LENGTH}",
            id.len()
        )));
    }
    if addresses.iter().any(|address| address.0.is_empty()) {
        return Err(ActorError::illegal_argument("invalid empty multiaddr"));
    }
    let size: usize = addresses.iter().map(|address| address.0.len()).sum();
    if size > MAX_MULTIADDR_DATA {
        return Err(ActorError::illegal_argument(format!(
            "multiaddr size of {size} exceeds maximum of {MAX_MULTIADDR_DATA}"
        )));
    }
    Ok(())
}

/// The id addresses of control addresses.
pub(super) fn resolve_control(
    rt: &mut Runtime<'_>,
    addresses: &[Address],
) -> Result<Vec<Address>, ActorError> {
    addresses
        .iter()
        .map(|address| {
            let id = rt
                .resolve(address)?
                .or_illegal_argument(format!("unable to resolve control address: {address}"))?;
            Ok(Address::new_id(id))
        })
        .collect()
}

/// The id of a worker, which must be the account of a BLS key: it signs blocks and draws randomness.
pub(super) fn resolve_worker(
    rt: &mut Runtime<'_>,
    address: &Address,
) -> Result<ActorID, ActorError> {
    let id = rt
        .resolve(address)?
        .or_illegal_argument(format!("unable to resolve address: {address}"))?;
    if rt.kind_of(id)? != Some(ActorKind::Account) {
        return Err(ActorError::illegal_argument(format!(
            "worker f0{id} must be an account"
        )));
    }
    if address.protocol() != Protocol::BLS {
        let key = rt.call(
            &Address::new_id(id),
            account::PUBKEY_ADDRESS,
            None,
            TokenAmount::default(),
        )?;
        let key: Address = returned(key)?;
        if key.protocol() != Protocol::BLS {
            return Err(ActorError::illegal_argument(format!(
                "worker account f0{id} must have BLS pubkey"
            )));
        }
    }
    Ok(id)
}

/// `ChangeWorkerAddress`, by the owner: the control addresses at once, the worker after a delay.
pub(super) fn change_worker(
    rt: &mut Runtime<'_>,
    params: &ChangeWorkerAddressParams,
) -> Result<(), ActorError> {
    check_control_addresses(&params.new_control_addresses)?;
    let new_worker = Address::new_id(resolve_worker(rt, &params.new_worker)?);
    let control_addresses = resolve_control(rt, &params.new_control_addresses)?;
    change(rt, |info, rt| {
        MinerInfo::require(rt, &[info.owner])?;
        info.control_addresses = control_addresses;
        if new_worker != info.worker && info.pending_worker_key.is_none() {
            info.pending_worker_key = Some(WorkerKeyChange {
                new_worker,
                effective_at: rt.epoch() + WORKER_KEY_CHANGE_DELAY,
            });
        }
        Ok(())
    })
}

/// `ConfirmChangeWorkerAddress`, by the owner, if the deadline's end has not done so already.
pub(super) fn confirm_worker(rt: &mut Runtime<'_>) -> Result<(), ActorError> {
    change(rt, |info, rt| {
        MinerInfo::require(rt, &[info.owner])?;
        info.process_pending_worker(rt.epoch());
        Ok(())
    })
}

/// `ChangeOwnerAddress`: proposed by the owner, confirmed by the next one.
pub(super) fn change_owner(rt: &mut Runtime<'_>, new_owner: &Address) -> Result<(), ActorError> {
    if new_owner.protocol() != Protocol::ID {
        return Err(ActorError::illegal_argument(
            "owner address must be an ID address",
        ));
    }
    change(rt, |info, rt| {
        match info.pending_owner_address {
            Some(pending) if rt.caller_address() != info.owner => {
                MinerInfo::require(rt, &[pending])?;
                if *new_owner != pending {
                    return Err(ActorError::illegal_argument(format!(
                        "expected confirmation of {pending} got {new_owner}"
                    )));
                }
                if info.beneficiary == info.owner {
                    info.beneficiary = pending;
                }
                info.pending_beneficiary_term = None;
                info.owner = pending;
            }
            _ => {
                MinerInfo::require(rt, &[info.owner])?;
                info.pending_owner_address = Some(*new_owner);
            }
        }
        // A change to the present owner is none: that is how a proposal is withdrawn, too.
        info.pending_owner_address = info
            .pending_owner_address
            .filter(|pending| *pending != info.owner);
        Ok(())
    })
}

/// `ChangePeerID`, by the miner's addresses.
pub(super) fn change_peer_id(rt: &mut Runtime<'_>, id: Vec<u8>) -> Result<(), ActorError> {
    check_peer(&id, &[])?;
    change(rt, |info, rt| {
        info.require_controlling(rt)?;
        info.peer_id = id;
        Ok(())
    })
}

/// `ChangeMultiaddrs`, by the miner's addresses.
pub(super) fn change_multiaddrs(
    rt: &mut Runtime<'_>,
    addresses: Vec<BytesDe>,
) -> Result<(), ActorError> {
    check_peer(&[], &addresses)?;
    change(rt, |info, rt| {
        info.require_controlling(rt)?;
        info.multi_address = addresses;
        Ok(())
    })
}

/// `ChangeBeneficiary`: proposed by the owner, confirmed by the next beneficiary, and by the present
/// one if it could still withdraw something (FIP-0029).
pub(super) fn change_beneficiary(
    rt: &mut Runtime<'_>,
    params: &ChangeBeneficiaryParams,
) -> Result<(), ActorError> {
    let new = rt
        .resolve(&params.new_beneficiary)?
        .or_illegal_argument(format!(
            "unable to resolve address: {}",
            params.new_beneficiary
        ))?;
    let new = Address::new_id(new);
    change(rt, |info, rt| {
        let caller = rt.caller_address();
        let mut pending = if caller == info.owner {
            check_proposal(info, &new, params)?;
            PendingBeneficiaryChange {
                new_beneficiary: new,
                new_quota: params.new_quota.clone(),
                new_expiration: params.new_expiration,
                // One that may not withdraw anything any more has no say.
                approved_by_beneficiary: info.beneficiary_term.available(rt.epoch()).is_zero(),
                approved_by_nominee: false,
            }
        } else {
            check_confirmation(info, &caller, &new, params)?
        };
        pending.approved_by_beneficiary |= caller == info.beneficiary;
        pending.approved_by_nominee |= caller == new;
        if !(pending.approved_by_beneficiary && pending.approved_by_nominee) {
            info.pending_beneficiary_term = Some(pending);
            return Ok(());
        }
        if new != info.beneficiary {
            info.beneficiary_term.used_quota = TokenAmount::zero();
        }
        info.beneficiary = new;
        info.beneficiary_term.quota = pending.new_quota;
        info.beneficiary_term.expiration = pending.new_expiration;
        info.pending_beneficiary_term = None;
        Ok(())
    })
}

fn check_proposal(
    info: &MinerInfo,
    new: &Address,
    params: &ChangeBeneficiaryParams,
) -> Result<(), ActorError> {
    let to_owner = *new == info.owner;
    if !to_owner && !params.new_quota.is_positive() {
        return Err(ActorError::illegal_argument(format!(
            "beneficial quota {} must be bigger than zero",
            params.new_quota
        )));
    }
    if to_owner && (!params.new_quota.is_zero() || params.new_expiration != 0) {
        return Err(ActorError::illegal_argument(
            "owner beneficial quota and expiration must be zero",
        ));
    }
    Ok(())
}

fn check_confirmation(
    info: &MinerInfo,
    caller: &Address,
    new: &Address,
    params: &ChangeBeneficiaryParams,
) -> Result<PendingBeneficiaryChange, ActorError> {
    let Some(pending) = &info.pending_beneficiary_term else {
        return Err(ActorError::forbidden(
            "no changeBeneficiary proposal exists",
        ));
    };
    if *caller != info.beneficiary && *caller != pending.new_beneficiary {
        return Err(ActorError::forbidden(format!(
            "message caller {caller} is neither proposed beneficiary {} nor current beneficiary {}",
            pending.new_beneficiary, info.beneficiary
        )));
    }
    if pending.new_beneficiary != *new
        || pending.new_quota != params.new_quota
        || pending.new_expiration != params.new_expiration
    {
        return Err(ActorError::illegal_argument(format!(
            "what is confirmed must be what was proposed: {}, {} until {}",
            pending.new_beneficiary, pending.new_quota, pending.new_expiration
        )));
    }
    Ok(pending.clone())
}

/// Changes the miner's information.
fn change(
    rt: &mut Runtime<'_>,
    change: impl FnOnce(&mut MinerInfo, &mut Runtime<'_>) -> Result<(), ActorError>,
) -> Result<(), ActorError> {
    rt.transaction(|state: &mut State, rt| {
        let mut info = state.info(&rt.store())?;
        change(&mut info, rt)?;
        state.save_info(&rt.store(), &info)
    })
}
