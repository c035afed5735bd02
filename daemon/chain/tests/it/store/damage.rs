//! Databases that cannot be used as they are.

use lotus_chain::store::{ChainStore, StoreError};
use redb::TableDefinition;

use super::builder::chain;

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chain.redb");
    chain(&ChainStore::open(&path).unwrap(), 3);
    let version = |version: u64| {
        let database = redb::Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        let meta = TableDefinition::<&str, u64>::new("meta");
        let mut table = transaction.open_table(meta).unwrap();
        table.insert("version", version).unwrap();
        drop(table);
        transaction.commit().unwrap();
    };
    version(2);
    let error = ChainStore::open(&path).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    let text = error.to_string();
    assert!(text.contains("chain.redb") && text.contains("use the version that wrote it"));
    version(1);
    let store = ChainStore::open(&path).unwrap();
    assert_eq!(store.heaviest().unwrap().height(), 2);
}

#[test]
fn one_process_opens_it_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chain.redb");
    let store = ChainStore::open(&path).unwrap();
    let error = ChainStore::open(&path).unwrap_err().to_string();
    assert!(error.contains("another process has it open"), "{error}");
    drop(store);
    ChainStore::open(&path).unwrap();
}

#[test]
fn what_is_no_database_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chain.redb");
    for content in [&b"this is no database"[..], &[0; 100_000]] {
        std::fs::write(&path, content).unwrap();
        let error = ChainStore::open(&path).unwrap_err();
        assert!(error.to_string().contains("chain.redb"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), content, "it was changed");
    }
}

#[test]
fn damaged_pages_are_errors_and_no_panics() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chain.redb");
    chain(&ChainStore::open(&path).unwrap(), 50);
    let whole = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        let end = (at + 64).min(damaged.len());
        damaged[at..end].iter_mut().for_each(|byte| *byte ^= 0xA5);
        std::fs::write(&path, &damaged).unwrap();
        match ChainStore::open(&path) {
            Err(error) => {
                assert!(error.to_string().contains("chain.redb"), "{error}");
                refused += 1;
            }
            // It was a page that is not in use.
            Ok(store) => {
                let head = store.heaviest().unwrap();
                assert_eq!(head.height(), 49);
            }
        }
    }
    assert!(refused > 0);
}
