//! What the pool refuses, in Lotus's words, and what it accepts.

use lotus_chain::mempool::{MAX_PENDING, Origin};
use lotus_types::{
    Address, Bytes, CheckStatusCode, Message, MpoolChange, MpoolConfig, Percent, SignedMessage,
    TipSetKey, TokenAmount,
};

use super::fake::{BASE_FEE, FIL, FakeChain, GAS, id, key, message, signed};

fn refusal(
    pool: &lotus_chain::mempool::MessagePool,
    message: SignedMessage,
    origin: Origin,
) -> String {
    let before = pool.pending().0;
    let error = pool.push(message, origin).unwrap_err().to_string();
    assert_eq!(pool.pending().0, before, "what waited still does");
    error
}

/// The refusal of a local message that is as `change` makes it.
fn refused(change: impl FnOnce(&mut Message)) -> String {
    let pool = FakeChain::new(1).pool();
    let mut message = message(0, 0, 100).message;
    change(&mut message);
    refusal(&pool, signed(message), Origin::Local)
}

#[test]
fn a_message_that_no_block_can_have_is_refused() {
    let huge = refused(|m| m.params = Bytes(vec![0; 10 << 20]));
    assert!(huge.ends_with("message too big"), "{huge}");
    let big = refused(|m| m.params = Bytes(vec![0; 64 << 10]));
    assert!(big.starts_with("mpool message too large (65"), "{big}");
    assert_eq!(
        refused(|m| m.value = TokenAmount::from_whole(2_000_000_000)),
        "cannot send more filecoin than will ever exist"
    );
    let value = "1"
        .repeat(78)
        .parse::<fvm_shared::bigint::BigInt>()
        .unwrap();
    assert_eq!(
        refused(|m| m.value = TokenAmount::from_atto(value)),
        "message not valid for block inclusion: 'Value' field cannot be greater than total filecoin \
         supply"
    );
    assert_eq!(
        refused(|m| {
            m.gas_fee_cap = TokenAmount::from_atto(99);
            m.gas_premium = TokenAmount::from_atto(1);
        }),
        "gas fee cap too low"
    );
    let dear = refused(|m| m.gas_limit = 1000);
    assert!(
        dear.starts_with(
            "verify msg failed: message will not be included in a block: 'GasLimit' field cannot be \
             less than the cost of storing a message on chain 1000 < "
        ),
        "{dear}"
    );
    assert_eq!(
        refused(|m| m.to = Address::default()),
        "message not valid for block inclusion: 'To' address cannot be empty"
    );
}

#[test]
fn a_sender_must_be_there_and_sign() {
    let pool = FakeChain::new(1).pool();
    let mut bad = message(0, 0, 100);
    bad.signature.data = Bytes(b"bad".to_vec());
    assert_eq!(
        refusal(&pool, bad, Origin::Local),
        format!(
            "signature verification failed: failed to validate signature: not by {}",
            key(0)
        )
    );
    let nobody = refusal(&pool, message(7, 0, 100), Origin::Local);
    assert!(nobody.contains("actor not found"), "{nobody}");
    assert!(pool.next_nonce(&key(7)).is_err());
}

#[test]
fn a_sender_must_be_able_to_pay_for_all_that_waits() {
    let pool = FakeChain::new(1).pool();
    let costing = |nonce, fil: u64| {
        let mut message = message(0, nonce, 100).message;
        message.gas_fee_cap = TokenAmount::from_atto(TokenAmount::from_whole(fil).atto() / GAS);
        signed(message)
    };
    assert_eq!(
        refusal(&pool, costing(0, FIL + 1), Origin::Local),
        "failed to check balance: not enough funds (required: 101 FIL, balance: 100 FIL): not enough \
         funds to execute transaction"
    );
    pool.push(costing(0, 60), Origin::Local).unwrap();
    assert_eq!(
        refusal(&pool, costing(1, 60), Origin::Local),
        "failed to check balance: not enough funds including pending messages (required: 120 FIL, \
         balance: 100 FIL): validation failure"
    );
    pool.push(costing(1, 40), Origin::Local).unwrap();
}

