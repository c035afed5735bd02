//! Allocations: datacap that a client has set aside for some data at some provider.

use cid::Cid;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{RawBytes, from_slice};
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, Zero};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use fvm_shared::piece::PaddedPieceSize;
use fvm_shared::sector::StoragePower;
use fvm_shared::{ActorID, HAMT_BIT_WIDTH};

use super::state::State;
use super::types::{
    AllocationsReturn, BatchReturn, RemoveExpiredAllocationsParams, RemoveExpiredAllocationsReturn,
};
use super::{MIN_ALLOCATION_SIZE, call_token, to_tokens};
use crate::vm::actors::datacap::token::{TOKEN_TYPE, TokenReceived};
use crate::vm::actors::datacap::{self, TransferParams};
use crate::vm::blocks::Blocks;
use crate::vm::keys;
use crate::vm::manifest::{ActorKind, DATACAP_ACTOR_ID};
use crate::vm::runtime::Event;
use crate::vm::{ActorError, OrExit, Runtime};

const DAY: ChainEpoch = 2880;
/// The least term: 180 days, in epochs.
const MIN_TERM: ChainEpoch = 180 * DAY;
/// The greatest: five years.
const MAX_TERM: ChainEpoch = 5 * 365 * DAY;
/// How long an allocation can wait for its provider: 60 days.
const MAX_EXPIRATION: ChainEpoch = 60 * DAY;

/// Datacap set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Allocation {
    /// Whose.
    pub client: ActorID,
    /// The miner that is to store the data.
    pub provider: ActorID,
    /// The data.
    pub data: Cid,
    /// Its padded size.
    pub size: PaddedPieceSize,
    /// For how long it must be stored, in epochs.
    pub term_min: ChainEpoch,
    /// For how long it counts as verified.
    pub term_max: ChainEpoch,
    /// By when the provider must have begun.
    pub expiration: ChainEpoch,
}

/// What comes with the tokens: allocations to make, and claims to extend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct AllocationRequests {
    /// Allocations.
    pub allocations: Vec<AllocationRequest>,
    /// Claims.
    pub extensions: Vec<ClaimExtensionRequest>,
}

/// An allocation to make; see [`Allocation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
#[allow(missing_docs)]
pub struct AllocationRequest {
    pub provider: ActorID,
    pub data: Cid,
    pub size: PaddedPieceSize,
    pub term_min: ChainEpoch,
    pub term_max: ChainEpoch,
    pub expiration: ChainEpoch,
}

/// A claim to extend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ClaimExtensionRequest {
    /// Whose.
    pub provider: ActorID,
    /// Which.
    pub claim: u64,
    /// Its greatest term.
    pub term_max: ChainEpoch,
}

type Inner = Hamt<Blocks, Allocation>;
type Outer = Hamt<Blocks, Cid>;

impl AllocationRequest {
    fn check(&self, now: ChainEpoch) -> Result<(), ActorError> {
        let wrong = |what: &str| {
            Err(ActorError::illegal_argument(format!(
                "allocation {what}: {self:?}"
            )))
        };
        if self.size.0 < MIN_ALLOCATION_SIZE {
            return wrong("size is below the minimum");
        }
        if self.term_min < MIN_TERM || self.term_max > MAX_TERM || self.term_min > self.term_max {
            return wrong("term is not between 180 days and five years");
        }
        if self.expiration < now || self.expiration > now + MAX_EXPIRATION {
            return wrong("expiration is not within the next 60 days");
        }
        Ok(())
    }
}

