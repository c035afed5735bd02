//! Links: the only ones that a user can put into the state name the data of allocations. The machine
//! keeps no block that links to what its writer cannot have reached, nor one of more than a MiB.

use anyhow::Result;
use cid::Cid;
use cid::multihash::Multihash;
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW, RawBytes};
use fvm_shared::ActorID;
use fvm_shared::piece::PaddedPieceSize;
use lotus_chain::vm::actors::multisig::{self, ProposeParams};
use lotus_chain::vm::actors::verifreg::{self, AllocationRequest};
use lotus_chain::vm::manifest::VERIFREG_ACTOR_ID;

use super::datacap::{CLIENT, allocate, endow, requests};
use super::miner::Miner;
use super::multisig::Multisig;
use super::{Stage, fil, id_of};
use crate::world::{Call, Sender};

const IDENTITY: u64 = 0;
const SHA2_256: u64 = 0x12;
const BLAKE2B_256: u64 = 0xb220;
const DAG_PB: u64 = 0x70;
const COMMITMENT_UNSEALED: u64 = 0xf101;
const COMMITMENT_SEALED: u64 = 0xf102;

fn link(codec: u64, hash: u64, digest: &[u8]) -> Cid {
    Cid::new_v1(
        codec,
        Multihash::wrap(hash, digest).expect("at most 64 bytes"),
    )
}

/// A commitment of a piece.
pub fn piece(n: u64) -> Cid {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&n.to_be_bytes());
    link(COMMITMENT_UNSEALED, 0x1012, &digest)
}

/// An allocation of the least size.
pub fn request(provider: ActorID, data: Cid, expiration: i64) -> AllocationRequest {
    AllocationRequest {
        provider,
        data,
        size: PaddedPieceSize(256),
        term_min: 180 * 2880,
        term_max: 400 * 2880,
        expiration,
    }
}

fn registry(stage: &mut Stage<'_, '_>) -> Result<verifreg::State> {
    stage
        .world()
        .state(VERIFREG_ACTOR_ID)
        .ok_or_else(|| anyhow::anyhow!("no registry"))
}

/// DAG-CBOR that is a link.
fn linking(to: &Cid) -> Result<Vec<u8>> {
    Ok(fvm_ipld_encoding::to_vec(to)?)
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    endow(stage)?;
    let m = Miner::create(stage, 5)?;
    let provider = id_of(&m.id)?;
    let far = link(DAG_CBOR, BLAKE2B_256, &[7; 32]);
    let short = link(IPLD_RAW, BLAKE2B_256, &[7; 20]);
    for round in 0..2 {
        let state = registry(stage)?;
        let head = stage
            .world()
            .machine
            .tree()
            .expect(VERIFREG_ACTOR_ID)?
            .state;
        let miner_state = stage.world().machine.tree().expect(provider)?.state;
        for data in [
            // Commitments are not looked at, whatever their hash.
            piece(1),
            link(COMMITMENT_SEALED, 0xb401, &[1; 32]),
            link(COMMITMENT_UNSEALED, IDENTITY, &[1; 5]),
            link(COMMITMENT_UNSEALED, SHA2_256, &[1; 40]),
            // No block can have such a CID.
            link(DAG_PB, SHA2_256, &[1; 32]),
            Cid::new_v0(Multihash::wrap(SHA2_256, &[1; 32])?)?,
            link(IPLD_RAW, SHA2_256, &[1; 32]),
            link(0x71, SHA2_256, &[1; 32]),
            short,
            link(0x0129, BLAKE2B_256, &[1; 32]),
            // There may be such blocks, but the registry has not come across them.
            far,
            link(IPLD_RAW, BLAKE2B_256, &[1; 32]),
            link(CBOR, BLAKE2B_256, &[1; 32]),
            miner_state,
            // These it has.
            head,
            state.allocations,
            state.verifiers,
            state.claims,
            // Blocks that are their own links, and what they link to.
            link(IPLD_RAW, IDENTITY, b"text"),
            link(CBOR, IDENTITY, &linking(&piece(3))?),
            link(DAG_CBOR, IDENTITY, &[0x80]),
            link(DAG_CBOR, IDENTITY, &linking(&piece(2))?),
            link(DAG_CBOR, IDENTITY, &linking(&far)?),
            link(DAG_CBOR, IDENTITY, &linking(&state.verifiers)?),
            link(DAG_CBOR, IDENTITY, &linking(&short)?),
            // Not CBOR, more than CBOR, nothing.
            link(DAG_CBOR, IDENTITY, &[0xff]),
            link(DAG_CBOR, IDENTITY, &[0x80, 0x80]),
            link(DAG_CBOR, IDENTITY, &[]),
            link(DAG_CBOR, IDENTITY, &[0xd8, 0x2a, 0x01]),
            link(DAG_CBOR, IDENTITY, &[0xc1, 0x01]),
            link(DAG_CBOR, IDENTITY, &[0x5f, 0x41, 0x00, 0xff]),
            link(DAG_CBOR, IDENTITY, &[0xa1, 0x01, 0x02]),
            link(DAG_CBOR, IDENTITY, &[0x18, 0x01]),
            link(DAG_CBOR, IDENTITY, &[0xf9, 0x3c, 0x00]),
            link(DAG_PB, IDENTITY, &[0x80]),
        ] {
            let expiration = stage.epoch() + 100;
            let data = requests(vec![request(provider, data, expiration)])?;
            stage.send(allocate(256, data))?;
        }
        stage.leap(50 + round)?;
    }
    // Many at once, so that the map has more than one block; then they expire.
    let expiration = stage.epoch() + 100;
    let many = (0..40).map(|n| request(provider, piece(n), expiration));
    let data = requests(many.collect())?;
    stage.ok(allocate(40 * 256, data))?;
    stage.leap(200)?;
    let client = id_of(&stage.id(CLIENT)?)?;
    let remove = verifreg::RemoveExpiredAllocationsParams {
        client,
        allocation_ids: Vec::new(),
    };
    let to = fvm_shared::address::Address::new_id(VERIFREG_ACTOR_ID);
    stage.ok(Call::new(9, to, verifreg::REMOVE_EXPIRED_ALLOCATIONS).params(&remove))?;
    large(stage)
}

/// A proposal of more than a MiB, which no message is long enough for: as if by an actor.
fn large(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Multisig::create(stage, &[0, 1], 2, 5)?;
    let signer = id_of(&stage.id(0)?)?;
    let propose = |length: usize| {
        Call::new(0, m.id, multisig::PROPOSE)
            .sender(Sender::Actor(signer))
            .params(&ProposeParams {
                to: m.id,
                value: fil(0),
                method: 0,
                params: RawBytes::new(vec![0; length]),
            })
    };
    stage.send(propose(1 << 20))?;
    Ok(())
}