#[test]
fn a_message_is_replaced_by_one_that_pays_a_tenth_more() {
    let pool = FakeChain::new(1).pool();
    pool.push(message(0, 0, 100), Origin::Local).unwrap();
    assert_eq!(
        refusal(&pool, message(0, 0, 100), Origin::Local),
        format!(
            "failed to add locked: message from {} with nonce 0 already in mpool: message with nonce \
             already exists",
            key(0)
        )
    );
    assert_eq!(
        refusal(&pool, message(0, 0, 110), Origin::Local),
        format!(
            "failed to add locked: message from {} with nonce 0 already in mpool, increase GasPremium \
             to 111 from 110 to trigger replace by fee: replace by fee has too low GasPremium",
            key(0)
        )
    );
    let mut feed = pool.subscribe();
    let better = message(0, 0, 111);
    pool.push(better.clone(), Origin::Local).unwrap();
    assert_eq!(pool.pending().0, vec![better.clone()]);
    assert_eq!(pool.len(), 1);
    let update = feed.try_recv().unwrap();
    assert_eq!(update.kind, MpoolChange::Remove);
    assert_eq!(update.message, Some(message(0, 0, 100)));
    let update = feed.try_recv().unwrap();
    assert_eq!(update.kind, MpoolChange::Add);
    assert_eq!(update.message, Some(better));
}

#[test]
fn nonces_may_be_missing_as_far_as_the_sender_is_trusted() {
    let pool = FakeChain::new(2).pool();
    pool.push(message(0, 500, 100), Origin::Local).unwrap();
    assert_eq!(pool.next_nonce(&key(0)).unwrap(), 0);
    assert_eq!(
        refusal(&pool, message(1, 5, 100), Origin::Network),
        "failed to add locked: message nonce has too big a gap from expected nonce (Nonce: 5, \
         nextNonce: 0): unfulfilled nonce gap"
    );
    pool.push(message(1, 4, 100), Origin::Network).unwrap();
    let replacing = refusal(&pool, message(1, 4, 1000), Origin::Network);
    assert!(
        replacing.contains("rejecting replace by fee"),
        "{replacing}"
    );
    let untrusted = refusal(&pool, message(1, 1, 100), Origin::Untrusted);
    assert!(untrusted.contains("unfulfilled nonce gap"), "{untrusted}");
    for nonce in 0..4 {
        pool.push(message(1, nonce, 100), Origin::Untrusted)
            .unwrap();
    }
    assert_eq!(pool.next_nonce(&key(1)).unwrap(), 5, "the gap is filled");
}

#[test]
fn a_sender_has_only_so_many_messages() {
    let pool = FakeChain::new(2).pool();
    for nonce in 0..10 {
        pool.push(message(0, nonce, 100), Origin::Untrusted)
            .unwrap();
    }
    let eleventh = refusal(&pool, message(0, 10, 100), Origin::Untrusted);
    assert!(
        eleventh.ends_with("too many pending messages for actor"),
        "{eleventh}"
    );
    for nonce in 0..MAX_PENDING as u64 {
        pool.push(message(1, nonce, 100), Origin::Local).unwrap();
    }
    let last = refusal(&pool, message(1, MAX_PENDING as u64, 100), Origin::Local);
    assert!(
        last.ends_with("too many pending messages for actor"),
        "{last}"
    );
    // Replacing one adds none.
    pool.push(message(1, 7, 200), Origin::Local).unwrap();
}

#[test]
fn strangers_must_pay_what_the_base_fee_may_fall_to() {
    let pool = FakeChain::new(1).pool();
    // A hundredth of the base fee is below the lowest base fee, so that counts.
    let mut cheap = message(0, 0, 0).message;
    cheap.gas_fee_cap = TokenAmount::from_atto(100);
    pool.push(signed(cheap), Origin::Untrusted).unwrap();
}

