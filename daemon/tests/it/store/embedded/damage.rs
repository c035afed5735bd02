//! Files that are not what they were.

use std::path::Path;

use lotus_daemon::auth::store::{Record, StoreError, TokenStore};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redb::{Database, TableDefinition};
use tempfile::TempDir;

use super::{open, path};
use crate::store::{named, record};

/// A file with some tokens, closed, and those tokens.
async fn filled() -> (TempDir, Vec<Record>) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&path(&dir)).await.unwrap();
    let records = (0..400).map(|number| named(&format!("id {number}"), &format!("name {number}")));
    store.insert_all(records.collect()).await.unwrap();
    store.revoke(&["id 7".to_owned()], 7).await.unwrap();
    let records = store.list().await.unwrap();
    (dir, records)
}

/// What opening the file and reading everything gives.
async fn read(path: &Path) -> Result<Vec<Record>, StoreError> {
    let store = open(path).await?;
    let list = store.list().await?;
    for record in &list {
        let name = record.name.as_deref().unwrap();
        assert_eq!(store.get(&record.id).await?.as_ref(), Some(record));
        assert_eq!(store.by_name(name).await?.as_ref(), Some(record));
    }
    Ok(list)
}

#[tokio::test]
async fn what_is_not_a_registry_is_refused_and_left_alone() {
    let (dir, _) = filled().await;
    let whole = std::fs::read(path(&dir)).unwrap();
    let mut other: Vec<Vec<u8>> = vec![
        vec![],
        b"{}".to_vec(),
        vec![0; whole.len()],
        vec![0xff; 10_000],
    ];
    let lengths = [1, 8, 64, 319, 320, 4095, 4096, 8192, 65_536];
    other.extend(lengths.map(|length| whole[..length].to_vec()));
    other.push(whole[..whole.len() - 4096].to_vec());
    other.push(whole[..whole.len() / 2].to_vec());
    for content in other {
        std::fs::write(path(&dir), &content).unwrap();
        let error = open(&path(&dir)).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Damaged { .. }),
            "{} bytes: {error}",
            content.len()
        );
        assert!(error.to_string().contains("backup"), "{error}");
        assert!(std::fs::read(path(&dir)).unwrap() == content, "{error}");
    }
}

/// A crash leaves the file marked as in use; then its length is no longer compared with what it
/// was.
#[tokio::test]
async fn a_file_that_was_cut_after_a_crash_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&path(&dir)).await.unwrap();
    let records = (0..400).map(|number| record(&format!("id {number}")));
    store.insert_all(records.collect()).await.unwrap();
    let whole = std::fs::read(path(&dir)).unwrap();
    drop(store);
    std::fs::write(path(&dir), &whole).unwrap();
    assert_eq!(
        open(&path(&dir)).await.unwrap().list().await.unwrap().len(),
        400
    );
    for length in (4096..whole.len()).step_by(16 * 4096) {
        std::fs::write(path(&dir), &whole[..length]).unwrap();
        match open(&path(&dir)).await {
            Err(StoreError::Damaged { .. }) => {}
            Err(error) => panic!("{length} bytes: {error}"),
            // What was cut off had nothing in it.
            Ok(store) => assert_eq!(store.list().await.unwrap().len(), 400, "{length} bytes"),
        }
    }
}

#[tokio::test]
async fn a_changed_byte_is_noticed_or_changes_nothing() {
    let (dir, records) = filled().await;
    let whole = std::fs::read(path(&dir)).unwrap();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let used: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] != 0).collect();
    let mut noticed = 0;
    for _ in 0..150 {
        let position = match random.random_range(0..4) {
            0 => random.random_range(0..320),
            _ => used[random.random_range(0..used.len())],
        };
        let mut changed = whole.clone();
        changed[position] ^= random.random_range(1..=255u8);
        std::fs::write(path(&dir), &changed).unwrap();
        match read(&path(&dir)).await {
            Ok(found) => assert!(found == records, "byte {position}"),
            Err(StoreError::Damaged { .. }) => noticed += 1,
            Err(error) => panic!("byte {position}: {error}"),
        }
    }
    assert!(noticed > 50, "{noticed}");
}

#[tokio::test]
async fn a_newer_version_is_refused_and_kept() {
    const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
    let (dir, records) = filled().await;
    let set_version = |version: u64| {
        let database = Database::open(path(&dir)).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction
            .open_table(META)
            .unwrap()
            .insert("version", version)
            .unwrap();
        transaction.commit().unwrap();
    };
    set_version(2);
    let error = open(&path(&dir)).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Newer { place, found: 2, known: 1 } if place.ends_with("tokens.redb")),
        "{error}"
    );
    set_version(0);
    let error = open(&path(&dir)).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    set_version(1);
    assert_eq!(read(&path(&dir)).await.unwrap(), records);
}
