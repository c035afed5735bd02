//! Which of several chains is the head.

use lotus_chain::chain::election::{self, Power};
use lotus_chain::devnet::BlockMode;
use lotus_types::{Address, BlockTemplate};
use tokio::sync::broadcast::error::TryRecvError;

use super::world::{SECOND_MINER, World, phrase};

#[test]
fn the_heavier_chain_wins_and_the_other_is_reverted() {
    let (ours, theirs) = (World::by_hand(), World::by_hand());
    assert_eq!(ours.chain.genesis(), theirs.chain.genesis());
    let (to, mine) = (ours.address(1), ours.send(0, ours.address(1), 0, 11));
    ours.source.push([mine.clone()]);
    let first = ours.devnet.mine(0).unwrap();
    let second = ours.devnet.mine(0).unwrap();
    let cid = mine.cid().unwrap();
    assert!(
        ours.chain
            .search_message(&cid, None, -1, true)
            .unwrap()
            .is_some()
    );

    theirs.source.push([theirs.send(0, to, 0, 22)]);
    for _ in 0..3 {
        // Other null rounds make other blocks.
        theirs.devnet.mine(1).unwrap();
    }
    let mut changes = ours.chain.subscribe();
    ours.source.changes.lock().unwrap().clear();
    ours.follow(&theirs);
    assert_eq!(ours.chain.head(), theirs.chain.head());

    let mut heard = Vec::new();
    loop {
        match changes.try_recv() {
            Ok(change) => heard.push((*change).clone()),
            Err(error) => {
                assert_eq!(error, TryRecvError::Empty);
                break;
            }
        }
    }
    let reverted: Vec<_> = heard.iter().flat_map(|change| &change.reverted).collect();
    assert_eq!(reverted, [&second, &first]);
    let applied: Vec<_> = heard.iter().flat_map(|change| &change.applied).collect();
    assert_eq!(applied.len(), 3);
    assert_eq!(*applied[2], theirs.chain.head());
    // The source has heard the same, so that it can take the messages back.
    assert_eq!(*ours.source.changes.lock().unwrap(), heard);

    assert_eq!(ours.balance(&to), theirs.balance(&to));
    // On the chain that was left the message is still found, and on the new one it is replaced.
    let there = ours.chain.search_message(&cid, Some(&second), -1, true);
    assert_eq!(there.unwrap().unwrap().message, cid);
    let error = ours.chain.search_message(&cid, None, -1, true).unwrap_err();
    assert!(error.to_string().contains("equal nonce"), "{error}");
}

#[test]
fn a_block_that_does_not_win_is_on_the_disk_nevertheless() {
    let dir = tempfile::tempdir().unwrap();
    let ours = World::open(Some(dir.path()), BlockMode::MinersOnly);
    let theirs = World::by_hand();
    theirs
        .source
        .push([theirs.send(0, theirs.address(1), 0, 1)]);
    theirs.devnet.mine(0).unwrap();
    for _ in 0..2 {
        ours.devnet.mine(0).unwrap();
    }
    let head = ours.chain.head();
    ours.follow(&theirs);
    assert_eq!(ours.chain.head(), head);
    // As a crash would: what was not written is gone.
    drop(ours);
    let ours = World::open(Some(dir.path()), BlockMode::MinersOnly);
    let other = theirs.chain.head();
    assert_eq!(*ours.chain.tipset(other.key()).unwrap(), *other);
    let store = ours.chain.store();
    let held = store.messages_in_order(&other).unwrap();
    assert_eq!(held.iter().flatten().count(), 1);
}

#[test]
fn blocks_of_one_epoch_make_one_tipset() {
    let (ours, theirs) = (World::of_two(false), World::of_two(true));
    let shared = ours.send(0, ours.address(1), 0, 5);
    ours.source.push([shared.clone()]);
    theirs.source.push([shared]);
    theirs.devnet.mine(0).unwrap();
    ours.devnet.mine(0).unwrap();
    let alone = ours.chain.weight(&ours.chain.head()).unwrap();
    ours.follow(&theirs);
    let head = ours.chain.head();
    assert_eq!(head.blocks().len(), 2);
    assert!(ours.chain.weight(&head).unwrap() > alone);
    // What both blocks have is executed once.
    assert_eq!(ours.chain.receipts(&head).unwrap().len(), 1);
    let next = ours.devnet.mine(0).unwrap();
    assert_eq!(next.parents(), *head.key());
    // A repetition changes nothing.
    ours.follow(&theirs);
    assert_eq!(ours.chain.head(), next);

    theirs.follow(&ours);
    assert_eq!(theirs.chain.head(), next);
}

/// A miner in another process asks, draws, has its block made, and submits it.
#[test]
fn a_miner_from_outside_makes_blocks() {
    let world = World::of_two(false);
    let sent = world.send(0, world.address(1), 0, 1);
    let parents = world.devnet.mine(0).unwrap();
    let worker = phrase().bls(0).unwrap();
    let epoch = parents.height() + 2;
    let miner = Address::new_id(SECOND_MINER);
    let base = world.chain.mining_base(&miner, epoch, &parents).unwrap();
    let base = base.unwrap();
    assert_eq!(base.worker_key, worker.address());
    assert_eq!(base.beacon_entries.len(), 2);
    let beacon = base.beacon_entries.last().unwrap();
    let power = Power {
        miner: base.miner_power.inner().clone(),
        network: base.network_power.inner().clone(),
    };
    let sign = |bytes: &[u8]| worker.key.sign(bytes).map_err(|error| error.to_string());
    let (ticket, eproof) = election::draw(&miner, &parents, epoch, beacon, &power, |bytes| {
        Ok(sign(bytes).unwrap().data.into_vec())
    })
    .unwrap();
    let template = BlockTemplate {
        miner,
        parents: parents.key().clone(),
        ticket: Some(ticket),
        eproof,
        beacon_values: base.beacon_entries,
        messages: vec![sent.clone()],
        epoch,
        timestamp: world.chain.timestamp(&parents, epoch),
        winning_po_st_proof: Vec::new(),
    };
    let block = world.chain.create_block(&template, |key, bytes| {
        assert_eq!(*key, worker.address());
        sign(bytes)
    });
    let block = block.unwrap();
    assert_eq!(world.chain.head(), parents, "it is not submitted yet");
    let head = world.chain.submit_block(&block).unwrap().unwrap();
    assert_eq!((head.height(), world.chain.head()), (epoch, head.clone()));
    assert_eq!(world.chain.receipts(&head).unwrap().len(), 1);
    assert_eq!(world.chain.submit_block(&block).unwrap(), None);

    // An account is no miner, whatever key it has.
    let none = world
        .chain
        .mining_base(&Address::new_id(102), epoch + 1, &head);
    assert_eq!(none.unwrap(), None);
}

#[test]
fn an_operator_can_set_the_head() {
    let world = World::by_hand();
    let first = world.devnet.mine(0).unwrap();
    let second = world.devnet.mine(0).unwrap();
    world.chain.set_head(&first).unwrap();
    assert_eq!(world.chain.head(), first);
    let again = world.devnet.mine(2).unwrap();
    assert_ne!(again, second);
    assert_eq!(again.parents(), *first.key());
}

#[test]
fn who_reads_too_slowly_is_told() {
    let world = World::by_hand();
    let mut changes = world.chain.subscribe();
    for _ in 0..1025 {
        world.devnet.mine(0).unwrap();
    }
    assert!(matches!(changes.try_recv(), Err(TryRecvError::Lagged(_))));
}
