//! The verified registry and the datacap token, which belong together: verifiers, clients,
//! allocations, transfers and allowances.

use cid::Cid;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use lotus_chain::vm::actors::datacap::{
    self, AllowanceParams, BurnFromParams, BurnParams, ChangeAllowanceParams, DestroyParams,
    MintParams, RevokeAllowanceParams, TransferFromParams, TransferParams,
};
use lotus_chain::vm::actors::multisig::UNIVERSAL_RECEIVER_HOOK;
use lotus_chain::vm::actors::verifreg::{
    self, AllocationRequest, AllocationRequests, ClaimExtensionRequest, ClaimIdsParams,
    ExtendClaimTermsParams, RemoveExpiredAllocationsParams, VerifierParams,
};
use lotus_chain::vm::manifest::{ActorKind, DATACAP_ACTOR_ID, MARKET_ACTOR_ID, VERIFREG_ACTOR_ID};

use super::send::receiver;
use crate::world::{Call, Sender, World};

/// The root of the registry: the first account.
const ROOT: usize = 0;

pub fn generate(world: &mut World) -> Option<Call> {
    if world.rng.bool() {
        registry(world)
    } else {
        token(world)
    }
}

/// Verifiers are mostly the second and third key, clients mostly others.
fn someone(world: &mut World, verifiers: bool) -> Address {
    match world.rng.u8(..8) {
        0 => receiver(world),
        1 => {
            let key = world.any_key();
            world.keys[key].address
        }
        _ if verifiers => world.keys[world.rng.usize(1..3)].address,
        _ => world.keys[world.rng.usize(3..9)].address,
    }
}

fn registry(world: &mut World) -> Option<Call> {
    let exported = world.rng.bool();
    let either = |plain, export| if exported { export } else { plain };
    let call = |from, method| Call::new(from, Address::new_id(VERIFREG_ACTOR_ID), method);
    let root = if world.one_in(8) {
        world.any_key()
    } else {
        ROOT
    };
    let client = 100 + world.rng.u64(3..9);
    let ids = || vec![1, 2, 3, 7];
    Some(match world.rng.u8(..16) {
        0..=2 => {
            let allowance = match world.rng.u8(..6) {
                0 => BigInt::from(world.rng.u64(250..260)),
                1 => BigInt::from(-1),
                _ => BigInt::from(world.rng.u64(1 << 20..1 << 40)),
            };
            let address = if world.one_in(10) {
                world.keys[ROOT].address
            } else {
                someone(world, true)
            };
            call(root, verifreg::ADD_VERIFIER).params(&VerifierParams { address, allowance })
        }
        3 => {
            let address = someone(world, true);
            call(root, verifreg::REMOVE_VERIFIER).params(&address)
        }
        4..=9 => {
            let from = if world.one_in(8) {
                world.any_key()
            } else {
                world.rng.usize(1..3)
            };
            let allowance = match world.rng.u8(..6) {
                0 => BigInt::from(world.rng.u64(250..260)),
                1 => BigInt::from(1_u64 << 50),
                _ => BigInt::from(world.rng.u64(1 << 10..1 << 30)),
            };
            let address = match world.rng.u8(..12) {
                0 => world.keys[ROOT].address,
                1 => Address::new_id(VERIFREG_ACTOR_ID),
                _ => someone(world, false),
            };
            call(
                from,
                either(
                    verifreg::ADD_VERIFIED_CLIENT,
                    verifreg::ADD_VERIFIED_CLIENT_EXPORTED,
                ),
            )
            .params(&VerifierParams { address, allowance })
        }
        10..=12 => {
            let allocation_ids = match world.rng.u8(..3) {
                0 => (0..world.rng.u64(..4))
                    .map(|_| world.rng.u64(..30))
                    .collect(),
                _ => Vec::new(),
            };
            call(
                world.any_key(),
                either(
                    verifreg::REMOVE_EXPIRED_ALLOCATIONS,
                    verifreg::REMOVE_EXPIRED_ALLOCATIONS_EXPORTED,
                ),
            )
            .params(&RemoveExpiredAllocationsParams {
                client,
                allocation_ids,
            })
        }
        13 => call(
            root,
            either(verifreg::GET_CLAIMS, verifreg::GET_CLAIMS_EXPORTED),
        )
        .params(&ClaimIdsParams {
            provider: client,
            claim_ids: ids(),
        }),
        14 => call(
            root,
            either(
                verifreg::EXTEND_CLAIM_TERMS,
                verifreg::EXTEND_CLAIM_TERMS_EXPORTED,
            ),
        )
        .params(&ExtendClaimTermsParams {
            terms: vec![(client, 1, 100); world.rng.usize(..3)],
        }),
        _ => match world.rng.u8(..4) {
            0 => call(root, UNIVERSAL_RECEIVER_HOOK).params(&(7_u32, RawBytes::default())),
            1 => call(root, 1).params(&world.keys[ROOT].address),
            _ => call(
                root,
                either(
                    verifreg::REMOVE_EXPIRED_CLAIMS,
                    verifreg::REMOVE_EXPIRED_CLAIMS_EXPORTED,
                ),
            )
            .params(&ClaimIdsParams {
                provider: client,
                claim_ids: if exported { ids() } else { Vec::new() },
            }),
        },
    })
}

/// A number of tokens, mostly whole and such that clients have them.
fn tokens(world: &mut World) -> TokenAmount {
    match world.rng.u8(..8) {
        0 => world.amount(),
        1 => TokenAmount::default(),
        _ => TokenAmount::from_whole(world.rng.u64(256..1 << 22)),
    }
}

