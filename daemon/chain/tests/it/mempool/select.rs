//! Which messages a block takes.

use fvm_shared::econ;
use lotus_chain::mempool::select::Space;
use lotus_chain::mempool::{MessagePool, Origin};
use lotus_types::{MpoolConfig, SignedMessage, TipSetKey, TokenAmount};

use super::fake::{BASE_FEE, FIL, FakeChain, GAS, id, key, message, signed};

/// The selected messages as sender and nonce.
fn selected(pool: &MessagePool, senders: u8, space: Space) -> Vec<(u8, u64)> {
    let base_fee = econ::TokenAmount::from_atto(BASE_FEE);
    let messages = pool.select(&pool.head(), &base_fee, space).unwrap();
    let named = |signed: &SignedMessage| {
        let from = signed.message.from;
        let sender = (0..senders).find(|sender| [key(*sender), id(*sender)].contains(&from));
        (sender.unwrap(), signed.message.nonce)
    };
    messages.iter().map(named).collect()
}

fn push(pool: &MessagePool, messages: &[(u8, u64, u64)]) {
    for (sender, nonce, premium) in messages {
        let message = message(*sender, *nonce, *premium);
        pool.push(message, Origin::Local).unwrap();
    }
}

#[test]
fn who_pays_more_comes_first_and_pulls_along_what_was_sent_before() {
    let pool = FakeChain::new(3).pool();
    push(
        &pool,
        &[
            (0, 0, 100),
            (1, 0, 10),
            (1, 1, 1000),
            (2, 0, 300),
            (2, 1, 200),
        ],
    );
    assert_eq!(
        selected(&pool, 3, Space::default()),
        [(1, 0), (1, 1), (2, 0), (2, 1), (0, 0)]
    );
}

#[test]
fn a_full_block_takes_the_beginning_of_what_does_not_fit() {
    let pool = FakeChain::new(2).pool();
    push(&pool, &[(0, 0, 100), (1, 0, 10), (1, 1, 150), (1, 2, 500)]);
    let space = |messages: u64| Space {
        gas: messages * GAS as u64 + GAS as u64 / 2,
        messages: 100,
    };
    assert_eq!(selected(&pool, 2, space(4)).len(), 4);
    // Without its end sender 1 pays less than sender 0.
    assert_eq!(selected(&pool, 2, space(2)), [(0, 0), (1, 0)]);
    assert_eq!(selected(&pool, 2, space(1)), [(0, 0)]);
    assert_eq!(selected(&pool, 2, space(0)), []);
    let two = Space {
        messages: 2,
        ..Space::default()
    };
    assert_eq!(selected(&pool, 2, two), [(0, 0), (1, 0)]);
}

#[test]
fn what_cannot_be_paid_or_follows_a_gap_waits() {
    let chain = FakeChain::new(4);
    let pool = chain.pool();
    push(&pool, &[(0, 0, 100), (0, 2, 100)]);
    // Its fee cap is below the base fee.
    let mut cheap = message(1, 0, 0).message;
    cheap.gas_fee_cap = TokenAmount::from_atto(BASE_FEE - 1);
    pool.push(signed(cheap), Origin::Local).unwrap();
    push(&pool, &[(1, 1, 1000)]);
    // Its first message sends all that it has.
    let mut all = message(2, 0, 200).message;
    all.value = TokenAmount::from_whole(FIL);
    pool.push(signed(all), Origin::Local).unwrap();
    push(&pool, &[(2, 1, 100)]);
    assert_eq!(selected(&pool, 4, Space::default()), [(2, 0), (0, 0)]);
    push(&pool, &[(0, 1, 100)]);
    assert_eq!(selected(&pool, 4, Space::default()).len(), 4);
}

#[test]
fn priority_comes_first() {
    let pool = FakeChain::new(3).pool();
    push(&pool, &[(0, 0, 100), (1, 0, 1), (2, 0, 200)]);
    let config = MpoolConfig {
        priority_addrs: vec![id(1)],
        ..pool.config()
    };
    pool.set_config(config).unwrap();
    assert_eq!(
        selected(&pool, 3, Space::default()),
        [(1, 0), (2, 0), (0, 0)]
    );
}

#[test]
fn a_block_on_another_tipset_has_what_that_one_lacks() {
    let chain = FakeChain::new(2);
    let pool = chain.pool();
    push(&pool, &[(0, 0, 100), (1, 0, 100), (1, 1, 100)]);
    let genesis = chain.head();
    let block = chain.extend(&genesis, vec![message(1, 0, 100)], 1);
    chain.move_to(&block, &pool);
    let on = |tipset: &TipSetKey| {
        let messages = pool.select_for(tipset).unwrap();
        let mut nonces: Vec<_> = messages
            .into_iter()
            .map(|signed| (signed.message.from, signed.message.nonce))
            .collect();
        nonces.sort();
        nonces
    };
    let mut expected = vec![(key(0), 0), (key(1), 0), (key(1), 1)];
    expected.sort();
    assert_eq!(on(genesis.key()), expected);
    expected.retain(|message| *message != (key(1), 0));
    assert_eq!(on(&TipSetKey::default()), expected);
    let foreign = chain.extend(&genesis, vec![message(0, 0, 999)], 2);
    let mut expected = vec![(key(1), 0), (key(1), 1)];
    expected.sort();
    assert_eq!(on(foreign.key()), expected);
}
