//! Creation of actors: that of those with a generator of their own fails here more often than not.

use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use lotus_chain::vm::actors::init::{self, Exec4Params, ExecParams};
use lotus_chain::vm::manifest::{ActorKind, INIT_ACTOR_ID};

use crate::world::{Call, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let to = Address::new_id(INIT_ACTOR_ID);
    let value = world.amount();
    let kind = world.rng.choice(ActorKind::ALL.iter().copied())?;
    let code_cid = if world.one_in(8) {
        lotus_chain::vm::manifest::MANIFEST_DATA
    } else {
        kind.code()
    };
    let constructor_params = match world.rng.u8(..3) {
        0 => RawBytes::default(),
        1 => RawBytes::new(world.bytes(30)),
        _ => RawBytes::serialize(world.keys[from].address).ok()?,
    };
    Some(match world.rng.u8(..8) {
        0 => Call::new(from, to, 1).params(&init::ConstructorParams {
            network_name: "x".to_owned(),
        }),
        1 => Call::new(from, to, init::EXEC4).params(&Exec4Params {
            code_cid,
            constructor_params,
            subaddress: fvm_ipld_encoding::BytesDe(world.bytes(40)),
        }),
        _ => Call::new(from, to, init::EXEC)
            .value(value)
            .params(&ExecParams {
                code_cid,
                constructor_params,
            }),
    })
}
