//! What every store must do.

use std::sync::Arc;

use lotus_core::types::TokenOrigin;
use lotus_core::{Permissions, Scope};
use lotus_daemon::auth::store::{Record, StoreError, TokenStore};
use lotus_testutil::bounded;

use super::{ids, named, record, used};

/// Makes one test of each function in here. `$fresh` is an async function that gives a
/// [`Fresh`](super::Fresh) store, or `None` where there cannot be one.
macro_rules! suite {
    ($fresh:path) => {
        $crate::store::suite::suite!($fresh:
            a_record_comes_back_as_it_was
            an_id_is_recorded_once
            a_name_belongs_to_one_token_that_lives
            a_name_leads_to_the_token_that_has_it
            a_revoked_record_takes_no_name
            of_many_at_once_one_gets_the_name
            all_are_listed_newest_first
            a_revocation_keeps_its_time
            a_revocation_is_seen_whole
            overlapping_revocations_do_not_block_each_other
            an_origin_is_revoked_in_one_step_with_a_value
            only_a_later_use_is_written_down
            what_expired_is_pruned
            values_are_kept
            random_changes_have_the_effect_of_the_model
        );
    };
    ($fresh:path: $($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            if let Some((store, _alive)) = $fresh().await {
                lotus_testutil::bounded($crate::store::suite::$name(store)).await;
            }
        }
    )*};
}
pub(super) use suite;

type Store = Arc<dyn TokenStore>;

pub(super) use super::model::random_changes_have_the_effect_of_the_model;

pub(super) async fn a_record_comes_back_as_it_was(store: Store) {
    let full = Record {
        id: "5f".repeat(32),
        name: Some("Curio – Büro 東京 '\"\\%_".to_owned()),
        origin: TokenOrigin::Foreign,
        permissions: Permissions::ALL,
        scope: Scope {
            endpoints: Some(vec!["/rpc/v1".to_owned(), "/ext/bc/F".to_owned()]),
            methods: Some(vec![]),
        },
        issued_by: Some("parent".to_owned()),
        issued: 1_700_000_000,
        expires: Some(i64::MAX as u64),
        idle: Some(30 * 86_400),
        last_used: Some(used(1_700_000_001)),
        revoked: Some(1_700_000_002),
    };
    let empty = Record {
        permissions: Permissions::NONE,
        origin: TokenOrigin::Repo,
        issued: 0,
        ..record("")
    };
    let password = Record {
        origin: TokenOrigin::Password,
        ..record("p")
    };
    for record in [full, empty, password, record("m")] {
        assert_eq!(store.get(&record.id).await.unwrap(), None);
        store.insert(&record).await.unwrap();
        assert_eq!(store.get(&record.id).await.unwrap(), Some(record));
    }
    assert_eq!(store.list().await.unwrap().len(), 4);
    assert_eq!(store.unreachable_since(), None);
}

pub(super) async fn an_id_is_recorded_once(store: Store) {
    store.insert(&record("a")).await.unwrap();
    let error = store.insert(&named("a", "other")).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::IdTaken(id) if id == "a"),
        "{error}"
    );
    assert_eq!(store.list().await.unwrap(), [record("a")]);
    assert_eq!(store.by_name("other").await.unwrap(), None);
    // What was refused has not taken the name either.
    store.insert(&named("b", "other")).await.unwrap();
}

pub(super) async fn a_name_belongs_to_one_token_that_lives(store: Store) {
    let expiring = Record {
        expires: Some(2000),
        ..named("a", "ci")
    };
    let at = |id, issued| Record {
        issued,
        ..named(id, "ci")
    };
    store.insert(&expiring).await.unwrap();
    let error = store.insert(&at("b", 1999)).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::NameTaken(name) if name == "ci"),
        "{error}"
    );
    assert_eq!(store.get("b").await.unwrap(), None);
    // Names are compared as they are.
    store.insert(&named("upper", "CI")).await.unwrap();
    store.insert(&named("space", "ci ")).await.unwrap();

    // At its expiry a token gives the name up, but not to one that is refused, and for ever.
    assert!(store.insert(&at("upper", 2000)).await.is_err());
    assert!(store.insert(&at("b", 1999)).await.is_err());
    store.insert(&at("b", 2000)).await.unwrap();
    assert!(store.insert(&at("c", 1500)).await.is_err());
    store.revoke(&["b".to_owned()], 2001).await.unwrap();
    store.insert(&at("c", 1500)).await.unwrap();
    assert!(store.insert(&at("d", 3000)).await.is_err());
}