#[test]
fn an_account_is_one_sender_by_whichever_address() {
    let pool = FakeChain::new(1).pool();
    pool.push(message(0, 0, 100), Origin::Local).unwrap();
    let mut by_id = message(0, 1, 100).message;
    by_id.from = id(0);
    pool.push(signed(by_id), Origin::Local).unwrap();
    assert_eq!(pool.next_nonce(&id(0)).unwrap(), 2);
    assert_eq!(pool.next_nonce(&key(0)).unwrap(), 2);
    assert_eq!(pool.pending_of(&id(0)).unwrap().0.len(), 2);
    assert!(pool.remove(&id(0), 0).unwrap());
    assert!(!pool.remove(&id(0), 0).unwrap());
    assert_eq!(pool.next_nonce(&key(0)).unwrap(), 0);
}

#[test]
fn messages_leave_with_their_block_and_come_back_with_its_reorganisation() {
    let chain = FakeChain::new(2);
    let pool = chain.pool();
    // BLS messages have no signature in their block; the pool remembers it.
    let messages = [message(0, 0, 100), message(1, 0, 100), message(1, 1, 100)];
    for message in &messages {
        pool.push(message.clone(), Origin::Untrusted).unwrap();
    }
    let genesis = chain.head();
    let block = chain.extend(&genesis, messages[..2].to_vec(), 1);
    chain.move_to(&block, &pool);
    assert_eq!(pool.pending().0, messages[2..]);
    assert_eq!(pool.next_nonce(&key(0)).unwrap(), 1);
    let low = pool.push(message(0, 0, 1000), Origin::Local).unwrap_err();
    assert_eq!(
        low.to_string(),
        "minimum expected nonce is 1, got 0: message nonce too low"
    );

    // Someone behind still sees all of them.
    assert_eq!(pool.pending_at(genesis.key()).unwrap().len(), 1);
    let sibling = chain.extend(&genesis, vec![messages[0].clone()], 2);
    assert_eq!(pool.pending_at(sibling.key()).unwrap().len(), 2);

    let next = chain.extend(&sibling, Vec::new(), 3);
    chain.move_to(&next, &pool);
    let mut pending = pool.pending().0;
    pending.sort_by_key(|message| message.message.nonce);
    assert_eq!(pending, messages[1..]);
    assert_eq!(pool.next_nonce(&key(1)).unwrap(), 2);
}

#[test]
fn a_full_pool_drops_what_pays_least_and_keeps_what_is_ours() {
    let pool = FakeChain::new(20).pool();
    let config = MpoolConfig {
        size_limit_high: 20,
        size_limit_low: 10,
        priority_addrs: vec![id(1)],
        ..pool.config()
    };
    pool.set_config(config).unwrap();
    pool.push(message(0, 0, 1), Origin::Local).unwrap();
    pool.push(message(1, 0, 1), Origin::Untrusted).unwrap();
    for sender in 2..20 {
        let message = message(sender, 0, 100 + u64::from(sender));
        pool.push(message, Origin::Untrusted).unwrap();
    }
    assert_eq!(pool.len(), 20);
    pool.push(message(19, 1, 1000), Origin::Untrusted).unwrap();
    let pending = pool.pending().0;
    assert_eq!(pending.len(), 10);
    let mut kept: Vec<_> = pending.iter().map(|message| message.message.from).collect();
    kept.sort();
    let mut expected: Vec<_> = [0, 1, 13, 14, 15, 16, 17, 18, 19, 19].map(key).into();
    expected.sort();
    assert_eq!(kept, expected);
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let pool = FakeChain::new(1).pool();
    let refused = |change: fn(&mut MpoolConfig)| {
        let mut config = pool.config();
        change(&mut config);
        pool.set_config(config).unwrap_err().to_string()
    };
    assert_eq!(
        refused(|config| config.replace_by_fee_ratio = Percent(109)),
        "'ReplaceByFeeRatio' is less than required 1.09 < 1.10"
    );
    for wrong in [0.99, f64::NAN, f64::INFINITY] {
        let mut config = pool.config();
        config.gas_limit_overestimation = wrong;
        assert!(pool.set_config(config).is_err(), "{wrong}");
    }
    refused(|config| config.size_limit_low = config.size_limit_high + 1);
    let half = fvm_shared::econ::TokenAmount::from_atto(100);
    assert_eq!(
        pool.replacement_premium(&half),
        fvm_shared::econ::TokenAmount::from_atto(126)
    );
}

