//! The indexes against a model that walks the chain, over forks, null rounds and reorganisations.

use std::sync::Arc;

use lotus_chain::store::{
    ChainStore, HeadChange, NullRound, StoreError, put_events, put_messages, put_receipts,
};
use lotus_types::{BigInt, Bytes, Event, EventEntry, TipSet};
use proptest::prelude::*;

use super::builder::{Next, extend, message_cid, receipt};

/// How many messages there are to put into blocks.
const MESSAGES: u64 = 12;

#[derive(Clone, Debug)]
enum Step {
    /// A new tipset on one of those that are there.
    Extend(prop::sample::Index, Next),
    /// The head moves to one of those that are there.
    SetHead(prop::sample::Index),
    /// The store is closed and opened.
    Reopen,
}

fn any_step() -> impl Strategy<Value = Step> {
    let next = (
        0..3i64,
        0..2usize,
        prop::collection::vec(0..MESSAGES, 0..4),
        any::<u64>(),
    );
    let next = next.prop_map(|(null_rounds, more_blocks, mut messages, salt)| {
        messages.sort_unstable();
        messages.dedup();
        Next {
            null_rounds,
            more_blocks,
            messages,
            salt,
        }
    });
    prop_oneof![
        6 => (any::<prop::sample::Index>(), next).prop_map(|(on, next)| Step::Extend(on, next)),
        4 => any::<prop::sample::Index>().prop_map(Step::SetHead),
        1 => Just(Step::Reopen),
    ]
}

/// All tipsets, each with its parent's place and its messages.
#[derive(Default)]
struct Model {
    tipsets: Vec<(Arc<TipSet>, Option<usize>, Vec<u64>)>,
    head: usize,
}

impl Model {
    /// The places of a tipset and its ancestors, the genesis last.
    fn chain(&self, from: usize) -> Vec<usize> {
        std::iter::successors(Some(from), |place| self.tipsets[*place].1).collect()
    }

    fn tipset(&self, place: usize) -> &Arc<TipSet> {
        &self.tipsets[place].0
    }

    fn path(&self, from: usize, to: usize) -> HeadChange {
        let (left, right) = (self.chain(from), self.chain(to));
        let reverted = left.iter().filter(|place| !right.contains(place));
        let applied = right.iter().rev().filter(|place| !left.contains(place));
        HeadChange {
            reverted: reverted.map(|place| self.tipset(*place).clone()).collect(),
            applied: applied.map(|place| self.tipset(*place).clone()).collect(),
        }
    }

    fn at(&self, from: usize, height: i64, null: NullRound) -> Option<&Arc<TipSet>> {
        let chain = self.chain(from).into_iter().map(|place| self.tipset(place));
        let (below, above): (Vec<_>, Vec<_>) = chain.partition(|t| t.height() < height);
        match (above.last(), null) {
            (Some(found), NullRound::After) => Some(found),
            (Some(found), NullRound::Before) if found.height() == height => Some(found),
            (_, NullRound::Before) => below.first().copied(),
            (None, NullRound::After) => None,
        }
    }

