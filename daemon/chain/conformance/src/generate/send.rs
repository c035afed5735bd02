//! Sends to every kind of address, from every kind of sender, valid or not, and what accounts answer.

use fvm_shared::address::Address;
use lotus_chain::vm::actors::account;
use lotus_chain::vm::manifest::EAM_ACTOR_ID;

use crate::keys::Key;
use crate::world::{Call, Sender, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let to = receiver(world);
    let value = world.amount();
    Some(match world.rng.u8(..20) {
        // A sender that has no right to be one, or a nonce that is wrong.
        0 => {
            let from = receiver(world);
            Call::new(0, to, 0)
                .value(value)
                .sender(Sender::Any(from, 0))
        }
        1 => {
            let key = world.keys[from].address;
            let nonce = world.rng.u64(..5);
            Call::new(0, to, 0)
                .value(value)
                .sender(Sender::Any(key, nonce))
        }
        // Parameters of a send are ignored.
        2 => {
            let bytes = world.bytes(40);
            let mut call = Call::new(from, to, 0).value(value);
            call.params = bytes.into();
            call
        }
        3..=5 => authenticate(world),
        // Of the manager of contracts it is another method, which is not executed here.
        6 if to != Address::new_id(EAM_ACTOR_ID) => Call::new(from, to, account::PUBKEY_ADDRESS),
        7 => {
            // `Receive`, `InvokeEVM`, or any other exported method, which accounts accept.
            let method = [3_726_118_371, 3_844_450_837, world.rng.u64(1 << 24..)];
            let method = world.rng.choice(method)?;
            Call::new(from, to, method).value(value).params(&"hello")
        }
        8 => Call::new(from, to, 1).params(&world.keys[from].address.clone()),
        _ => Call::new(from, to, 0).value(value),
    })
}

/// An address of any kind: known or new, or one that cannot be.
pub fn receiver(world: &mut World) -> Address {
    let fresh = world.rng.u64(1_000_000..);
    match world.rng.u8(..24) {
        0 => Key::secp256k1(fresh).address,
        1 => Key::bls(fresh).address,
        2 | 3 => Key::ethereum(fresh).address,
        4 => Address::new_actor(&fresh.to_be_bytes()),
        5 => Address::new_id(fresh),
        6 => Address::new_delegated(32, &fresh.to_be_bytes()).expect("short"),
        // In the namespace of contracts, but no Ethereum address.
        7 => Address::new_delegated(10, &fresh.to_be_bytes()).expect("short"),
        8 => Address::new_bls(&[0; 48]).expect("48 bytes"),
        9..=14 => Address::new_id(world.any_actor().0),
        _ => {
            let key = world.any_key();
            world.keys[key].address
        }
    }
}

fn authenticate(world: &mut World) -> Call {
    let from = world.any_key();
    let signer = world.any_key();
    let message = world.bytes(50);
    let mut signature = world.keys[signer].sign(&message).bytes;
    match world.rng.u8(..8) {
        0 => signature = world.bytes(100),
        1 => signature[3] ^= 1,
        _ => {}
    }
    let to = if world.one_in(6) { from } else { signer };
    Call::new(from, world.keys[to].address, account::AUTHENTICATE_MESSAGE)
        .params(&account::AuthenticateMessageParams { signature, message })
}
