//! What is acknowledged stays.

use lotus_chain::chain::{Chain, ChainError};
use lotus_chain::devnet::BlockMode;
use lotus_types::TokenAmount;

use super::world::{World, options};
use crate::child::{self, Child, ack};

#[test]
fn a_chain_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(Some(dir.path()), BlockMode::MinersOnly);
    let to = world.address(1);
    world
        .source
        .push([world.send(0, to, 0, 1), world.send(0, to, 1, 1)]);
    let holder = world.devnet.mine(0).unwrap();
    let head = world.devnet.mine(2).unwrap();
    let (genesis, execution) = (
        world.chain.genesis(),
        world.chain.executed(&holder).unwrap(),
    );
    let balance = world.balance(&to);
    drop(world);

    let world = World::open(Some(dir.path()), BlockMode::MinersOnly);
    assert_eq!(world.chain.head(), head);
    assert_eq!(world.chain.genesis(), genesis);
    assert_eq!(world.chain.executed(&holder).unwrap(), execution);
    assert_eq!(world.balance(&to), balance);
    world.source.push([world.send(0, to, 2, 1)]);
    let next = world.devnet.mine(0).unwrap();
    assert_eq!(next.parents(), *head.key());
    assert_eq!(world.chain.receipts(&next).unwrap().len(), 1);
}

#[test]
fn what_is_there_wins_over_what_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let genesis = Chain::open(&options(Some(dir.path()))).unwrap().genesis();
    let mut other = options(Some(dir.path()));
    other.accounts.clear();
    other.genesis_time = None;
    assert_eq!(Chain::open(&other).unwrap().genesis(), genesis);
    other.network_name = "elsewhere".to_owned();
    let error = Chain::open(&other).unwrap_err();
    assert!(matches!(error, ChainError::OtherNetwork { .. }));
    assert!(
        error.to_string().contains("'localnet' and not 'elsewhere'"),
        "{error}"
    );
}

/// Makes blocks with a message each for ever, and says what is done.
#[test]
fn producer() {
    let Some((dir, _)) = child::task() else {
        return;
    };
    let world = World::open(Some(&dir), BlockMode::MinersOnly);
    let (from, to) = (world.address(0), world.address(1));
    loop {
        let head = world.chain.head();
        let sender = world.chain.state(&head).unwrap().actor(&from).unwrap();
        let nonce = sender.unwrap().sequence;
        let message = world.send(0, to, nonce, 1);
        world.source.push([message.clone()]);
        let head = world.devnet.mine(0).unwrap();
        ack(format_args!("{} {}", head.height(), message.cid().unwrap()));
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    const KILLS: u8 = 20;
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for run in 0..KILLS {
        let child = Child::start("chain::durable::producer", dir.path(), run.into());
        let acks = child.kill_after(usize::from(run % 5) + 1, u32::from(run) * 200_000);

        let world = World::open(Some(dir.path()), BlockMode::MinersOnly);
        // So that the last message's outcome is on the chain.
        world.devnet.mine(0).unwrap();
        for ack in &acks {
            let (height, cid) = ack.split_once(' ').unwrap();
            let cid: cid::Cid = cid.parse().unwrap();
            let found = world.chain.search_message(&cid.into(), None, -1, false);
            let found = found
                .unwrap()
                .unwrap_or_else(|| panic!("run {run}: {ack} is lost"));
            assert_eq!(found.holder.height().to_string(), height);
            assert_eq!(found.receipt.exit_code, 0);
        }
        acknowledged += acks.len();
        assert_eq!(world.total(), TokenAmount::from_whole(2_000_000_000));
    }
    assert!(acknowledged >= usize::from(KILLS));
}
