//! Processes that die and disks that are full. [`writer`] is the process that is killed.

use std::path::Path;
use std::sync::Arc;

use fvm_ipld_encoding::CborStore;
use lotus_chain::store::{ChainStore, NullRound, StoreError};
use lotus_types::TipSet;
use multihash_codetable::Code;
use rand::RngExt;

use super::builder::{Next, extend, message_cid};
use crate::child::{self, Child, ack, limit_files};

/// The next tipset on the head, with a message of the number of its height.
fn grow(store: &ChainStore, head: Option<&Arc<TipSet>>, salt: u64) -> Arc<TipSet> {
    let height = head.map_or(0, |head| head.height() as u64 + 1);
    let next = Next {
        messages: vec![height],
        salt,
        ..Next::default()
    };
    extend(store, head.map(|head| &**head), &next)
}

/// Makes blocks for ever, sometimes on the parent of the head, and says what is done.
#[test]
fn writer() {
    let Some((file, run)) = child::task() else {
        return;
    };
    let store = ChainStore::open(&file).unwrap();
    let mut head = store.head().unwrap();
    for number in 0.. {
        let salt = run << 32 | number;
        if number % 5 == 4
            && let Some(old) = &head
            && let Some(parent) = store.parent(old).unwrap()
        {
            // A reorganisation: a sibling of the head replaces it.
            head = Some(grow(&store, Some(&parent), salt));
        } else {
            head = Some(grow(&store, head.as_ref(), salt));
        }
        let head = head.as_ref().unwrap();
        store.set_head(head).unwrap();
        ack(format_args!("{} {}", head.height(), head.cids()[0]));
        if number % 3 == 0 {
            let block = store
                .blocks()
                .put_cbor(&("flushed", salt), Code::Blake2b256);
            store.blocks().flush().unwrap();
            ack(format_args!("-1 {}", block.unwrap()));
        }
    }
}

/// Everything that is reached from the head is there, and the indexes agree with it.
fn verify(store: &ChainStore) {
    let head = store.heaviest().unwrap();
    let mut tipset = Some(head.clone());
    let mut above: Option<Arc<TipSet>> = None;
    while let Some(this) = tipset {
        let height = this.height();
        let indexed = store.tipset_by_height(height, None, NullRound::Before);
        assert_eq!(indexed.unwrap(), this);
        let state = *this.parent_state().inner();
        let (_, inner): (String, cid::Cid) = store.blocks().get_cbor(&state).unwrap().unwrap();
        assert!(store.blocks().contains(&inner).unwrap());
        let found = store.search_message(&message_cid(height as u64)).unwrap();
        let found = found.unwrap_or_else(|| panic!("the message of {height} is lost"));
        assert_eq!(found.tipset, this);
        let executed = found.executed.map(|executed| executed.tipset);
        assert_eq!(executed, above);
        above = Some(this.clone());
        tipset = store.parent(&this).unwrap();
    }
    assert_eq!(above.unwrap(), store.genesis().unwrap());
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    const KILLS: u64 = 200;
    // A killed process takes nothing from the kernel, so a disk in memory tells as much as another.
    let memory = Path::new("/dev/shm");
    let dir = match tempfile::tempdir_in(memory) {
        Ok(dir) => dir,
        Err(_) => tempfile::tempdir().unwrap(),
    };
    let file = dir.path().join("chain.redb");
    let mut random = rand::rng();
    let mut acknowledged = 0;
    for run in 0..KILLS {
        let child = Child::start("store::crash::writer", &file, run);
        let (count, spins) = (random.random_range(1..12), random.random_range(0..400_000));
        let acks = child.kill_after(count, spins);
        acknowledged += acks.len();

        let store = ChainStore::open(&file).unwrap();
        let head = store.heaviest().unwrap();
        let mut last = None;
        for ack in &acks {
            let (height, cid) = ack.split_once(' ').unwrap();
            let cid: cid::Cid = cid.parse().unwrap();
            assert!(
                store.blocks().contains(&cid).unwrap(),
                "run {run}: {cid} is lost"
            );
            if height != "-1" {
                last = Some((height.parse::<i64>().unwrap(), cid));
            }
        }
        // The head is the last one acknowledged, or one that was written and not acknowledged: its
        // child, or its sibling.
        let (height, cid) = last.expect("the first line is a head");
        let is_head = |tipset: &TipSet| tipset.cids()[0].inner() == &cid;
        let parent = store.parent(&head).unwrap();
        assert!(
            is_head(&head)
                || parent.is_some_and(|parent| is_head(&parent))
                || head.height() == height,
            "run {run}: the head is {head:?} and not {cid} at {height}"
        );
        if run % 20 == 19 {
            verify(&store);
        }
    }
    assert!(acknowledged > KILLS as usize);
    verify(&ChainStore::open(&file).unwrap());
}

/// Makes blocks until the disk is full, says what it sees, and goes on when there is room.
#[test]
fn writer_on_a_small_disk() {
    let Some((file, _)) = child::task() else {
        return;
    };
    let store = ChainStore::open(&file).unwrap();
    let genesis = grow(&store, None, 0);
    store.set_head(&genesis).unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    limit_files(Some(size + 512 * 1024));

    let mut head = genesis;
    let refused = loop {
        let next = grow(&store, Some(&head), 0);
        let big = (next.height(), vec![7u64; 2000]);
        store.blocks().put_cbor(&big, Code::Blake2b256).unwrap();
        match store.set_head(&next) {
            Ok(_) => head = next,
            Err(error) => {
                assert!(matches!(error, StoreError::Failed { .. }), "{error}");
                break next;
            }
        }
    };
    assert!(head.height() > 0);
    // Nothing of the failed move is there, and all before it is; what waits can be read.
    assert_eq!(store.heaviest().unwrap(), head);
    verify(&store);
    assert_eq!(store.tipset(refused.key()).unwrap(), refused);
    store.set_head(&refused).unwrap_err();

    // Room has been made: the same store works again.
    limit_files(None);
    store.set_head(&refused).unwrap();
    let last = grow(&store, Some(&refused), 0);
    store.set_head(&last).unwrap();
    verify(&store);
    ack(last.height());
}

#[test]
fn a_full_disk_is_an_error_and_the_chain_goes_on_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("chain.redb");
    let acks = child::finish("store::crash::writer_on_a_small_disk", &file);
    let height = acks.last().expect("the child came to its end");
    let store = ChainStore::open(&file).unwrap();
    assert_eq!(store.heaviest().unwrap().height().to_string(), *height);
    verify(&store);
}
