//! Where messages are found.

use lotus_chain::devnet::BlockMode;
use lotus_types::{Cid, TokenAmount};

use super::world::World;

#[test]
fn a_message_is_found_once_the_next_tipset_says_what_it_did() {
    let world = World::by_hand();
    let sent = world.send(0, world.address(1), 0, 1);
    let cid = sent.cid().unwrap();
    world.source.push([sent]);
    let holder = world.devnet.mine(0).unwrap();
    let search = |from, limit| world.chain.search_message(&cid, from, limit, true).unwrap();
    assert_eq!(search(None, -1), None);
    let next = world.devnet.mine(0).unwrap();
    let found = search(None, -1).unwrap();
    assert_eq!((&found.holder, &found.tipset), (&holder, &next));
    assert_eq!(search(Some(&holder), -1), None);
    for _ in 0..4 {
        world.devnet.mine(0).unwrap();
    }
    assert_eq!(search(None, 2), None);
    assert!(search(None, 6).is_some());
    assert!(search(Some(&next), 2).is_some());
}

#[test]
fn what_replaced_a_message_is_found_in_its_place() {
    let world = World::by_hand();
    let to = world.address(1);
    for _ in 0..3 {
        world.devnet.mine(1).unwrap();
    }
    let first = world.send(2, to, 0, 1);
    let mut dearer = first.message.clone();
    dearer.gas_premium = TokenAmount::from_atto(200);
    let dearer = world.sign(2, dearer);
    let other = world.send(2, to, 0, 2);
    for message in [&first, &other] {
        world.know(message);
    }
    world.source.push([dearer.clone()]);
    let holder = world.devnet.mine(0).unwrap();
    for _ in 0..5 {
        world.devnet.mine(1).unwrap();
    }
    let search = |cid: Cid, replaced| world.chain.search_message(&cid, None, -1, replaced);
    let found = search(first.cid().unwrap(), true).unwrap().unwrap();
    assert_eq!(found.message, dearer.cid().unwrap());
    assert_eq!(found.holder, holder);
    for (cid, replaced) in [(first.cid().unwrap(), false), (other.cid().unwrap(), true)] {
        let error = search(cid, replaced).unwrap_err().to_string();
        assert!(error.contains("equal nonce"), "{error}");
    }
    let future = world.send(2, to, 1, 1);
    world.know(&future);
    assert_eq!(search(future.cid().unwrap(), true).unwrap(), None);
}

#[tokio::test]
async fn nobody_waits_for_what_nobody_has_seen() {
    let world = World::new(BlockMode::OnMessage);
    let unknown = Cid::of_dag_cbor(b"unknown");
    let error = world.chain.wait_message(unknown, 1, -1, true).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("failed to load message"), "{error}");
}