fn token(world: &mut World) -> Option<Call> {
    let from = if world.one_in(6) {
        world.any_key()
    } else {
        world.rng.usize(3..9)
    };
    let call = |method| Call::new(from, Address::new_id(DATACAP_ACTOR_ID), method);
    let other = someone(world, false);
    let amount = tokens(world);
    let registry = Address::new_id(VERIFREG_ACTOR_ID);
    Some(match world.rng.u8(..24) {
        0..=5 => {
            let requests = requests(world);
            let size: u64 = requests.allocations.iter().map(|a| a.size.0).sum();
            let to = if world.one_in(8) { other } else { registry };
            call(datacap::TRANSFER).params(&TransferParams {
                to,
                amount: if world.one_in(6) {
                    amount
                } else {
                    TokenAmount::from_whole(size)
                },
                operator_data: operator_data(world, &requests),
            })
        }
        6..=8 => {
            let requests = requests(world);
            let size: u64 = requests.allocations.iter().map(|a| a.size.0).sum();
            let params = TransferFromParams {
                from: other,
                to: if world.one_in(10) { other } else { registry },
                amount: if world.one_in(6) {
                    amount
                } else {
                    TokenAmount::from_whole(size)
                },
                operator_data: operator_data(world, &requests),
            };
            call(datacap::TRANSFER_FROM)
                .params(&params)
                .sender(operator(world, from))
        }
        9..=11 => call(datacap::INCREASE_ALLOWANCE).params(&ChangeAllowanceParams {
            operator: other,
            amount,
        }),
        12 => call(datacap::DECREASE_ALLOWANCE).params(&ChangeAllowanceParams {
            operator: other,
            amount,
        }),
        13 => call(datacap::REVOKE_ALLOWANCE).params(&RevokeAllowanceParams { operator: other }),
        14 => call(datacap::BURN).params(&BurnParams { amount }),
        15 | 16 => call(datacap::BURN_FROM)
            .params(&BurnFromParams {
                owner: other,
                amount,
            })
            .sender(operator(world, from)),
        17 => call(datacap::ALLOWANCE).params(&AllowanceParams {
            owner: world.keys[from].address,
            operator: if world.rng.bool() {
                other
            } else {
                Address::new_id(MARKET_ACTOR_ID)
            },
        }),
        18 | 19 => call(datacap::BALANCE).params(&other),
        20 => {
            // Only the registry may, as if it did.
            let sender = if world.rng.bool() {
                Sender::Actor(VERIFREG_ACTOR_ID)
            } else {
                Sender::Key(from)
            };
            if world.rng.bool() {
                call(datacap::DESTROY).params(&DestroyParams {
                    owner: other,
                    amount,
                })
            } else {
                call(datacap::MINT).params(&MintParams {
                    to: other,
                    amount,
                    operators: vec![world.keys[ROOT].address],
                })
            }
            .sender(sender)
        }
        21 => call(1).params(&other),
        _ => {
            let method = [
                datacap::NAME,
                datacap::SYMBOL,
                datacap::GRANULARITY_EXPORTED,
                datacap::TOTAL_SUPPLY,
            ];
            call(world.rng.choice(method)?)
        }
    })
}

/// The market, as if it spent what clients have allowed it to, or someone else.
fn operator(world: &mut World, from: usize) -> Sender {
    if world.rng.bool() {
        Sender::Actor(MARKET_ACTOR_ID)
    } else {
        Sender::Key(from)
    }
}

fn operator_data(world: &mut World, requests: &AllocationRequests) -> RawBytes {
    if world.one_in(12) {
        return RawBytes::default();
    }
    RawBytes::serialize(requests).expect("can be encoded")
}

fn requests(world: &mut World) -> AllocationRequests {
    const DAY: i64 = 2880;
    let count = world.rng.usize(..3);
    let allocations = (0..count)
        .map(|_| AllocationRequest {
            provider: match world.one_of(ActorKind::Miner) {
                Some(miner) if !world.one_in(8) => miner,
                _ => world.any_actor().0,
            },
            data: data(world),
            size: PaddedPieceSize(match world.rng.u8(..6) {
                0 => world.rng.u64(250..260),
                _ => 1 << world.rng.u64(8..16),
            }),
            term_min: world
                .rng
                .i64(179..=182)
                .max(180 * i64::from(!world.one_in(9)))
                * DAY,
            term_max: if world.one_in(10) {
                5 * 365 * DAY + world.rng.i64(..2)
            } else {
                world.rng.i64(180..400) * DAY
            },
            expiration: world.epoch
                + match world.rng.u8(..8) {
                    0 => -1,
                    1 => 60 * DAY,
                    2 => 60 * DAY + 1,
                    _ => world.rng.i64(..2000),
                },
        })
        .collect();
    let extensions = if world.one_in(12) {
        vec![ClaimExtensionRequest {
            provider: world.any_actor().0,
            claim: 1,
            term_max: 600 * DAY,
        }]
    } else {
        Vec::new()
    };
    AllocationRequests {
        allocations,
        extensions,
    }
}

/// The commitment of a piece: fil-commitment-unsealed, sha2-256-trunc254-padded.
fn data(world: &mut World) -> Cid {
    let digest: [u8; 32] = std::array::from_fn(|_| world.rng.u8(..));
    Cid::new_v1(
        0xf101,
        cid::multihash::Multihash::wrap(0x1012, &digest).expect("32 bytes"),
    )
}
