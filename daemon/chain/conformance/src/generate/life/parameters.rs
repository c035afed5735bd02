//! Every method of every actor, with parameters that are missing, that mean nothing to it, or that
//! name somebody who does not exist.

use anyhow::Result;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors;
use lotus_chain::vm::actors::datacap::{
    self, BurnFromParams, ChangeAllowanceParams, RevokeAllowanceParams,
};
use lotus_chain::vm::manifest::{ActorKind, DATACAP_ACTOR_ID};

use super::Stage;
use super::channel::Channel;
use super::miner::Miner;
use super::multisig::Multisig;
use crate::generate::fuzz::is_refused_here;
use crate::world::Call;

/// Nothing, `7`, `[]`, `null`, `{}`, empty bytes, `[[7]]`, `[7]`, and what is no CBOR at all.
const PARAMETERS: &[&[u8]] = &[
    &[],
    &[0x07],
    &[0x80],
    &[0xf6],
    &[0xa0],
    &[0x40],
    &[0x81, 0x81, 0x07],
    &[0x81, 0x07],
    &[0xff],
];

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    Multisig::create(stage, &[0], 1, 5)?;
    Channel::open(stage, 0, 1, 5)?;
    Miner::create(stage, 5)?;
    // An Ethereum account is one from its first message on.
    stage.ok(Call::new(9, stage.address(0), 0))?;
    for kind in ActorKind::ALL {
        let Some(id) = stage.world().one_of(*kind) else {
            continue;
        };
        for (method, _) in actors::methods(*kind) {
            if is_refused_here(*kind, *method) {
                continue;
            }
            for params in PARAMETERS {
                let [key] = stage.some();
                let mut call = Call::new(key, Address::new_id(id), *method);
                call.params = RawBytes::new(params.to_vec());
                stage.send(call)?;
            }
        }
    }
    nobody(stage)
}

/// Of a token, what names an actor that is not there.
fn nobody(stage: &mut Stage<'_, '_>) -> Result<()> {
    let nobody = Address::new_actor(b"nobody");
    let call = |method| Call::new(0, Address::new_id(DATACAP_ACTOR_ID), method);
    let revoke = RevokeAllowanceParams { operator: nobody };
    stage.ok(call(datacap::REVOKE_ALLOWANCE).params(&revoke))?;
    let increase = ChangeAllowanceParams {
        operator: nobody,
        amount: TokenAmount::from_whole(1),
    };
    stage.exits(17, call(datacap::INCREASE_ALLOWANCE).params(&increase))?;
    let burn = BurnFromParams {
        owner: nobody,
        amount: TokenAmount::from_whole(1),
    };
    stage.exits(19, call(datacap::BURN_FROM).params(&burn))?;
    Ok(())
}
