//! Which of several chains is the head.

use lotus_chain::devnet::BlockMode;
use tokio::sync::broadcast::error::TryRecvError;

use super::world::{World, phrase};

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
fn blocks_of_one_epoch_make_one_tipset() {
    let ours = World::by_hand();
    let bls = phrase().bls(0).unwrap();
    let theirs = World::mined_by(None, BlockMode::MinersOnly, bls);
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
