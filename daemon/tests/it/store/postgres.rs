//! The registry in PostgreSQL: several daemons, and a server that comes and goes.

mod outage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lotus_core::types::TokenOrigin;
use lotus_daemon::auth::store::postgres::Postgres;
use lotus_daemon::auth::store::{Change, Record, StoreError, TokenStore};
use lotus_testutil::bounded;
use lotus_testutil::postgres::PostgresServer;
use tokio::sync::broadcast::Receiver;

use super::{Fresh, ids, named, record};

super::suite::suite!(fresh);

async fn fresh() -> Option<Fresh<Arc<PostgresServer>>> {
    let server = PostgresServer::shared()?;
    let store = open(&server.database()).await;
    Some((Arc::new(store), server))
}

async fn open(url: &str) -> Postgres {
    bounded(Postgres::open(url)).await.unwrap()
}

/// The ids that `changes` tells of, until there are as many as `count`.
async fn told(changes: &mut Receiver<Change>, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    while all.len() < count {
        match bounded(changes.recv()).await.unwrap() {
            Change::Revoked(mut ids) => all.append(&mut ids),
            Change::Resync => panic!("nothing was missed"),
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn everything_is_shared_by_two_daemons() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    let (one, other) = (open(&url).await, open(&url).await);
    one.insert(&named("a", "ci")).await.unwrap();
    let error = other.insert(&named("b", "ci")).await.unwrap_err();
    assert!(matches!(error, StoreError::NameTaken(_)), "{error}");
    one.write_value("k", b"v").await.unwrap();
    assert_eq!(other.read_value("k").await.unwrap().unwrap(), b"v");
    other.revoke(&["a".to_owned()], 3).await.unwrap();
    assert_eq!(one.get("a").await.unwrap().unwrap().revoked, Some(3));
    drop((one, other));
    let again = open(&url).await;
    assert_eq!(ids(&again.list().await.unwrap()), ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_daemons_at_once_one_gets_the_name() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    // They start at the same time too, on an empty database.
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Postgres::open(&url).await })
        })
        .collect();
    let mut stores = Vec::new();
    for store in opening {
        stores.push(bounded(store).await.unwrap().unwrap());
    }
    for round in 0..20u64 {
        // The name is that of a token that has expired.
        let inserts: Vec<_> = stores
            .iter()
            .cloned()
            .enumerate()
            .map(|(daemon, store)| {
                let record = Record {
                    issued: round * 10,
                    expires: Some(round * 10 + 10),
                    ..named(&format!("{round}-{daemon}"), "ci")
                };
                tokio::spawn(async move { store.insert(&record).await })
            })
            .collect();
        let mut won = 0;
        for insert in inserts {
            match bounded(insert).await.unwrap() {
                Ok(()) => won += 1,
                Err(StoreError::NameTaken(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won, 1, "round {round}");
    }
    assert_eq!(stores[0].list().await.unwrap().len(), 20);
}

/// Another daemon may still have the secret that this one has replaced.
#[tokio::test]
async fn a_revoked_token_is_not_forgotten_because_one_daemon_has_a_new_secret() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let store = bounded(Postgres::open(&server.database())).await.unwrap();
    store.insert(&record("a")).await.unwrap();
    store.revoke(&["a".to_owned()], 1001).await.unwrap();
    store.secret_gone(5000, 6000).await.unwrap();
    assert_eq!(store.prune(7000).await.unwrap(), 0);
    assert_eq!(store.get("a").await.unwrap().unwrap().revoked, Some(1001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_reaches_the_other_daemon() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    let (one, other) = (open(&url).await, open(&url).await);
    let mut changes = other.changes();
    let mut times = Vec::new();
    for number in 0..200 {
        let id = number.to_string();
        one.insert(&record(&id)).await.unwrap();
        let began = Instant::now();
        one.revoke(std::slice::from_ref(&id), 7).await.unwrap();
        assert_eq!(told(&mut changes, 1).await, [id.as_str()]);
        times.push(began.elapsed());
        // Whoever is told finds it in the store.
        assert_eq!(other.get(&id).await.unwrap().unwrap().revoked, Some(7));
        // The second revocation is no news: the next message is about the next token.
        one.revoke(&[id], 8).await.unwrap();
    }
    times.sort();
    eprintln!(
        "revoked here, known there: p50 {:?}, p99 {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
}

#[tokio::test]
async fn a_notification_has_room_for_any_number_and_length_of_ids() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    let (one, other) = (open(&url).await, open(&url).await);
    let (mut here, mut there) = (one.changes(), other.changes());
    let mut all: Vec<String> = (0..1200).map(|number| format!("{number:064}")).collect();
    all.extend((0..20).map(|number| format!("{number}\n\"\\東\u{1}{}", "x".repeat(2000))));
    all.sort();
    for id in &all {
        let record = Record {
            origin: TokenOrigin::Password,
            ..record(id)
        };
        one.insert(&record).await.unwrap();
    }
    let mut revoked = one
        .revoke_origin(TokenOrigin::Password, 7, None)
        .await
        .unwrap();
    revoked.sort();
    assert_eq!(revoked, all);
    assert_eq!(told(&mut there, all.len()).await, all);
    // The daemon that did it hears of it too, and is none the worse.
    assert_eq!(told(&mut here, all.len()).await, all);

    // One that does not fit is not told: everybody asks again.
    let long = "y".repeat(9000);
    one.insert(&record(&long)).await.unwrap();
    one.revoke(&[long], 8).await.unwrap();
    assert_eq!(bounded(there.recv()).await.unwrap(), Change::Resync);
    assert_eq!(one.unreachable_since(), None);
}

#[tokio::test]
async fn more_tokens_than_fit_a_page_are_listed() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    let store = open(&url).await;
    server.sql(
        &url,
        "INSERT INTO lotus_tokens (id, has_name, origin, permissions, issued)
         SELECT n::text, false, 'minted', '{read}', n / 7 FROM generate_series(1, 25000) AS n",
    );
    let list = bounded(store.list()).await.unwrap();
    let expected: Vec<String> = (1..=25_000)
        .rev()
        .map(|number| number.to_string())
        .collect();
    assert!(ids(&list) == expected);
}

#[tokio::test]
async fn a_newer_version_is_refused_and_kept() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    open(&url).await.insert(&record("a")).await.unwrap();
    server.sql(&url, "INSERT INTO lotus_schema VALUES (2)");
    let error = bounded(Postgres::open(&url)).await.unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    server.sql(&url, "DELETE FROM lotus_schema WHERE version = 2");
    assert_eq!(ids(&open(&url).await.list().await.unwrap()), ["a"]);
}

#[tokio::test]
async fn what_should_not_be_in_the_tables_is_named() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    let store = open(&url).await;
    for (change, back, named) in [
        ("origin = 'moon'", "origin = 'minted'", "moon"),
        ("permissions = '{root}'", "permissions = '{read}'", "root"),
        ("issued = -1", "issued = 1", "issued"),
        ("used_at = 3", "used_at = NULL", "used_address"),
    ] {
        store.insert(&record("a")).await.ok();
        server.sql(&url, &format!("UPDATE lotus_tokens SET {change}"));
        let error = store.get("a").await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
        assert!(store.list().await.is_err());
        server.sql(&url, &format!("UPDATE lotus_tokens SET {back}"));
        assert!(store.get("a").await.is_ok());
    }
    server.sql(&url, "DROP TABLE lotus_tokens");
    let error = store.get("a").await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

/// A database administrator may make the tables, and let the daemon only use them.
#[tokio::test]
async fn the_user_needs_no_right_to_make_tables_that_exist() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    drop(open(&url).await);
    server.sql(
        &url,
        "CREATE ROLE reader LOGIN;
         REVOKE CREATE ON SCHEMA public FROM public;
         GRANT SELECT, INSERT, UPDATE, DELETE ON lotus_tokens, lotus_values TO reader;
         GRANT SELECT ON lotus_schema TO reader",
    );
    let store = open(&url.replace("lotus:hunter2", "reader")).await;
    store.insert(&record("a")).await.unwrap();
    store.revoke(&["a".to_owned()], 1).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_reached_is_named_without_its_password() {
    let url = "postgres://lotus:hunter2@%2Fnonexistent/tokens";
    let began = Instant::now();
    let error = bounded(Postgres::open(url)).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("/nonexistent"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(began.elapsed() < Duration::from_secs(10));

    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let url = server.database();
    let error = bounded(Postgres::open(&format!("{url}nonexistent"))).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");
    let shown = format!("{:?}", open(&url).await);
    assert!(!shown.contains("hunter2"), "{shown}");
}