    fn check(&self, store: &ChainStore) -> Result<(), TestCaseError> {
        let head = self.tipset(self.head);
        prop_assert_eq!(&store.heaviest().unwrap(), head);
        prop_assert_eq!(&store.genesis().unwrap(), self.tipset(0));
        let in_chain = self.chain(self.head);
        for (place, (tipset, parent, _)) in self.tipsets.iter().enumerate() {
            prop_assert_eq!(&store.tipset(tipset.key()).unwrap(), tipset);
            let parent = parent.map(|parent| self.tipset(parent).clone());
            prop_assert_eq!(store.parent(tipset).unwrap(), parent);
            prop_assert_eq!(
                store.is_in_chain(tipset).unwrap(),
                in_chain.contains(&place)
            );
            prop_assert_eq!(
                store.weight(tipset.key()).unwrap(),
                Some(BigInt::from(place))
            );
            for null in [NullRound::Before, NullRound::After] {
                for height in 0..=tipset.height() {
                    let found = store.tipset_by_height(height, Some(tipset), null).unwrap();
                    prop_assert_eq!(Some(&found), self.at(place, height, null));
                }
                let above = store.tipset_by_height(tipset.height() + 1, Some(tipset), null);
                prop_assert!(matches!(above, Err(StoreError::AboveStart)));
                let below = store.tipset_by_height(-1, Some(tipset), null);
                prop_assert!(matches!(below, Err(StoreError::NoSuchHeight(-1))));
            }
        }
        for number in 0..MESSAGES {
            let holder = in_chain
                .iter()
                .enumerate()
                .rev()
                .find(|(_, place)| self.tipsets[**place].2.contains(&number));
            let found = store.search_message(&message_cid(number)).unwrap();
            prop_assert_eq!(found.is_some(), holder.is_some(), "message {}", number);
            let (Some(found), Some((above, place))) = (found, holder) else {
                continue;
            };
            prop_assert_eq!(&found.tipset, self.tipset(*place));
            let next = above
                .checked_sub(1)
                .map(|above| self.tipset(in_chain[above]));
            prop_assert_eq!(
                found.executed.as_ref().map(|executed| &executed.tipset),
                next
            );
            if let Some(executed) = found.executed {
                prop_assert_eq!(executed.receipt, receipt(number));
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_indexes_say_what_a_walk_says(steps in prop::collection::vec(any_step(), 1..25)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chain.redb");
        let mut store = ChainStore::open(&path).unwrap();
        let mut model = Model::default();
        let genesis = extend(&store, None, &Next::default());
        store.put_weight(genesis.key(), &0.into());
        store.set_head(&genesis).unwrap();
        model.tipsets.push((genesis, None, Vec::new()));
        for step in steps {
            match step {
                Step::Extend(on, next) => {
                    let on = on.index(model.tipsets.len());
                    let tipset = extend(&store, Some(model.tipset(on)), &next);
                    if model.tipsets.iter().any(|(other, ..)| *other == tipset) {
                        continue;
                    }
                    store.put_weight(tipset.key(), &model.tipsets.len().into());
                    model.tipsets.push((tipset, Some(on), next.messages));
                }
                Step::SetHead(to) => {
                    let to = to.index(model.tipsets.len());
                    let path = model.path(model.head, to);
                    prop_assert_eq!(
                        &store.path(model.tipset(model.head), model.tipset(to)).unwrap(),
                        &path
                    );
                    prop_assert_eq!(store.set_head(model.tipset(to)).unwrap(), path);
                    model.head = to;
                    model.check(&store)?;
                }
                Step::Reopen => {
                    // Weights and blocks that no head needed may be forgotten, so a head needs them.
                    let head = model.tipset(model.head).clone();
                    let other = model.tipsets.len() - 1;
                    store.set_head(model.tipset(other)).unwrap();
                    store.set_head(&head).unwrap();
                    store.blocks().flush().unwrap();
                    drop(store);
                    store = ChainStore::open(&path).unwrap();
                }
            }
        }
    }
}

#[test]
fn an_empty_store_has_no_head() {
    let store = ChainStore::ephemeral().unwrap();
    assert_eq!(store.head().unwrap(), None);
    let error = store.genesis().unwrap_err();
    assert!(matches!(error, StoreError::NoHead), "{error}");
    for null in [NullRound::Before, NullRound::After] {
        let error = store.tipset_by_height(0, None, null).unwrap_err();
        assert!(matches!(error, StoreError::NoHead), "{error}");
    }
    let error = store.tipset(&Default::default()).unwrap_err();
    assert!(matches!(error, StoreError::EmptyKey), "{error}");
    assert_eq!(store.search_message(&message_cid(1)).unwrap(), None);
}

/// The roots of nothing, as the genesis of mainnet names them.
#[test]
fn empty_lists_have_the_roots_that_lotus_gives_them() {
    let store = ChainStore::ephemeral().unwrap();
    let messages = put_messages(store.blocks(), &[], &[]).unwrap();
    let receipts = put_receipts(store.blocks(), &[]).unwrap();
    assert_eq!(
        messages.to_string(),
        "bafy2bzacecmda75ovposbdateg7eyhwij65zklgyijgcjwynlklmqazpwlhba"
    );
    assert_eq!(
        receipts.to_string(),
        "bafy2bzacedswlcz5ddgqnyo3sak3jmhmkxashisnlpq6ujgyhe4mlobzpnhs6"
    );
    assert_eq!(store.receipts(&receipts).unwrap(), []);
    assert_eq!(put_events(store.blocks(), Vec::new()).unwrap(), None);
}

#[test]
fn events_are_read_as_they_were_put() {
    let store = ChainStore::ephemeral().unwrap();
    let event = |emitter| Event {
        emitter,
        entries: vec![EventEntry {
            flags: 3,
            key: "t1".to_owned(),
            codec: 0x55,
            value: Bytes(vec![1; 32]),
        }],
    };
    // More than one node of the AMT holds.
    let events: Vec<_> = (0..100).map(event).collect();
    let stamped = events.iter().cloned().map(From::from).collect();
    let root = put_events(store.blocks(), stamped).unwrap().unwrap();
    assert_eq!(store.events(&root).unwrap(), events);
}

/// Two blocks of a tipset have the same message, and one repeats an old nonce.
#[test]
fn a_message_is_executed_once_however_many_blocks_have_it() {
    let store = ChainStore::ephemeral().unwrap();
    let genesis = extend(&store, None, &Next::default());
    let next = Next {
        more_blocks: 1,
        messages: vec![1, 2, 258],
        ..Next::default()
    };
    let tipset = extend(&store, Some(&genesis), &next);
    for header in tipset.blocks() {
        let messages = store.block_messages(header).unwrap();
        assert_eq!((messages.bls.len(), messages.secp.len()), (2, 1));
    }
    // 2 and 258 are of one sender, with nonces 0 and 1; BLS comes first.
    let order = store.messages_in_order(&tipset).unwrap();
    let cids: Vec<Vec<_>> = order
        .iter()
        .map(|block| block.iter().map(|message| message.cid().unwrap()).collect())
        .collect();
    assert_eq!(
        cids,
        [
            vec![message_cid(2), message_cid(258), message_cid(1)],
            vec![]
        ]
    );
}

#[test]
fn two_chains_have_no_common_ancestor() {
    let store = ChainStore::ephemeral().unwrap();
    let mut heads = Vec::new();
    for salt in 0..2 {
        let salted = Next {
            salt,
            ..Next::default()
        };
        let genesis = extend(&store, None, &salted);
        heads.push(extend(&store, Some(&genesis), &salted));
    }
    store.set_head(&heads[0]).unwrap();
    let error = store.set_head(&heads[1]).unwrap_err();
    assert!(matches!(error, StoreError::Unrelated(..)), "{error}");
    assert_eq!(store.heaviest().unwrap(), heads[0]);
}
