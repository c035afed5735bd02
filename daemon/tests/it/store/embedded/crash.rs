//! Processes that die and disks that are full. [`writer`] is the process that is killed.

use lotus_daemon::auth::store::{StoreError, TokenStore};
use rand::RngExt;

use super::{open, path};
use crate::child::{self, Child, ack, limit_files};
use crate::store::record;

/// Inserts and revokes for ever, and says what is done.
#[tokio::test]
async fn writer() {
    let Some((file, run)) = child::task() else {
        return;
    };
    let store = open(&file).await.unwrap();
    for number in 0.. {
        let id = format!("{run}-{number}");
        store.insert(&record(&id)).await.unwrap();
        ack(format_args!("inserted {id}"));
        if number % 2 == 0 {
            let ids = [id.clone()];
            store.revoke(&ids, 7).await.unwrap();
            ack(format_args!("revoked {id}"));
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    const KILLS: u8 = 60;
    let dir = tempfile::tempdir().unwrap();
    let file = path(&dir);
    let mut acknowledged: Vec<(String, bool)> = Vec::new();
    let mut random = rand::rng();
    for run in 0..KILLS {
        let child = Child::start("store::embedded::crash::writer", &file, run.into());
        let (count, spins) = (random.random_range(1..20), random.random_range(0..200_000));
        let acks = child.kill_after(count, spins);
        acknowledged.extend(acks.iter().map(|line| {
            let (what, id) = line.split_once(' ').unwrap();
            (id.to_owned(), what == "revoked")
        }));

        let store = open(&file).await.unwrap();
        for (id, revoked) in &acknowledged {
            let record = store.get(id).await.unwrap();
            let record = record.unwrap_or_else(|| panic!("run {run}: {id} is lost"));
            assert!(
                !revoked || record.revoked == Some(7),
                "run {run}: {id} lives"
            );
        }
        // At most one write per run was not acknowledged.
        let inserted = acknowledged.iter().filter(|(_, revoked)| !revoked).count();
        let found = store.list().await.unwrap().len();
        assert!((inserted..=inserted + 1 + usize::from(run)).contains(&found));
    }
    assert!(acknowledged.len() > usize::from(KILLS));
}

/// Inserts and revokes until the disk is full, then says what it sees, then goes on.
#[tokio::test]
async fn writer_on_a_small_disk() {
    const BATCH: u64 = 200;
    let Some((file, _)) = child::task() else {
        return;
    };
    let store = open(&file).await.unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    limit_files(Some(size + 256 * 1024));

    let mut inserted = 0;
    let error = loop {
        let batch = (0..BATCH).map(|number| record(&(inserted + number).to_string()));
        match store.insert_all(batch.collect()).await {
            Ok(()) => inserted += BATCH,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    assert!(inserted > 0);
    // What is there can still be read, and nothing of the failed batch is there.
    assert_eq!(store.list().await.unwrap().len() as u64, inserted);
    let all: Vec<String> = (0..inserted).map(|number| number.to_string()).collect();
    // A revocation of everything needs more room than there is; so does none of it happen.
    let error = store.revoke(&all, 7).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    let list = store.list().await.unwrap();
    assert!(list.iter().all(|record| record.revoked.is_none()));

    // Room has been made: the same store works again.
    limit_files(None);
    store.revoke(&all, 8).await.unwrap();
    store.insert(&record("last")).await.unwrap();
    ack(inserted);
}

#[tokio::test]
async fn a_full_disk_fails_loudly_and_halves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let name = "store::embedded::crash::writer_on_a_small_disk";
    let acks = child::finish(name, &path(&dir));
    let inserted = acks.last().expect("the child came to its end");
    let inserted: usize = inserted.parse().unwrap();

    let list = open(&path(&dir)).await.unwrap().list().await.unwrap();
    assert_eq!(list.len(), inserted + 1);
    let revoked = list.iter().filter(|record| record.revoked == Some(8));
    assert_eq!(revoked.count(), inserted);
}
