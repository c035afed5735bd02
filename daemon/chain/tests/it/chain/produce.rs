//! What the network's own miner makes.

use std::time::Duration;

use lotus_chain::chain::Chain;
use lotus_chain::devnet::{BlockMode, Devnet};
use lotus_chain::store::NullRound;
use lotus_chain::vm::ApplyKind;
use lotus_types::{Address, Cid, SignatureType, TokenAmount};
use tokio::time::timeout;

use super::world::{FIL, MINER, Source, World, options, phrase};
use std::sync::Arc;

/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_message_that_waits_gets_a_block_and_an_outcome() {
    let world = World::new(BlockMode::OnMessage);
    let (from, to) = (world.address(0), world.address(1));
    let sent = world.send(0, to, 0, 5_000_000_000);
    let cid = sent.cid().unwrap();
    world.know(&sent);
    world.source.push([sent.clone()]);

    let wait = world.chain.wait_message(cid, 0, -1, true);
    let found = timeout(PATIENCE, wait).await.unwrap().unwrap();
    assert_eq!((found.message, found.receipt.exit_code), (cid, 0));
    assert_eq!(found.holder.height() + 1, found.tipset.height());
    let plus =
        |atto: u64| TokenAmount::from_whole(FIL).inner() + TokenAmount::from_atto(atto).inner();
    assert_eq!(*world.balance(&to).inner(), plus(5_000_000_000));

    // To the attoFIL: the base fee for the gas used and for what was asked for in excess, the
    // premium for all of it.
    let (used, limit) = (found.receipt.gas_used, 10_000_000_u64);
    let base_fee = found.holder.base_fee().inner();
    let over = (limit - 11 * used / 10).min(used);
    let burned = ((limit - used) as u128 * u128::from(over) / u128::from(used)) as u64;
    let fees = base_fee * (used + burned) + TokenAmount::from_atto(100 * limit).inner();
    let paid = TokenAmount::from_atto(5_000_000_000_u64).inner() + fees;
    let left = TokenAmount::from_whole(FIL).inner() - paid;
    assert_eq!(*world.balance(&from).inner(), left);
    assert_eq!(world.total(), TokenAmount::from_whole(2_000_000_000));
}

#[tokio::test]
async fn blocks_are_made_for_whoever_waits_for_confidence() {
    let world = World::new(BlockMode::OnMessage);
    let sent = world.send(0, world.address(1), 0, 1);
    world.know(&sent);
    world.source.push([sent.clone()]);
    let wait = world.chain.wait_message(sent.cid().unwrap(), 5, -1, true);
    let found = timeout(PATIENCE, wait).await.unwrap().unwrap();
    assert!(world.chain.head().height() >= found.tipset.height() + 5);
}

#[tokio::test]
async fn blocks_come_by_the_clock() {
    let world = World::new(BlockMode::Every(Duration::from_millis(5)));
    let (_, mut changes) = world.chain.follow();
    for _ in 0..3 {
        let change = timeout(PATIENCE, changes.recv()).await.unwrap().unwrap();
        assert_eq!(change.applied.len(), 1);
    }
    world.devnet.stop();
    assert!(world.chain.head().height() >= 3);
}

#[test]
fn a_burst_shares_a_block_whatever_its_keys() {
    let world = World::by_hand();
    let to = world.address(1);
    let mut messages = Vec::new();
    for nonce in 0..5 {
        // f0101 is account 1; a delegated key sends to addresses that Ethereum knows.
        for (from, to) in [(0, to), (2, to), (3, Address::new_id(101))] {
            messages.push(world.send(from, to, nonce, 7));
        }
    }
    world.source.push(messages.clone());
    let head = world.devnet.mine(0).unwrap();
    assert_eq!(head.height(), 1);
    let receipts = world.chain.receipts(&head).unwrap();
    assert_eq!(receipts.len(), 15);
    assert!(receipts.iter().all(|receipt| receipt.exit_code == 0));
    let gain = TokenAmount::from_whole(FIL).inner() + TokenAmount::from_atto(15 * 7).inner();
    assert_eq!(*world.balance(&to).inner(), gain);
    let stored = world
        .chain
        .store()
        .block_messages(&head.blocks()[0])
        .unwrap();
    assert_eq!((stored.bls.len(), stored.secp.len()), (5, 10));
    assert_eq!(world.total(), TokenAmount::from_whole(2_000_000_000));

    // Whoever verifies everything comes to the same chain, and the same state.
    world.devnet.mine(0).unwrap();
    let other = World::by_hand();
    other.follow(&world);
    assert_eq!(other.chain.head(), world.chain.head());
    let (ours, theirs) = (world.chain.head(), other.chain.head());
    assert_eq!(
        world.chain.executed(&ours).unwrap(),
        other.chain.executed(&theirs).unwrap()
    );
}

