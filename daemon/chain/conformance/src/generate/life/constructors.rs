//! Constructors, called by those who may, of actors that there are already.

use anyhow::Result;
use fvm_ipld_encoding::{BytesDe, RawBytes};
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use lotus_chain::vm::actors::{cron, init, multisig, paych, power};
use lotus_chain::vm::manifest::{
    ActorKind, CRON_ACTOR_ID, DATACAP_ACTOR_ID, EAM_ACTOR_ID, INIT_ACTOR_ID, MARKET_ACTOR_ID,
    POWER_ACTOR_ID, REWARD_ACTOR_ID, SYSTEM_ACTOR_ID, VERIFREG_ACTOR_ID,
};

use super::channel::Channel;
use super::miner::Miner;
use super::multisig::Multisig;
use super::{Stage, exec, id_of};
use crate::world::{Call, Sender};

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    let key = stage.address(0);
    let as_system = |id| Call::new(0, Address::new_id(id), 1).sender(Sender::System);
    let name = init::ConstructorParams {
        network_name: "again".to_owned(),
    };
    let entries = cron::State {
        entries: Vec::new(),
    };
    for call in [
        as_system(SYSTEM_ACTOR_ID),
        as_system(INIT_ACTOR_ID).params(&name),
        as_system(REWARD_ACTOR_ID).params(&Some(BigIntDe(BigInt::from(5)))),
        as_system(REWARD_ACTOR_ID).params(&None::<BigIntDe>),
        as_system(CRON_ACTOR_ID).params(&entries),
        as_system(POWER_ACTOR_ID),
        as_system(MARKET_ACTOR_ID),
        as_system(VERIFREG_ACTOR_ID).params(&key),
        as_system(VERIFREG_ACTOR_ID).params(&Address::new_actor(b"nobody")),
        as_system(DATACAP_ACTOR_ID).params(&key),
        as_system(DATACAP_ACTOR_ID).params(&Address::new_actor(b"nobody")),
        as_system(100).params(&key),
        as_system(100).params(&Address::new_id(100)),
    ] {
        let outcome = stage.send(call)?;
        anyhow::ensure!(!outcome.exit_code.is_success(), "constructed twice");
    }
    for id in [0, 1, 2, 3, 4, 5, 6, 7, 100] {
        for params in [&[][..], &[0x07], &[0x80], &[0xf6], &[0x81, 0x07]] {
            let mut call = as_system(id);
            call.params = RawBytes::new(params.to_vec());
            let outcome = stage.send(call)?;
            anyhow::ensure!(!outcome.exit_code.is_success(), "constructed twice");
        }
    }
    // An Ethereum account has no state that it could have already.
    let ethereum = id_of(&stage.id(9)?)?;
    stage.send(Call::new(9, stage.address(0), 0))?;
    stage.ok(as_system(ethereum))?;
    stage.exits(16, as_system(ethereum).params(&0))?;
    by_init(stage)?;
    created(stage)
}

fn by_init(stage: &mut Stage<'_, '_>) -> Result<()> {
    let as_init = |id| Call::new(0, id, 1).sender(Sender::Actor(INIT_ACTOR_ID));
    let key = stage.address(0);
    let channel = Channel::open(stage, 0, 1, 5)?;
    let parties = paych::ConstructorParams { from: key, to: key };
    stage.exits(20, as_init(channel.id).params(&parties))?;
    let m = Multisig::create(stage, &[0], 1, 5)?;
    let signers = multisig::ConstructorParams {
        signers: vec![key],
        num_approvals_threshold: 1,
        unlock_duration: 0,
        start_epoch: 0,
    };
    stage.exits(20, as_init(m.id).params(&signers))?;
    stage.exits(18, Call::new(0, m.id, 1).params(&signers))?;
    let miner = Miner::create(stage, 5)?;
    let params = power::MinerConstructorParams {
        owner: key,
        worker: stage.address(5),
        control_addresses: vec![key; 11],
        window_post_proof_type: 10.into(),
        peer_id: Vec::new(),
        multi_addresses: vec![BytesDe(vec![1])],
    };
    stage.send(as_init(miner.id).params(&params))?;
    for id in [channel.id, m.id, miner.id] {
        stage.exits(16, as_init(id))?;
        stage.exits(21, as_init(id).params(&7))?;
    }
    Ok(())
}

/// Who may create what.
fn created(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [key] = stage.some();
    let address = stage.address(key);
    for kind in ActorKind::ALL {
        let call = exec(key, *kind, &address)?;
        stage.send(call)?;
        let as_power = exec(key, *kind, &address)?.sender(Sender::Actor(POWER_ACTOR_ID));
        stage.send(as_power)?;
    }
    let exec4 = |kind: ActorKind, subaddress: Vec<u8>, params: RawBytes| {
        Call::new(key, Address::new_id(INIT_ACTOR_ID), init::EXEC4).params(&init::Exec4Params {
            code_cid: kind.code(),
            constructor_params: params,
            subaddress: BytesDe(subaddress),
        })
    };
    let signers = RawBytes::serialize(multisig::ConstructorParams {
        signers: vec![address],
        num_approvals_threshold: 1,
        unlock_duration: 0,
        start_epoch: 0,
    })?;
    stage.exits(18, exec4(ActorKind::Multisig, vec![1; 20], signers.clone()))?;
    // The manager of Ethereum addresses, as if it asked for what it never does.
    for (kind, subaddress) in [
        (ActorKind::Multisig, vec![2; 20]),
        (ActorKind::Multisig, vec![2; 20]),
        (ActorKind::Multisig, vec![3; 54]),
        (ActorKind::Multisig, vec![3; 55]),
        (ActorKind::Account, vec![4; 20]),
        (ActorKind::EthAccount, vec![5; 20]),
        (ActorKind::Placeholder, vec![6; 20]),
        (ActorKind::Init, vec![7; 20]),
    ] {
        let call = exec4(kind, subaddress, signers.clone());
        stage.send(call.sender(Sender::Actor(EAM_ACTOR_ID)))?;
    }
    Ok(())
}