/// `UniversalReceiverHook`, by the token: makes the allocations that are asked for, of exactly the
/// datacap that was sent.
pub(super) fn receive(
    rt: &mut Runtime<'_>,
    kind: u32,
    payload: &RawBytes,
) -> Result<AllocationsReturn, ActorError> {
    rt.require_caller(&[DATACAP_ACTOR_ID])?;
    if kind != TOKEN_TYPE {
        return Err(ActorError::illegal_argument(format!(
            "invalid token type {kind}, expected {TOKEN_TYPE} (FRC-46)"
        )));
    }
    let received: TokenReceived = from_slice(payload)?;
    if received.to != rt.receiver() {
        return Err(ActorError::illegal_argument(format!(
            "token receiver expected to be f0{}, was f0{}",
            rt.receiver(),
            received.to
        )));
    }
    let requests: AllocationRequests = from_slice(&received.operator_data)?;
    let mut total = StoragePower::zero();
    for request in &requests.allocations {
        request.check(rt.epoch())?;
        if rt.kind_of(request.provider)? != Some(ActorKind::Miner) {
            return Err(ActorError::illegal_argument(format!(
                "allocation provider f0{} must be a miner actor",
                request.provider
            )));
        }
        total += request.size.0;
    }
    if let Some(extension) = requests.extensions.first() {
        return Err(ActorError::not_found(format!(
            "no claim {} for provider f0{}",
            extension.claim, extension.provider
        )));
    }
    if to_tokens(&total) != received.amount {
        return Err(ActorError::illegal_argument(format!(
            "total allocation size {total} must match data cap amount received {}",
            received.amount
        )));
    }
    let made: Vec<Allocation> = requests
        .allocations
        .into_iter()
        .map(|request| Allocation {
            client: received.from,
            provider: request.provider,
            data: request.data,
            size: request.size,
            term_min: request.term_min,
            term_max: request.term_max,
            expiration: request.expiration,
        })
        .collect();
    let first = rt.transaction(|state: &mut State, rt| insert(state, rt.store(), &made))?;
    for (id, allocation) in (first..).zip(&made) {
        emit(rt, "allocation", id, allocation)?;
    }
    Ok(AllocationsReturn {
        allocation_results: BatchReturn::of(made.iter().map(|_| ExitCode::OK)),
        extension_results: BatchReturn::of([]),
        new_allocations: (first..).take(made.len()).collect(),
    })
}

/// Keeps allocations of one client under the next ids; the first of these.
fn insert(state: &mut State, store: Blocks, made: &[Allocation]) -> Result<u64, ActorError> {
    let first = state.next_allocation_id;
    let Some(client) = made.first().map(|allocation| allocation.client) else {
        return Ok(first);
    };
    let mut clients = load(state, &store)?;
    let mut allocations = of(&clients, &store, client)?
        .unwrap_or_else(|| Inner::new_with_bit_width(store, HAMT_BIT_WIDTH));
    for (id, allocation) in (first..).zip(made) {
        allocations
            .set(keys::unsigned(id), allocation.clone())
            .or_illegal_state("failed to put allocation")?;
        state.next_allocation_id = id + 1;
    }
    save(state, &mut clients, client, &mut allocations)?;
    Ok(first)
}

/// `RemoveExpiredAllocations`, by anyone: gives the client its datacap back.
pub(super) fn remove_expired(
    rt: &mut Runtime<'_>,
    params: RemoveExpiredAllocationsParams,
) -> Result<RemoveExpiredAllocationsReturn, ActorError> {
    let (considered, results, removed) = rt.transaction(|state: &mut State, rt| {
        remove(
            state,
            rt.store(),
            rt.epoch(),
            params.client,
            params.allocation_ids,
        )
    })?;
    let mut recovered = StoragePower::zero();
    for (id, allocation) in removed {
        emit(rt, "allocation-removed", id, &allocation)?;
        recovered += BigInt::from(allocation.size.0);
    }
    call_token(
        rt,
        datacap::TRANSFER,
        &TransferParams {
            to: Address::new_id(params.client),
            amount: to_tokens(&recovered),
            operator_data: RawBytes::default(),
        },
    )
    .map_err(|e| e.context("failed to transfer recovered datacap back to client"))?;
    Ok(RemoveExpiredAllocationsReturn {
        considered,
        results,
        datacap_recovered: recovered,
    })
}