#[test]
fn what_does_not_fit_is_left_out() {
    let world = World::by_hand();
    let to = world.address(1);
    let mut poor = world.send(0, to, 1, 1).message;
    poor.value = TokenAmount::from_whole(2 * FIL);
    let mut hungry = world.send(0, to, 1, 1).message;
    hungry.gas_limit = 10_000_000_001;
    let mut starved = world.send(0, to, 1, 1).message;
    starved.gas_limit = 1000;
    let mut mislabelled = world.send(0, to, 1, 1);
    mislabelled.signature.signature_type = SignatureType::Bls;
    let unfit = [
        world.sign(0, poor),
        world.sign(0, hungry),
        world.sign(0, starved),
        world.send(0, to, 7, 1),
    ];
    world.source.push([world.send(0, to, 0, 1)]);
    world.source.push(unfit);
    world.source.push([world.send(0, to, 1, 1), mislabelled]);
    let head = world.devnet.mine(0).unwrap();
    let messages = world.chain.store().messages_in_order(&head).unwrap();
    let nonces: Vec<_> = messages
        .iter()
        .flatten()
        .map(|m| m.message().nonce)
        .collect();
    assert_eq!(nonces, [0, 1]);
}

#[test]
fn rounds_may_be_null() {
    let world = World::by_hand();
    world.devnet.mine(0).unwrap();
    let head = world.devnet.mine(3).unwrap();
    assert_eq!(head.height(), 5);
    let block = &head.blocks()[0];
    let rounds: Vec<_> = block
        .beacon_entries
        .iter()
        .map(|entry| entry.round)
        .collect();
    assert_eq!(rounds, [2, 3, 4, 5]);
    assert_eq!(block.timestamp, super::world::TIME + 5 * 30);
    let at = |height| {
        let store = world.chain.store();
        let found = store.tipset_by_height(height, None, NullRound::Before);
        found.unwrap().height()
    };
    assert_eq!([at(1), at(2), at(4), at(5)], [1, 1, 1, 5]);
    for epoch in 0..=5 {
        let entry = world.chain.beacon_entry(epoch).unwrap();
        assert_eq!(entry.round, epoch as u64);
    }
    let next = world.chain.beacon_entry(6).unwrap();
    let head = world.devnet.mine(0).unwrap();
    assert_eq!(head.blocks()[0].beacon_entries, [next]);

    let error = world.devnet.mine(2881).unwrap_err().to_string();
    assert!(error.contains("at most 2880 rounds"), "{error}");
    let other = World::by_hand();
    other.follow(&world);
    assert_eq!(other.chain.head(), world.chain.head());
}

#[test]
fn the_base_fee_falls_while_blocks_are_empty() {
    let world = World::by_hand();
    let fees: Vec<_> = (0..3)
        .map(|_| world.devnet.mine(0).unwrap().base_fee().clone())
        .collect();
    let expected = [87_500_000_u64, 76_562_500, 66_992_187];
    assert_eq!(fees, expected.map(TokenAmount::from_atto));
}

#[test]
fn a_genesis_follows_from_its_phrase_and_time() {
    let open = |change: &dyn Fn(&mut lotus_chain::chain::Options)| {
        let mut options = options(None);
        change(&mut options);
        Chain::open(&options).unwrap().genesis().cids()[0]
    };
    let usual: Cid = open(&|_| {});
    assert_eq!(usual, open(&|_| {}));
    assert_ne!(usual, open(&|options| options.genesis_time = Some(1)));
    assert_ne!(usual, open(&|options| options.network_name.push('x')));
    assert_ne!(usual, open(&|options| options.accounts.truncate(1)));
    let genesis = Chain::open(&options(None)).unwrap().genesis();
    assert_eq!(genesis.height(), 0);
    let parents = genesis.blocks()[0].parents[0].to_string();
    assert_eq!(
        parents,
        "bafyreiaqpwbbyjo4a42saasj36kkrpv4tsherf2e7bvezkert2a7dhonoi"
    );
}

#[test]
fn only_the_miner_s_key_makes_its_blocks() {
    let chain = Chain::open(&options(None)).unwrap();
    let miner = Address::new_id(MINER);
    let other = phrase().bls(0).unwrap();
    let source = Arc::new(Source::default());
    let started = Devnet::start(chain, source, miner, other.key, BlockMode::OnMessage);
    let error = started.unwrap_err().to_string();
    assert!(error.contains("is no miner"), "{error}");
}

#[test]
fn a_replay_and_a_simulation_tell_what_a_message_does() {
    let world = World::by_hand();
    let sent = world.send(0, world.address(1), 0, 3);
    let free = ApplyKind::Explicit {
        chain_length: sent.to_cbor().unwrap().len(),
    };
    let task = [(sent.message.clone(), free)];
    let genesis = world.chain.head();
    let simulated = world.chain.simulate(&task, &genesis, true).unwrap();
    assert!(simulated[0].trace.is_some());

    world.source.push([sent.clone()]);
    let holder = world.devnet.mine(0).unwrap();
    world.devnet.mine(0).unwrap();
    let receipt = &world.chain.receipts(&holder).unwrap()[0];
    assert_eq!(simulated[0].receipt.gas_used, receipt.gas_used);
    for cid in [sent.cid().unwrap(), sent.message.cid().unwrap()] {
        let replay = world.chain.replay(&holder, &cid).unwrap();
        assert_eq!(replay.cid, sent.cid().unwrap());
        assert_eq!(replay.applied.receipt.gas_used, receipt.gas_used);
        assert!(replay.applied.trace.is_some());
    }
    let unknown = Cid::of_dag_cbor(b"x");
    assert!(world.chain.replay(&holder, &unknown).is_err());
}
