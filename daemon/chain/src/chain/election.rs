//! Tickets and election proofs: who may make a block (Lotus `miner/miner.go`, `chain/gen`).
//!
//! Both are BLS signatures of the miner's worker key over randomness of the chain, so that a key has
//! exactly one for each epoch, and everybody can check it. A miner wins as often as its share of the
//! power lets it; one that has all of it, as the only one of a local network does, wins every epoch,
//! so that such a network never stands still.

use lotus_types::{Address, BeaconEntry, Bytes, ElectionProof, MessageError, Ticket, TipSet};

use super::ChainError;
use super::randomness::{Domain, draw_from_base};
use super::win_count::win_count;
use crate::keys::{self, VerifyError};

/// How far before its epoch a ticket's randomness is drawn (Lotus `TicketRandomnessLookback`).
const TICKET_LOOKBACK: i64 = 1;

/// The power of a miner, and of the whole network: quality-adjusted, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Power {
    /// The miner's.
    pub miner: fvm_shared::bigint::BigInt,
    /// The network's.
    pub network: fvm_shared::bigint::BigInt,
}

/// An address as CBOR has it: a byte string.
fn cbor(address: &Address) -> Result<Vec<u8>, ChainError> {
    let inner = address
        .inner()
        .ok_or(MessageError::UndefinedAddress("Miner"))?;
    Ok(fvm_ipld_encoding::to_vec(inner).map_err(MessageError::Encode)?)
}

/// What a worker signs for the ticket of a block at `epoch` on top of `parents`. `miner` is an ID
/// address, and `beacon` the last entry that the block carries.
///
/// # Errors
/// The miner's address is undefined.
pub fn ticket_input(
    miner: &Address,
    parents: &TipSet,
    epoch: i64,
    beacon: &BeaconEntry,
) -> Result<[u8; 32], ChainError> {
    let mut entropy = cbor(miner)?;
    if let Some(ticket) = &parents.min_ticket_block().ticket {
        entropy.extend_from_slice(&ticket.vrf_proof);
    }
    let round = epoch - TICKET_LOOKBACK;
    Ok(draw_from_base(
        &beacon.data,
        Domain::TicketProduction,
        round,
        &entropy,
    ))
}

/// What a worker signs for an election proof.
///
/// # Errors
/// The miner's address is undefined.
pub fn election_input(
    miner: &Address,
    epoch: i64,
    beacon: &BeaconEntry,
) -> Result<[u8; 32], ChainError> {
    Ok(draw_from_base(
        &beacon.data,
        Domain::ElectionProofProduction,
        epoch,
        &cbor(miner)?,
    ))
}

/// How often an election proof wins with this power: as in Lotus, but at least once if the miner has
/// all the power that there is. In a network without any, every miner wins once.
pub fn wins(vrf_proof: &[u8], power: &Power) -> i64 {
    if power.network.sign() != fvm_shared::bigint::Sign::Plus {
        return 1;
    }
    let wins = win_count(vrf_proof, &power.miner, &power.network);
    match power.miner == power.network {
        true => wins.max(1),
        false => wins,
    }
}

/// The ticket and the election proof of a miner; no proof if it has not won. `sign` makes the bytes
/// of a BLS signature by its worker.
///
/// # Errors
/// The miner's address is undefined, or `sign` fails.
pub fn draw(
    miner: &Address,
    parents: &TipSet,
    epoch: i64,
    beacon: &BeaconEntry,
    power: &Power,
    sign: impl Fn(&[u8]) -> Result<Vec<u8>, ChainError>,
) -> Result<(Ticket, Option<ElectionProof>), ChainError> {
    let vrf_proof = sign(&election_input(miner, epoch, beacon)?)?;
    let win_count = wins(&vrf_proof, power);
    let ticket = Ticket {
        vrf_proof: Bytes(sign(&ticket_input(miner, parents, epoch, beacon)?)?),
    };
    let proof = ElectionProof {
        win_count,
        vrf_proof: Bytes(vrf_proof),
    };
    Ok((ticket, (win_count > 0).then_some(proof)))
}

/// Verifies a proof of either kind.
pub(super) fn verify(worker: &Address, input: &[u8; 32], proof: &[u8]) -> Result<(), VerifyError> {
    let signature = lotus_types::Signature {
        signature_type: lotus_types::SignatureType::Bls,
        data: proof.into(),
    };
    keys::verify(&signature, worker, input)
}