pub(super) async fn a_name_leads_to_the_token_that_has_it(store: Store) {
    let found = async |name| store.by_name(name).await.unwrap().map(|record| record.id);
    assert_eq!(found("ci").await, None);
    store.insert(&named("a", "ci")).await.unwrap();
    assert_eq!(found("ci").await.as_deref(), Some("a"));
    for other in ["CI", "c", "ci0", ""] {
        assert_eq!(found(other).await, None, "{other:?}");
    }
    store.revoke(&["a".to_owned()], 1).await.unwrap();
    assert_eq!(found("ci").await.as_deref(), Some("a"));
    store.insert(&named("b", "ci")).await.unwrap();
    assert_eq!(found("ci").await.as_deref(), Some("b"));
    store.revoke(&["b".to_owned()], 2).await.unwrap();
    assert_eq!(found("ci").await.as_deref(), Some("b"));
    assert_eq!(
        store.by_name("ci").await.unwrap(),
        store.get("b").await.unwrap()
    );
}

pub(super) async fn a_revoked_record_takes_no_name(store: Store) {
    let dead = Record {
        revoked: Some(5),
        ..named("dead", "ci")
    };
    store.insert(&named("a", "ci")).await.unwrap();
    store.insert(&dead).await.unwrap();
    assert_eq!(store.by_name("ci").await.unwrap().unwrap().id, "a");
    store.revoke(&["a".to_owned()], 6).await.unwrap();
    assert_eq!(store.by_name("ci").await.unwrap().unwrap().id, "dead");
    store.insert(&named("b", "ci")).await.unwrap();
    assert_eq!(store.by_name("ci").await.unwrap().unwrap().id, "b");
}

