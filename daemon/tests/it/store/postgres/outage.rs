//! A server that is stopped, hangs, and comes back.

use std::time::{Duration, Instant};

use lotus_daemon::auth::store::postgres::Postgres;
use lotus_daemon::auth::store::{Change, StoreError, TokenStore};
use lotus_testutil::bounded;
use lotus_testutil::postgres::PostgresServer;

use super::{open, told};
use crate::store::record;

/// Waits until the store says that it is, or is not, reachable.
async fn reachable(store: &Postgres, reachable: bool) -> Instant {
    let mut asked_again = tokio::time::interval(Duration::from_millis(10));
    bounded(async {
        while store.unreachable_since().is_none() != reachable {
            asked_again.tick().await;
        }
    })
    .await;
    Instant::now()
}

async fn fails(store: &Postgres, within: Duration) -> String {
    let began = Instant::now();
    let error = bounded(store.get("a")).await.unwrap_err();
    assert!(began.elapsed() < within, "{:?}", began.elapsed());
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    let shown = format!("{error} {store:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_is_noticed_and_found_again() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let url = server.database();
    let (one, other) = (open(&url).await, open(&url).await);
    one.insert(&record("a")).await.unwrap();
    let mut changes = other.changes();
    for round in 0..3u64 {
        let stopped = Instant::now();
        server.stop();
        let noticed = reachable(&other, false).await;
        assert!(noticed - stopped < Duration::from_secs(10));
        let since = other.unreachable_since().unwrap();
        assert!(since <= noticed && stopped - Duration::from_secs(5) < since);
        let error = fails(&other, Duration::from_secs(3)).await;
        assert!(error.contains("unreachable for"), "{error}");
        assert!(bounded(other.insert(&record("b"))).await.is_err());
        // The time does not move while it stays away.
        assert_eq!(other.unreachable_since(), Some(since));

        server.resume();
        reachable(&other, true).await;
        reachable(&one, true).await;
        assert_eq!(bounded(changes.recv()).await.unwrap(), Change::Resync);
        let id = format!("after {round}");
        one.insert(&record(&id)).await.unwrap();
        one.revoke(std::slice::from_ref(&id), round).await.unwrap();
        assert_eq!(told(&mut changes, 1).await, [id]);
        assert!(other.get("a").await.unwrap().is_some());
        assert_eq!(other.get("b").await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_does_not_hang_its_callers() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let store = open(&server.database()).await;
    store.insert(&record("a")).await.unwrap();
    let mut changes = store.changes();
    let hung = Instant::now();
    if let Err(error) = server.hang(true) {
        eprintln!("SKIPPED: the server's processes are not known: {error}");
        return;
    }
    // Asked before anything has been noticed: the answer is not waited for for ever.
    let error = fails(&store, Duration::from_secs(15)).await;
    assert!(error.contains("no answer"), "{error}");
    reachable(&store, false).await;
    assert!(store.unreachable_since().unwrap() < hung + Duration::from_secs(5));
    let error = fails(&store, Duration::from_secs(3)).await;
    assert!(error.contains("no answer"), "{error}");

    server.hang(false).unwrap();
    reachable(&store, true).await;
    assert_eq!(bounded(changes.recv()).await.unwrap(), Change::Resync);
    assert!(store.get("a").await.unwrap().is_some());
}

/// An administrator, or a firewall, ends single connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_made_again() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    let store = open(&url).await;
    let mut changes = store.changes();
    for which in ["ASC", "DESC"] {
        server.sql(
            &url,
            &format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'lotus'
                 ORDER BY backend_start {which} LIMIT 1"
            ),
        );
        assert_eq!(bounded(changes.recv()).await.unwrap(), Change::Resync);
        assert_eq!(store.unreachable_since(), None);
        assert_eq!(store.get("a").await.unwrap(), None);
    }
}
