//! The miner that a network begins with, and what its blocks earn.

use fvm_ipld_encoding::CborStore;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::{miner, power};
use lotus_chain::vm::manifest::{POWER_ACTOR_ID, REWARD_ACTOR_ID};
use lotus_types::Address;

use super::world::{MINER, World};

/// A miner's balance and state after the head.
fn read(world: &World) -> (TokenAmount, miner::State) {
    let state = world.chain.state(&world.chain.head()).unwrap();
    let actor = state.actor_by_id(MINER).unwrap().unwrap();
    let miner = world.chain.store().blocks().get_cbor(&actor.state).unwrap();
    (actor.balance, miner.unwrap())
}

fn mined(world: &World) -> TokenAmount {
    world
        .balance(&Address::new_id(REWARD_ACTOR_ID))
        .inner()
        .clone()
}

#[test]
fn a_block_pays_its_miner_and_three_quarters_vest() {
    let world = World::by_hand();
    let (mut balance, mut before) = read(&world);
    let mut left = mined(&world);
    for _ in 0..5 {
        let head = world.devnet.mine(0).unwrap();
        let proof = head.blocks()[0].election_proof.as_ref().unwrap();
        assert!(proof.win_count >= 1);
        assert_eq!(head.blocks()[0].miner, Address::new_id(MINER));
        let (now, after) = read(&world);
        let reward = &left - mined(&world);
        assert!(reward.is_positive());
        assert_eq!(&now - &balance, reward);
        let locked = (&reward * 3).div_floor(4);
        assert_eq!(&after.locked_funds - &before.locked_funds, locked);
        let free = |state: &miner::State, balance| state.available_balance(balance).unwrap();
        assert_eq!(
            free(&after, &now) - free(&before, &balance),
            reward - locked
        );
        assert_eq!(
            world.total().inner(),
            &TokenAmount::from_whole(2_000_000_000)
        );
        (balance, before, left) = (now, after, mined(&world));
    }
    // What is locked does not circulate.
    let supply = world.chain.supply(&world.chain.head()).unwrap();
    assert!(supply.fil_locked.inner().is_positive());
    let deposit = read(&world).1.locked_funds - supply.fil_locked.inner();
    assert!(deposit < TokenAmount::from_whole(1), "{deposit}");
}

#[test]
fn what_is_locked_vests_and_the_miner_is_called_at_its_deadlines() {
    let world = World::by_hand();
    world.devnet.mine(0).unwrap();
    let (_, first) = read(&world);
    assert!(first.deadline_cron_active);
    // Three days of null rounds, for each of which cron runs.
    for _ in 0..3 {
        world.devnet.mine(2879).unwrap();
    }
    let (balance, last) = read(&world);
    assert_eq!(
        last.proving_period_start - first.proving_period_start,
        3 * 2880
    );
    assert!(last.deadline_cron_active);
    let locked: Vec<_> = {
        let blocks = lotus_chain::vm::blocks::Blocks::new(std::sync::Arc::new(
            world.chain.store().blocks().clone(),
        ));
        last.vesting_funds.load(&blocks).unwrap()
    };
    let sum: TokenAmount = locked.iter().map(|fund| &fund.amount).sum();
    assert_eq!(sum, last.locked_funds);
    // Had nothing vested, three quarters of all rewards were locked, and the deposit.
    assert!(last.locked_funds < (balance * 3).div_floor(4));

    let state = world.chain.state(&world.chain.head()).unwrap();
    let actor = state.actor_by_id(POWER_ACTOR_ID).unwrap().unwrap();
    let power: power::State = world
        .chain
        .store()
        .blocks()
        .get_cbor(&actor.state)
        .unwrap()
        .unwrap();
    assert_eq!(
        (power.miner_count, power.miner_above_min_power_count),
        (1, 1)
    );
    assert_eq!(
        world.total().inner(),
        &TokenAmount::from_whole(2_000_000_000)
    );
}