pub(super) async fn of_many_at_once_one_gets_the_name(store: Store) {
    let inserts = (0..24).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.insert(&named(&number.to_string(), "ci")).await })
    });
    let mut won = 0;
    for insert in inserts.collect::<Vec<_>>() {
        match insert.await.unwrap() {
            Ok(()) => won += 1,
            Err(StoreError::NameTaken(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(store.list().await.unwrap().len(), 1);
}

pub(super) async fn all_are_listed_newest_first(store: Store) {
    assert_eq!(store.list().await.unwrap(), []);
    for (id, issued) in [("z", 5), ("y", 9), ("x", 5), ("w", 1), ("v", 9)] {
        let record = Record {
            issued,
            ..record(id)
        };
        store.insert(&record).await.unwrap();
    }
    store.revoke(&["y".to_owned()], 1).await.unwrap();
    let all = store.list().await.unwrap();
    assert_eq!(ids(&all), ["v", "y", "x", "z", "w"]);
}

pub(super) async fn a_revocation_keeps_its_time(store: Store) {
    for id in ["a", "b"] {
        store.insert(&record(id)).await.unwrap();
    }
    let revoked = async |id| store.get(id).await.unwrap().unwrap().revoked;
    store.revoke(&[], 4).await.unwrap();
    store.revoke(&["a".to_owned()], 5).await.unwrap();
    let all = ["unknown", "a", "b", "b"].map(str::to_owned);
    store.revoke(&all, 6).await.unwrap();
    assert_eq!(revoked("a").await, Some(5));
    assert_eq!(revoked("b").await, Some(6));
    assert_eq!(store.get("unknown").await.unwrap(), None);
}

pub(super) async fn a_revocation_is_seen_whole(store: Store) {
    const TOKENS: usize = 100;
    let all: Vec<String> = (0..TOKENS).map(|number| number.to_string()).collect();
    for id in &all {
        store.insert(&record(id)).await.unwrap();
    }
    let revoking = tokio::spawn({
        let store = store.clone();
        async move { store.revoke(&all, 7).await }
    });
    loop {
        let list = store.list().await.unwrap();
        let revoked = list.iter().filter(|record| record.revoked == Some(7));
        match revoked.count() {
            0 => {}
            TOKENS => break,
            some => panic!("{some} of {TOKENS} are revoked"),
        }
    }
    revoking.await.unwrap().unwrap();
}

pub(super) async fn overlapping_revocations_do_not_block_each_other(store: Store) {
    let all: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    for id in &all {
        store.insert(&record(id)).await.unwrap();
    }
    let changes = (0..16).map(|at| {
        let (store, mut mine) = (store.clone(), all.clone());
        tokio::spawn(async move {
            match at % 4 {
                0 => mine.reverse(),
                1 => mine.rotate_left(50),
                _ => {}
            }
            if at % 4 == 3 {
                let uses: Vec<_> = mine.into_iter().rev().map(|id| (id, used(at))).collect();
                store.record_uses(&uses).await
            } else {
                store.revoke(&mine, at).await
            }
        })
    });
    for change in changes.collect::<Vec<_>>() {
        bounded(change).await.unwrap().unwrap();
    }
    let list = store.list().await.unwrap();
    let first = list[0].revoked;
    assert!(first.is_some());
    assert!(list.iter().all(|record| record.revoked == first));
    assert!(list.iter().all(|record| record.last_used == Some(used(15))));
}

pub(super) async fn an_origin_is_revoked_in_one_step_with_a_value(store: Store) {
    let of = |id: &str, origin| Record {
        origin,
        ..record(id)
    };
    for number in 0..50 {
        let id = format!("p{number:02}");
        store.insert(&of(&id, TokenOrigin::Password)).await.unwrap();
    }
    store.insert(&of("m", TokenOrigin::Minted)).await.unwrap();
    store.insert(&of("r", TokenOrigin::Repo)).await.unwrap();
    store.revoke(&["p07".to_owned()], 3).await.unwrap();

    let changing = tokio::spawn({
        let store = store.clone();
        async move {
            let value = Some(("password", &b"new"[..]));
            store.revoke_origin(TokenOrigin::Password, 9, value).await
        }
    });
    // Whoever sees one half afterwards sees the other.
    loop {
        let written = store.read_value("password").await.unwrap().is_some();
        let revoked = store.get("p49").await.unwrap().unwrap().revoked.is_some();
        assert!(revoked || !written);
        let written_then = store.read_value("password").await.unwrap().is_some();
        assert!(written_then || !revoked);
        if written {
            break;
        }
    }
    let mut revoked = changing.await.unwrap().unwrap();
    revoked.sort();
    assert_eq!(revoked.len(), 49);
    assert!(!revoked.contains(&"p07".to_owned()));
    for record in store.list().await.unwrap() {
        let expected = match (record.origin, record.id.as_str()) {
            (TokenOrigin::Password, "p07") => Some(3),
            (TokenOrigin::Password, _) => Some(9),
            _ => None,
        };
        assert_eq!(record.revoked, expected, "{}", record.id);
    }

    let again = store
        .revoke_origin(TokenOrigin::Password, 10, Some(("password", b"newer")))
        .await;
    assert_eq!(again.unwrap(), Vec::<String>::new());
    assert_eq!(
        store.read_value("password").await.unwrap().as_deref(),
        Some(&b"newer"[..])
    );
    let minted = store.revoke_origin(TokenOrigin::Minted, 11, None).await;
    assert_eq!(minted.unwrap(), ["m"]);
}

pub(super) async fn only_a_later_use_is_written_down(store: Store) {
    for id in ["a", "b"] {
        store.insert(&record(id)).await.unwrap();
    }
    let last = async |id| store.get(id).await.unwrap().unwrap().last_used;
    let uses = |uses: &[(&str, u64)]| -> Vec<_> {
        uses.iter()
            .map(|(id, at)| ((*id).to_owned(), used(*at)))
            .collect()
    };
    store.record_uses(&[]).await.unwrap();
    let batch = uses(&[("a", 20), ("unknown", 21), ("a", 30), ("a", 10), ("b", 5)]);
    store.record_uses(&batch).await.unwrap();
    assert_eq!(last("a").await, Some(used(30)));
    assert_eq!(last("b").await, Some(used(5)));
    store
        .record_uses(&uses(&[("a", 29), ("b", 6)]))
        .await
        .unwrap();
    assert_eq!(last("a").await, Some(used(30)));
    assert_eq!(last("b").await, Some(used(6)));
    assert_eq!(store.get("unknown").await.unwrap(), None);
    // Nothing else of the token has changed.
    let expected = Record {
        last_used: Some(used(30)),
        ..record("a")
    };
    assert_eq!(store.get("a").await.unwrap(), Some(expected));
}

pub(super) async fn what_expired_is_pruned(store: Store) {
    let until = |id: &str, expires| Record {
        expires,
        ..named(id, id)
    };
    for (id, expires) in [
        ("a", Some(10)),
        ("b", Some(11)),
        ("c", None),
        ("d", Some(9)),
    ] {
        store.insert(&until(id, expires)).await.unwrap();
    }
    let revoked = ["c", "d"].map(str::to_owned);
    store.revoke(&revoked, 1).await.unwrap();
    assert_eq!(store.prune(9).await.unwrap(), 0);
    assert_eq!(store.prune(11).await.unwrap(), 2);
    assert_eq!(store.prune(11).await.unwrap(), 0);
    assert_eq!(ids(&store.list().await.unwrap()), ["c", "b"]);
    assert_eq!(store.by_name("a").await.unwrap(), None);
    assert_eq!(store.by_name("d").await.unwrap(), None);
    assert_eq!(store.get("a").await.unwrap(), None);
    let minted = store.revoke_origin(TokenOrigin::Minted, 2, None).await;
    assert_eq!(minted.unwrap(), ["b"]);
    // Id and name are free again.
    store.insert(&until("a", None)).await.unwrap();
}

pub(super) async fn values_are_kept(store: Store) {
    assert_eq!(store.read_value("k").await.unwrap(), None);
    let all: Vec<u8> = (0..=255).collect();
    for value in [&b""[..], &all, b"short"] {
        store.write_value("k", value).await.unwrap();
        assert_eq!(store.read_value("k").await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(store.read_value("K").await.unwrap(), None);
}
