//! The registry in a file: damage, crashes, a full disk.

mod crash;
mod damage;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotus_daemon::auth::store::embedded::Embedded;
use lotus_daemon::auth::store::{StoreError, TokenStore};
use lotus_testutil::bounded;
use tempfile::TempDir;

use super::{Fresh, named, record};

super::suite::suite!(fresh);

async fn fresh() -> Option<Fresh<TempDir>> {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&path(&dir)).await.unwrap();
    Some((Arc::new(store), dir))
}

fn path(dir: &TempDir) -> PathBuf {
    dir.path().join("datastore").join("tokens.redb")
}

async fn open(path: &Path) -> Result<Embedded, StoreError> {
    bounded(Embedded::open(path)).await
}

#[tokio::test]
async fn everything_is_there_when_it_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = open(&path(&dir)).await.unwrap();
        store.insert(&named("a", "ci")).await.unwrap();
        store.insert(&record("b")).await.unwrap();
        store.revoke(&["b".to_owned()], 7).await.unwrap();
        store.write_value("k", b"v").await.unwrap();
    }
    let store = open(&path(&dir)).await.unwrap();
    assert_eq!(store.by_name("ci").await.unwrap(), Some(named("a", "ci")));
    assert_eq!(store.get("b").await.unwrap().unwrap().revoked, Some(7));
    assert_eq!(store.read_value("k").await.unwrap().unwrap(), b"v");
    assert!(store.insert(&named("c", "ci")).await.is_err());
    assert_eq!(store.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_file_is_its_owner_s_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mode = || std::fs::metadata(path(&dir)).unwrap().permissions().mode() & 0o777;
    drop(open(&path(&dir)).await.unwrap());
    assert_eq!(mode(), 0o600);
    // A backup that was copied back often has another mode.
    std::fs::set_permissions(path(&dir), PermissionsExt::from_mode(0o644)).unwrap();
    drop(open(&path(&dir)).await.unwrap());
    assert_eq!(mode(), 0o600);
    let files = std::fs::read_dir(path(&dir).parent().unwrap()).unwrap();
    assert_eq!(files.count(), 1);
}

#[tokio::test]
async fn a_file_that_is_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&path(&dir)).await.unwrap();
    let error = open(&path(&dir)).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("tokens.redb"), "{error}");
    first.insert(&record("a")).await.unwrap();
}

#[tokio::test]
async fn many_are_recorded_in_one_step_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&path(&dir)).await.unwrap();
    let all = vec![record("a"), named("b", "ci"), named("c", "ci")];
    assert!(store.insert_all(all).await.is_err());
    assert_eq!(store.list().await.unwrap(), []);
    store
        .insert_all(vec![record("a"), named("b", "ci")])
        .await
        .unwrap();
    assert_eq!(store.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("datastore"), "a file").unwrap();
    let error = open(&path(&dir)).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("datastore"), "{error}");
}
