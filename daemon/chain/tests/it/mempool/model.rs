//! Random pushes, blocks and reorganisations against a model that is too simple to be wrong.

use std::collections::{BTreeMap, HashSet};

use fvm_shared::econ;
use lotus_chain::mempool::select::Space;
use lotus_chain::mempool::{MessagePool, Origin};
use lotus_types::{Address, MpoolChange, SignedMessage, TokenAmount};
use proptest::prelude::*;
use tokio::sync::broadcast;

use super::fake::{BASE_FEE, FakeChain, GAS, key, message, signed};

const SENDERS: u8 = 4;

#[derive(Debug, Clone)]
enum Step {
    /// A message with a nonce so much above that of the sender's account.
    Push {
        sender: u8,
        ahead: u64,
        premium: u64,
        cheap: bool,
        origin: Origin,
    },
    /// A block of what the pool selects.
    Block {
        gas: u64,
        messages: usize,
    },
    /// A block that somebody else has made, with messages that nobody has seen.
    Foreign {
        sender: u8,
        messages: u64,
    },
    /// A longer chain from so many tipsets below the head.
    Reorganise {
        depth: usize,
    },
    Remove {
        sender: u8,
        ahead: u64,
    },
    Clear {
        local: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let origin = prop_oneof![
        3 => Just(Origin::Local),
        1 => Just(Origin::Network),
        1 => Just(Origin::Untrusted),
    ];
    let push = (
        0..SENDERS,
        0..12_u64,
        0..1000_u64,
        prop::bool::weighted(0.1),
        origin,
    )
        .prop_map(|(sender, ahead, premium, cheap, origin)| Step::Push {
            sender,
            ahead,
            premium,
            cheap,
            origin,
        });
    let block = (1..20_u64, 0..20_usize).prop_map(|(gas, messages)| Step::Block {
        gas: gas * GAS as u64,
        messages,
    });
    let foreign =
        (0..SENDERS, 1..5_u64).prop_map(|(sender, messages)| Step::Foreign { sender, messages });
    let reorganise = (1..4_usize).prop_map(|depth| Step::Reorganise { depth });
    let remove = (0..SENDERS, 0..12_u64).prop_map(|(sender, ahead)| Step::Remove { sender, ahead });
    let clear = any::<bool>().prop_map(|local| Step::Clear { local });
    let step = prop_oneof![
        20 => push,
        3 => block,
        1 => foreign,
        1 => reorganise,
        1 => remove,
        1 => clear,
    ];
    prop::collection::vec(step, 1..120)
}

/// Who waits, by sender and nonce.
type Waiting = BTreeMap<(Address, u64), SignedMessage>;

fn waiting(pool: &MessagePool) -> Waiting {
    let pending = pool.pending().0;
    let count = pending.len();
    let named = pending.into_iter();
    let waiting: Waiting = named
        .map(|signed| ((signed.message.from, signed.message.nonce), signed))
        .collect();
    assert_eq!(waiting.len(), count, "a nonce waits twice");
    assert_eq!(pool.len(), count);
    waiting
}

/// The first nonce that is missing.
fn next(waiting: &Waiting, from: &Address, nonce: u64) -> u64 {
    let mut nonces = nonce..;
    nonces
        .find(|nonce| !waiting.contains_key(&(*from, *nonce)))
        .unwrap()
}

/// Whether the pool must accept a message.
fn acceptable(waiting: &Waiting, signed: &SignedMessage, nonce: u64, origin: Origin) -> bool {
    let message = &signed.message;
    let next = next(waiting, &message.from, nonce);
    let of_sender = waiting.keys().filter(|(from, _)| *from == message.from);
    let (gap, most) = match origin {
        Origin::Local => (u64::MAX, 1000),
        Origin::Network => (next + 4, 1000),
        Origin::Untrusted => (next, 10),
    };
    if message.nonce < nonce || message.nonce > gap {
        return false;
    }
    match waiting.get(&(message.from, message.nonce)) {
        None => of_sender.count() < most,
        Some(_) if origin != Origin::Local && message.nonce > next => false,
        Some(old) => {
            let premium = |signed: &SignedMessage| signed.message.gas_premium.atto().clone();
            premium(signed) > premium(old) * 110 / 100
        }
    }
}

/// What a listener believes to wait.
fn listen(believed: &mut Waiting, feed: &mut broadcast::Receiver<lotus_types::MpoolUpdate>) {
    while let Ok(update) = feed.try_recv() {
        let signed = update.message.unwrap();
        let name = (signed.message.from, signed.message.nonce);
        match update.kind {
            MpoolChange::Add => {
                assert_eq!(believed.insert(name, signed), None, "added twice");
            }
            _ => assert_eq!(
                believed.remove(&name),
                Some(signed),
                "removed the wrong one"
            ),
        }
    }
}

fn check_selection(chain: &FakeChain, pool: &MessagePool, space: Space) -> Vec<SignedMessage> {
    let base_fee = econ::TokenAmount::from_atto(BASE_FEE);
    let selected = pool.select(&pool.head(), &base_fee, space).unwrap();
    let waiting = waiting(pool);
    let gas: i64 = selected.iter().map(|signed| signed.message.gas_limit).sum();
    assert!(gas as u64 <= space.gas && selected.len() <= space.messages);
    for sender in 0..SENDERS {
        let of_sender = selected
            .iter()
            .filter(|signed| signed.message.from == key(sender));
        for (signed, nonce) in of_sender.zip(chain.nonce(sender)..) {
            assert_eq!(signed.message.nonce, nonce, "a gap in the block");
            assert_eq!(waiting.get(&(key(sender), nonce)), Some(signed));
            assert!(signed.message.gas_fee_cap >= TokenAmount::from_atto(BASE_FEE));
        }
    }
    selected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_pool_is_what_the_model_says(steps in steps()) {
        let chain = FakeChain::new(SENDERS);
        let pool = chain.pool();
        let mut feed = pool.subscribe();
        let mut believed = Waiting::new();
        let mut trail = vec![chain.head()];
        let mut local = HashSet::new();
        for (salt, step) in (1..).zip(steps) {
            let before = waiting(&pool);
            match step {
                Step::Push { sender, ahead, premium, cheap, origin } => {
                    let nonce = chain.nonce(sender);
                    let mut message = message(sender, (nonce + ahead).saturating_sub(1), premium);
                    if cheap {
                        message.message.gas_premium = TokenAmount::from_atto(0);
                        message.message.gas_fee_cap = TokenAmount::from_atto(BASE_FEE / 2);
                        message = signed(message.message);
                    }
                    let expected = acceptable(&before, &message, nonce, origin);
                    let result = pool.push(message.clone(), origin);
                    prop_assert_eq!(result.is_ok(), expected, "{:?}", result);
                    let mut after = before;
                    if expected {
                        after.insert((key(sender), message.message.nonce), message);
                        if origin == Origin::Local {
                            local.insert(key(sender));
                        }
                    }
                    prop_assert_eq!(waiting(&pool), after);
                }
                Step::Block { gas, messages } => {
                    let selected = check_selection(&chain, &pool, Space { gas, messages });
                    let head = chain.extend(&chain.head(), selected.clone(), salt);
                    chain.move_to(&head, &pool);
                    trail.push(head);
                    let mut after = before;
                    for signed in selected {
                        after.remove(&(signed.message.from, signed.message.nonce));
                    }
                    prop_assert_eq!(waiting(&pool), after);
                }
                Step::Foreign { sender, messages } => {
                    let nonce = chain.nonce(sender);
                    let foreign = (nonce..nonce + messages).map(|nonce| message(sender, nonce, 5000));
                    let head = chain.extend(&chain.head(), foreign.collect(), salt);
                    chain.move_to(&head, &pool);
                    trail.push(head);
                    let mut after = before;
                    after.retain(|(from, of), _| *from != key(sender) || *of >= nonce + messages);
                    prop_assert_eq!(waiting(&pool), after);
                }
                Step::Reorganise { depth } => {
                    trail.truncate(trail.len().saturating_sub(depth).max(1));
                    let mut head = trail.last().unwrap().clone();
                    for index in 0..=depth as u64 {
                        head = chain.extend(&head, Vec::new(), salt << 8 | index);
                        trail.push(head.clone());
                    }
                    chain.move_to(&head, &pool);
                    // What waited still does, or comes from a block.
                    let after = waiting(&pool);
                    prop_assert!(before.iter().all(|(name, message)| after.get(name) == Some(message)));
                }
                Step::Remove { sender, ahead } => {
                    let nonce = chain.nonce(sender) + ahead;
                    let waited = before.contains_key(&(key(sender), nonce));
                    prop_assert_eq!(pool.remove(&key(sender), nonce).unwrap(), waited);
                    let mut after = before;
                    after.remove(&(key(sender), nonce));
                    prop_assert_eq!(waiting(&pool), after);
                }
                Step::Clear { local: ours } => {
                    pool.clear(ours).unwrap();
                    let mut after = before;
                    after.retain(|(from, _), _| !ours && local.contains(from));
                    prop_assert_eq!(waiting(&pool), after);
                    if ours {
                        local.clear();
                    }
                }
            }
            let after = waiting(&pool);
            for sender in 0..SENDERS {
                let nonce = chain.nonce(sender);
                let expected = next(&after, &key(sender), nonce);
                prop_assert_eq!(pool.next_nonce(&key(sender)).unwrap(), expected);
                let lowest = after.keys().find(|(from, _)| *from == key(sender));
                prop_assert!(lowest.is_none_or(|(_, lowest)| *lowest >= nonce));
            }
            listen(&mut believed, &mut feed);
            prop_assert_eq!(&believed, &after);
            check_selection(&chain, &pool, Space::default());
        }
    }
}