type Removed = (Vec<u64>, BatchReturn, Vec<(u64, Allocation)>);

fn remove(
    state: &mut State,
    store: Blocks,
    now: ChainEpoch,
    client: ActorID,
    ids: Vec<u64>,
) -> Result<Removed, ActorError> {
    let mut clients = load(state, &store)?;
    let Some(mut allocations) = of(&clients, &store, client)? else {
        let results = BatchReturn::of(ids.iter().map(|_| ExitCode::USR_NOT_FOUND));
        return Ok((ids, results, Vec::new()));
    };
    let mut considered = ids;
    if considered.is_empty() {
        allocations
            .for_each(|key, allocation| {
                if now >= allocation.expiration
                    && let Ok((id, _)) = unsigned_varint::decode::u64(key)
                {
                    considered.push(id);
                }
                Ok(())
            })
            .or_illegal_state("failed to iterate over allocations")?;
    }
    let mut codes = Vec::with_capacity(considered.len());
    for id in &considered {
        let allocation = allocations
            .get(&keys::unsigned(*id))
            .or_illegal_state("failed to read allocation")?;
        codes.push(match allocation {
            None => ExitCode::USR_NOT_FOUND,
            Some(allocation) if now < allocation.expiration => ExitCode::USR_FORBIDDEN,
            Some(_) => ExitCode::OK,
        });
    }
    let mut removed = Vec::new();
    for (id, _) in considered
        .iter()
        .zip(&codes)
        .filter(|(_, code)| code.is_success())
    {
        let (_, allocation) = allocations
            .delete(&keys::unsigned(*id))
            .or_illegal_state("failed to remove allocation")?
            // Named twice.
            .or_exit(ExitCode::USR_ASSERTION_FAILED, "allocation already removed")?;
        removed.push((*id, allocation));
    }
    save(state, &mut clients, client, &mut allocations)?;
    Ok((considered, BatchReturn::of(codes), removed))
}

fn load(state: &State, store: &Blocks) -> Result<Outer, ActorError> {
    Outer::load_with_bit_width(&state.allocations, store.clone(), HAMT_BIT_WIDTH)
        .or_illegal_state("failed to load allocations table")
}

fn of(clients: &Outer, store: &Blocks, client: ActorID) -> Result<Option<Inner>, ActorError> {
    let root = clients
        .get(&keys::unsigned(client))
        .or_illegal_state("failed to read allocations")?;
    root.map(|root| {
        Inner::load_with_bit_width(root, store.clone(), HAMT_BIT_WIDTH)
            .or_illegal_state("failed to load allocations")
    })
    .transpose()
}

fn save(
    state: &mut State,
    clients: &mut Outer,
    client: ActorID,
    allocations: &mut Inner,
) -> Result<(), ActorError> {
    let key = keys::unsigned(client);
    if allocations.is_empty() {
        clients.delete(&key).map(drop)
    } else {
        let root = allocations
            .flush()
            .or_illegal_state("failed to flush allocations")?;
        clients.set(key, root).map(drop)
    }
    .or_illegal_state("failed to set allocations")?;
    state.allocations = clients
        .flush()
        .or_illegal_state("failed to flush allocations table")?;
    Ok(())
}

fn emit(
    rt: &mut Runtime<'_>,
    kind: &str,
    id: u64,
    allocation: &Allocation,
) -> Result<(), ActorError> {
    let event = Event::of(kind)?
        .indexed("id", &id)?
        .indexed("client", &allocation.client)?
        .indexed("provider", &allocation.provider)?
        .indexed("piece-cid", &allocation.data)?
        .field("piece-size", &allocation.size.0)?
        .field("term-min", &allocation.term_min)?
        .field("term-max", &allocation.term_max)?
        .field("expiration", &allocation.expiration)?;
    rt.emit(event)
}
