//! Payment channels: vouchers good and bad, settlement and collection.

use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::init::{self, ExecParams};
use lotus_chain::vm::actors::paych::{
    self, ConstructorParams, Merge, ModVerifyParams, SignedVoucher, State, UpdateChannelParams,
};
use lotus_chain::vm::manifest::{ActorKind, INIT_ACTOR_ID};

use super::send::receiver;
use crate::world::{Call, Sender, World};

pub fn generate(world: &mut World) -> Option<Call> {
    // Those that have been collected are gone.
    let all: Vec<(ActorID, State)> = world
        .of(ActorKind::PaymentChannel)
        .into_iter()
        .filter_map(|id| Some((id, world.state(id)?)))
        .collect();
    if all.len() < 3 || (all.len() < 15 && world.one_in(10)) {
        return create(world);
    }
    let (id, state) = world.rng.choice(all)?;
    let to = Address::new_id(id);
    let party = if world.rng.bool() {
        state.from
    } else {
        state.to
    };
    let from = match world.sender_of(party) {
        Some(sender) if !world.one_in(12) => sender,
        _ => Sender::Key(world.any_key()),
    };
    let call = Call::new(0, to, 0).sender(from);
    Some(match world.rng.u8(..32) {
        0 => {
            let value = world.amount();
            call.value(value)
        }
        1 => Call {
            method: paych::SETTLE,
            ..call
        },
        2 | 3 => Call {
            method: paych::COLLECT,
            ..call
        },
        4 => Call {
            method: paych::COLLECT,
            ..call
        }
        .params(&1),
        5 => Call { method: 1, ..call }.params(&ConstructorParams {
            from: state.from,
            to: state.to,
        }),
        _ => {
            let signer = if party == state.from {
                state.to
            } else {
                state.from
            };
            let params = voucher(world, id, &signer);
            Call {
                method: paych::UPDATE_CHANNEL_STATE,
                ..call
            }
            .params(&params)
        }
    })
}

fn create(world: &mut World) -> Option<Call> {
    let party = |world: &mut World| match world.rng.u8(..12) {
        0 => receiver(world),
        1 => match world.one_of(ActorKind::Multisig) {
            Some(id) => Address::new_id(id),
            None => receiver(world),
        },
        _ => {
            let key = world.any_key();
            world.keys[key].address
        }
    };
    let params = ConstructorParams {
        from: party(world),
        to: party(world),
    };
    let from = world.any_key();
    let value = TokenAmount::from_whole(world.rng.u64(..2000));
    Some(
        Call::new(from, Address::new_id(INIT_ACTOR_ID), init::EXEC)
            .value(value)
            .params(&ExecParams {
                code_cid: ActorKind::PaymentChannel.code(),
                constructor_params: RawBytes::serialize(&params).ok()?,
            }),
    )
}

fn voucher(world: &mut World, id: ActorID, signer: &Address) -> UpdateChannelParams {
    let secret = match world.rng.u8(..8) {
        0 => vec![7; 257],
        1..=3 => world.bytes(256),
        _ => Vec::new(),
    };
    let hash = blake2b_simd::Params::new().hash_length(32).hash(&secret);
    let secret_pre_image = match world.rng.u8(..10) {
        0 => vec![1; 32],
        1 => vec![1],
        2..=4 => hash.as_bytes().to_vec(),
        _ => Vec::new(),
    };
    let lane = if world.one_in(40) {
        u64::MAX
    } else {
        world.rng.u64(..6)
    };
    let merges = match world.rng.u8(..4) {
        0 => (0..world.rng.u64(..4))
            .map(|_| Merge {
                lane: world.rng.u64(..6),
                nonce: world.rng.u64(..200),
            })
            .collect(),
        _ => Vec::new(),
    };
    let extra = world.one_in(6).then(|| ModVerifyParams {
        actor: receiver(world),
        // Not 2 nor 5: some actors refuse those here.
        method: world.rng.choice([0, 6, 1 << 30]).expect("not empty"),
        data: world
            .rng
            .choice([
                RawBytes::default(),
                RawBytes::new(vec![0x80]),
                RawBytes::new(vec![0xf6]),
            ])
            .expect("not empty"),
    });
    let amount = match world.rng.u8(..12) {
        0 => TokenAmount::from_atto(-1),
        1 => TokenAmount::from_whole(1_000_000),
        _ => TokenAmount::from_whole(world.rng.u64(..500)),
    };
    let min_settle_height = match world.rng.u8(..8) {
        0 => world.epoch + world.rng.i64(..3000),
        1 => -5,
        _ => 0,
    };
    let mut voucher = SignedVoucher {
        channel_addr: Address::new_id(id),
        time_lock_min: if world.one_in(15) {
            world.epoch + 1
        } else {
            world.rng.i64(..=world.epoch)
        },
        time_lock_max: match world.rng.u8(..15) {
            0 => world.epoch - 1,
            1 => -1,
            2..=4 => world.epoch,
            _ => 0,
        },
        secret_pre_image,
        extra,
        lane,
        // Mostly greater than before, as epochs pass.
        nonce: world.rng.u64(..200) + world.epoch.unsigned_abs() / 50,
        amount,
        min_settle_height,
        merges,
        signature: None,
    };
    match world.rng.u8(..30) {
        0 => voucher.channel_addr = receiver(world),
        1 => {
            if let Some(other) = world.one_of(ActorKind::PaymentChannel) {
                voucher.channel_addr = Address::new_id(other);
            }
        }
        _ => {}
    }
    let data = voucher.signing_bytes().expect("can be encoded");
    let key = match world.sender_of(*signer) {
        Some(Sender::Key(key)) if !world.one_in(25) => key,
        _ => world.any_key(),
    };
    voucher.signature = (!world.one_in(30)).then(|| world.keys[key].sign(&data));
    if let Some(signature) = &mut voucher.signature {
        match world.rng.u8(..40) {
            0 => signature.bytes = world.bytes(70),
            1 => signature.bytes[5] ^= 4,
            _ => {}
        }
    }
    UpdateChannelParams {
        sv: voucher,
        secret,
    }
}