#[test]
fn clearing_spares_what_is_ours_unless_told_otherwise() {
    let pool = FakeChain::new(2).pool();
    pool.push(message(0, 0, 100), Origin::Local).unwrap();
    pool.push(message(1, 0, 100), Origin::Untrusted).unwrap();
    pool.clear(false).unwrap();
    assert_eq!(pool.pending().0, [message(0, 0, 100)]);
    pool.clear(true).unwrap();
    assert!(pool.is_empty());
    assert!(pool.select_for(&TipSetKey::default()).unwrap().is_empty());
    assert_eq!(pool.head().base_fee(), &TokenAmount::from_atto(BASE_FEE));
}

#[test]
fn the_bell_rings_for_every_message() {
    let pool = FakeChain::new(1).pool();
    let mut arrivals = pool.arrivals();
    assert!(!arrivals.has_changed().unwrap());
    pool.push(message(0, 0, 100), Origin::Local).unwrap();
    assert!(arrivals.has_changed().unwrap());
    arrivals.mark_unchanged();
    assert!(pool.push(message(0, 0, 100), Origin::Local).is_err());
    assert!(!arrivals.has_changed().unwrap());
}

/// The codes of the checks that a message does not pass.
fn problems(outcomes: &[lotus_types::MessageCheckStatus]) -> Vec<CheckStatusCode> {
    let failed = outcomes.iter().filter(|outcome| !outcome.ok);
    failed.map(|outcome| outcome.code).collect()
}

#[test]
fn checks_say_beforehand_what_the_pool_would_mind() {
    use CheckStatusCode::*;

    let pool = FakeChain::new(1).pool();
    pool.push(message(0, 0, 100), Origin::Local).unwrap();
    let good = message(0, 1, 100).message;
    let mut poor = message(0, 5, 100).message;
    poor.gas_limit = 1;
    poor.gas_fee_cap = TokenAmount::from_atto(BASE_FEE - 1);
    poor.value = TokenAmount::from_whole(FIL);
    let mut broken = good.clone();
    broken.version = 1;
    let outcomes = pool
        .check(&[good.clone(), poor, broken, message(7, 0, 1).message])
        .unwrap();
    assert_eq!(problems(&outcomes[0]), []);
    assert_eq!(outcomes[0].len(), 12);
    assert_eq!(outcomes[0][0].hint["nonce"], 1);
    assert_eq!(
        problems(&outcomes[1]),
        [
            MessageMinGas,
            MessageBaseFee,
            MessageBaseFeeUpperBound,
            MessageNonce,
            MessageBalance
        ]
    );
    assert_eq!(problems(&outcomes[2]), [MessageValidity]);
    assert_eq!(problems(&outcomes[3]), [MessageGetStateNonce]);

    pool.push(message(0, 1, 100), Origin::Local).unwrap();
    let pending = pool.check_pending(&id(0)).unwrap();
    assert_eq!(pending.len(), 2);
    assert!(pending.iter().all(|outcomes| problems(outcomes).is_empty()));
    let mut costly = message(0, 0, 100).message;
    costly.value = TokenAmount::from_whole(FIL);
    let replaced = pool.check_replacements(&[costly]).unwrap();
    assert_eq!(problems(&replaced[0]), [MessageBalance]);
    assert_eq!(problems(&replaced[1]), [MessageBalance]);
}

#[test]
fn a_batch_is_pushed_up_to_the_first_that_is_refused() {
    let pool = FakeChain::new(1).pool();
    let batch = vec![message(0, 0, 100), message(0, 0, 101), message(0, 1, 100)];
    let (cids, error) = pool.push_all(batch, Origin::Local);
    assert_eq!(cids, [message(0, 0, 100).cid().unwrap()]);
    assert!(error.unwrap().to_string().ends_with("too low GasPremium"));
    assert_eq!(pool.len(), 1);
    let batch = vec![message(0, 0, 200), message(0, 1, 100), message(0, 1, 200)];
    let (cids, error) = pool.push_all(batch, Origin::Local);
    assert!(error.is_none());
    assert_eq!(cids.len(), 3);
    assert_eq!(pool.pending().0, [message(0, 0, 200), message(0, 1, 200)]);
}
