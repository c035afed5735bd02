//! Any method of any actor with parameters of no particular meaning: what is refused must be refused
//! alike.

use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use lotus_chain::vm::actors;
use lotus_chain::vm::manifest::ActorKind;

use crate::world::{Call, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let (id, kind) = world.any_actor();
    // Contracts are not executed here, so their manager's methods differ by design.
    if kind == ActorKind::Eam {
        return None;
    }
    let methods = actors::methods(kind);
    let method = if methods.is_empty() || world.one_in(6) {
        world.rng.u64(..40)
    } else {
        methods[world.rng.usize(..methods.len())].0
    };
    if is_refused_here(kind, method) {
        return None;
    }
    let value = if world.one_in(3) {
        world.amount()
    } else {
        Default::default()
    };
    let mut call = Call::new(from, Address::new_id(id), method).value(value);
    call.params = match world.rng.u8(..6) {
        0 => Vec::new(),
        1 => world.bytes(30),
        // `[]`, `null`, `{}`, `[0]`, an address.
        2 => vec![0x80],
        3 => world
            .rng
            .choice([vec![0xf6], vec![0xa0], vec![0x81, 0x00], vec![0x40]])?,
        4 => fvm_ipld_encoding::to_vec(&world.keys[from].address).ok()?,
        _ => fvm_ipld_encoding::to_vec(&(world.keys[from].address, world.rng.u32(..))).ok()?,
    }
    .into();
    Some(call)
}

/// Whether a method is refused here, whatever its parameters are, which differs by design.
pub fn is_refused_here(kind: ActorKind, method: MethodNum) -> bool {
    let refused: &[(MethodNum, &str)] = match kind {
        // Contracts are not executed here.
        ActorKind::Eam => actors::eam::METHODS,
        ActorKind::Miner => actors::miner::NOT_IMPLEMENTED,
        ActorKind::Market => actors::market::NOT_IMPLEMENTED,
        ActorKind::VerifiedRegistry => actors::verifreg::NOT_IMPLEMENTED,
        _ => &[],
    };
    refused.iter().any(|(number, _)| *number == method)
}
