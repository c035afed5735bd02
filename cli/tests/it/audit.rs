//! The audit log of a real daemon: what is on record, and that nobody can take it off.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use lotus_testutil::wire::{Ws, post};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Home, LOTUS};
use crate::running::{Running, node};

fn body(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

fn create(home: &Home, flags: &str) -> String {
    let text = home.run(&format!("auth create-token {flags}")).ok();
    text.trim_end().to_owned()
}

/// The records of a home's log, oldest first.
fn records(home: &Home) -> Vec<Value> {
    let log = home.run("auth audit --tail 100000 --output json").json();
    log["records"].as_array().unwrap().clone()
}

fn log(home: &Home) -> PathBuf {
    home.repo().join("audit/audit.jsonl")
}

/// Ends a daemon in order, so that its whole log is sealed.
fn stop(daemon: Running) {
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.finished().code, Some(0));
}

#[tokio::test]
async fn calls_that_change_something_and_refusals_are_on_record_and_reads_are_not() {
    let (home, daemon) = node();
    let socket = daemon.socket();
    let signer = create(&home, "--perm sign --name curio");
    let reader = create(&home, "--perm read --name grafana");
    let admin = fs::read_to_string(home.repo().join("token")).unwrap();
    let list = home.run("auth list --all --output json").json();
    let id = |name: &str| {
        let list = list.as_array().unwrap();
        list.iter().find(|token| token["Name"] == name).unwrap()["Id"].clone()
    };
    let before = records(&home).len();

    let call = async |id: u64, token: &str, method: &str, params: Value| {
        let header = format!("Authorization: Bearer {token}");
        let method = format!("Filecoin.{method}");
        post(
            socket,
            "/rpc/v0?x=s3cret",
            &[&header],
            &body(id, &method, &params),
        )
        .await
    };
    let made = call(1, &signer, "WalletNew", json!(["secp256k1"]))
        .await
        .json();
    let wallet = made["result"].as_str().unwrap().to_owned();
    call(2, &signer, "WalletSign", json!([wallet, "czNjcmV0"])).await;
    call(3, &signer, "WalletSign", json!(["f01", "czNjcmV0"])).await;
    call(4, &admin, "AuthNew", json!([["read"]])).await;
    // Reading, and what is no call at all, is not on record.
    for method in ["Version", "Session", "Nothing"] {
        call(5, &reader, method, json!([])).await;
    }
    call(6, &reader, "WalletNew", json!(["secp256k1"])).await;
    assert_eq!(
        call(7, "s3cret.s3cret.s3cret", "Version", json!([]))
            .await
            .status,
        401
    );
    let mut ws = Ws::open(socket, &format!("/rpc/v1?token={reader}"), &[])
        .await
        .unwrap();
    ws.send(&body(
        8,
        "Filecoin.WalletSign",
        &json!([wallet, "czNjcmV0"]),
    ))
    .await;
    assert!(ws.receive_json().await["error"].is_object());
    // A refused notification is answered by nobody and on record all the same.
    let notification = r#"{"jsonrpc":"2.0","method":"Filecoin.WalletNew","params":["bls"]}"#;
    ws.assert_unanswered(&[notification]).await;
    stop(daemon);

    let rows = records(&home).split_off(before);
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            let request = row["request"].as_str();
            let text = |key: &str| row[key].as_str().unwrap_or("-");
            (
                request.unwrap_or("-"),
                text("method"),
                text("verdict"),
                text("outcome"),
                text("name"),
            )
        })
        .collect();
    let [sign, new] = ["Filecoin.WalletSign", "Filecoin.WalletNew"];
    assert_eq!(
        seen,
        [
            ("1", new, "allowed", "ok", "curio"),
            ("2", sign, "allowed", "ok", "curio"),
            ("3", sign, "allowed", "error", "curio"),
            ("4", "Filecoin.AuthNew", "allowed", "ok", seen[3].4),
            ("6", new, "refused", "-", "grafana"),
            ("-", "-", "unauthenticated", "-", "-"),
            ("8", sign, "refused", "-", "grafana"),
            ("-", new, "refused", "-", "grafana"),
        ]
    );
    for (row, (transport, path)) in rows.iter().zip(
        std::iter::repeat_n(("http", "/rpc/v0"), 6).chain(std::iter::repeat(("ws", "/rpc/v1"))),
    ) {
        assert_eq!(row["transport"], transport, "{row}");
        assert_eq!(row["path"], path, "{row}");
        assert!(
            row["address"].as_str().unwrap().starts_with("127.0.0.1:"),
            "{row}"
        );
        match row["name"].as_str() {
            Some(name @ ("curio" | "grafana")) => assert_eq!(row["token"], id(name), "{row}"),
            _ => assert!(!row["token"].is_string() || row["request"] == "4", "{row}"),
        }
    }
    assert!(
        rows[4]["reason"].as_str().unwrap().contains("write"),
        "the rule that refused it: {}",
        rows[4]
    );
    let file = fs::read_to_string(log(&home)).unwrap();
    for secret in [
        &wallet,
        "czNjcmV0",
        "s3cret",
        signer.rsplit('.').next().unwrap(),
    ] {
        assert!(!file.contains(secret), "{secret}: {file}");
    }
}

#[tokio::test]
async fn a_token_that_is_dead_is_named_and_one_that_is_forged_is_not() {
    let (home, daemon) = node();
    let revoked = create(&home, "--perm admin --name curio");
    let expired = create(&home, "--perm read --name brief --expires 1s");
    let id = |name: &str| {
        let list = home.run("auth list --all --output json").json();
        let list = list.as_array().unwrap();
        list.iter().find(|token| token["Name"] == name).unwrap()["Id"].clone()
    };
    let (curio, brief) = (id("curio"), id("brief"));
    let call = async |socket, token: &str| {
        let header = format!("Authorization: Bearer {token}");
        post(
            socket,
            "/rpc/v1",
            &[&header],
            &body(1, "Filecoin.Version", &json!([])),
        )
        .await
        .status
    };
    let socket = daemon.socket();
    // One of them has been in use, and the other dies before it is ever shown.
    assert_eq!(call(socket, &revoked).await, 200);
    home.run("auth revoke curio").ok();
    let signed = revoked.rsplit_once('.').unwrap().0;
    let forged = format!("{signed}.{}", "A".repeat(43));
    let begun = std::time::Instant::now();
    while begun.elapsed() < std::time::Duration::from_secs(2) {
        assert_eq!(call(socket, &forged).await, 401);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let before = records(&home).len();
    let path = format!("/rpc/v0?token={revoked}");
    for token in [&revoked, &expired, &forged] {
        assert_eq!(call(socket, token).await, 401);
    }
    assert_eq!(Ws::open(socket, &path, &[]).await.unwrap_err(), 401);
    stop(daemon);
    let daemon = Running::start(&home, "daemon --api 0");
    assert_eq!(call(daemon.socket(), &revoked).await, 401);
    stop(daemon);

    let rows = records(&home).split_off(before);
    let rows = rows
        .iter()
        .filter(|row| row["verdict"] == "unauthenticated");
    let seen: Vec<_> = rows
        .map(|row| (&row["token"], &row["name"], row["reason"].as_str().unwrap()))
        .collect();
    let (name, nobody) = (json!("curio"), Value::Null);
    let dead = (&curio, &name, "the token was revoked");
    assert_eq!(
        seen,
        [
            dead,
            (&brief, &json!("brief"), "the token has expired"),
            (&nobody, &nobody, "jwt: HMAC verification failed"),
            dead,
            dead,
        ]
    );
}

/// A home with a sealed log of some records.
fn sealed() -> Home {
    let (home, daemon) = node();
    for _ in 0..6 {
        home.run("wallet new").ok();
    }
    stop(daemon);
    home
}

#[test]
fn verify_names_what_was_changed_removed_or_cut() {
    let home = sealed();
    let good = fs::read_to_string(log(&home)).unwrap();
    let verified = home.run("auth audit --verify --output json").json();
    let count = good.lines().count();
    assert_eq!(verified["verified"]["records"], count, "{verified}");
    assert_eq!(verified["verified"]["unsealed"], 0);
    assert!(home.run("auth audit --verify").ok().starts_with(&format!(
        "The audit log is as it was written: {count} records in 1 file"
    )));

    let without = |line: usize| -> String {
        let lines = good.split_inclusive('\n').enumerate();
        lines
            .filter(|(at, _)| *at != line)
            .map(|(_, text)| text)
            .collect()
    };
    let swapped = {
        let mut lines: Vec<_> = good.split_inclusive('\n').collect();
        lines.swap(2, 3);
        lines.concat()
    };
    let third = good.lines().nth(2).unwrap();
    let changed = good.replacen(third, &third.replacen("127.0.0.1", "127.0.0.2", 1), 1);
    assert_ne!(changed, good);
    for (text, words) in [
        (
            changed,
            "audit.jsonl:3: record 3 was expected; this line was changed",
        ),
        (
            without(2),
            "audit.jsonl:3: record 3 was expected and this is record 4",
        ),
        (
            swapped,
            "audit.jsonl:3: record 3 was expected and this is record 4",
        ),
        (
            without(0),
            "audit.jsonl:1: record 1 was expected and this is record 2",
        ),
        (without(count - 1), "its tail is missing"),
        (good[..good.len() - 9].to_owned(), "this line was changed"),
        (String::new(), "its tail is missing"),
    ] {
        fs::write(log(&home), text).unwrap();
        let error = home.run("auth audit --verify").error();
        assert!(error.contains(words), "{words}: {error}");
    }
    fs::remove_file(log(&home)).unwrap();
    let error = home.run("auth audit --verify").error();
    assert!(error.contains("missing"), "{error}");
    fs::write(log(&home), &good).unwrap();
    home.run("auth audit --verify").ok();
}

#[test]
fn a_daemon_does_not_go_on_with_a_log_whose_tail_is_gone() {
    let home = sealed();
    let good = fs::read_to_string(log(&home)).unwrap();
    let cut = &good[..good.trim_end().rfind('\n').unwrap() + 1];
    fs::write(log(&home), cut).unwrap();
    let error = home.run("daemon --api 0").error();
    for words in [
        "its tail is missing",
        "nothing was changed",
        "restore it from a backup",
        "to begin a new log, move it and the file keystore/",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert_eq!(fs::read_to_string(log(&home)).unwrap(), cut);

    fs::write(log(&home), &good).unwrap();
    stop(Running::start(&home, "daemon --api 0"));
    home.run("auth audit --verify").ok();

    // And what the text advises works.
    fs::write(log(&home), cut).unwrap();
    let entry = error.split("and the file ").nth(1).unwrap();
    let entry = entry.split(" of the repo").next().unwrap();
    fs::rename(home.repo().join("audit"), home.path().join("evidence")).unwrap();
    fs::rename(home.repo().join(entry), home.path().join("key")).unwrap();
    stop(Running::start(&home, "daemon --api 0"));
    home.run("auth audit --verify").ok();
}

#[tokio::test]
async fn after_a_crash_every_acknowledged_signature_is_on_record() {
    let home = Home::new(LOTUS);
    let mut acknowledged = BTreeSet::new();
    for round in 0..6_u64 {
        let daemon = Running::start(&home, "daemon --api 0");
        let socket = daemon.socket();
        let token = fs::read_to_string(home.repo().join("token")).unwrap();
        let wallet = home.run("wallet new").ok().trim_end().to_owned();
        let (sender, mut signed) = tokio::sync::mpsc::unbounded_channel();
        for client in 0..3 {
            let (token, wallet, sender) = (token.clone(), wallet.clone(), sender.clone());
            tokio::spawn(async move {
                let path = format!("/rpc/v1?token={token}");
                let mut ws = Ws::open(socket, &path, &[]).await.unwrap();
                for number in 0.. {
                    let id = round * 10_000_000 + client * 1_000_000 + number;
                    let params = json!([wallet, "AAEC"]);
                    ws.send(&body(id, "Filecoin.WalletSign", &params)).await;
                    let reply = ws.receive_json().await;
                    assert!(reply["result"].is_object(), "{reply}");
                    sender.send(id).unwrap();
                }
            });
        }
        drop(sender);
        // Some signatures later, at a moment that differs from round to round.
        for _ in 0..20 + 7 * round {
            acknowledged.insert(lotus_testutil::bounded(signed.recv()).await.unwrap());
        }
        daemon.kill();
        // The clients end with the daemon, and with them the channel.
        while let Some(id) = lotus_testutil::bounded(signed.recv()).await {
            acknowledged.insert(id);
        }
        home.run("auth audit --verify").ok();
    }
    let recorded: BTreeSet<u64> = records(&home)
        .iter()
        .filter(|row| row["method"] == "Filecoin.WalletSign" && row["outcome"] == "ok")
        .map(|row| row["request"].as_str().unwrap().parse().unwrap())
        .collect();
    let missing: Vec<_> = acknowledged.difference(&recorded).collect();
    assert!(
        missing.is_empty(),
        "acknowledged and not on record: {missing:?}"
    );
    stop(Running::start(&home, "daemon --api 0"));
    home.run("auth audit --verify").ok();
}

#[tokio::test]
async fn a_bounded_log_removes_its_oldest_files_and_nobody_else_may() {
    let home = Home::new(LOTUS);
    fs::create_dir(home.repo()).unwrap();
    let config = "[Audit]\n  MaxSize = 1048576\n";
    fs::write(home.repo().join("config.toml"), config).unwrap();
    let daemon = Running::start(&home, "daemon --api 0");
    let refused = body(1, "Filecoin.LogList", &json!([]));
    let batch = format!("[{}]", vec![refused; 1000].join(","));
    for _ in 0..6 {
        post(daemon.socket(), "/rpc/v1", &[], &batch).await;
    }
    stop(daemon);
    let files = || {
        let files = fs::read_dir(home.repo().join("audit")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some());
        files.sort();
        files
    };
    let size: u64 = files()
        .iter()
        .map(|file| file.metadata().unwrap().len())
        .sum();
    assert!(size <= 1 << 20, "{size} bytes");
    let verified = home.run("auth audit --verify --output json").json();
    let [removed, records] = ["removed", "records"].map(|key| &verified["verified"][key]);
    assert!(removed.as_u64().unwrap() > 0, "{verified}");
    let words = home.run("auth audit --verify").ok();
    let expected = format!("as it was written: {records} records in ");
    assert!(words.contains(&expected), "{words}");
    let expected =
        format!("The daemon has removed {removed} records before that, as [Audit] MaxSize");
    assert!(words.contains(&expected), "{words}");

    fs::remove_file(&files()[0]).unwrap();
    let error = home.run("auth audit --verify").error();
    assert!(error.contains("this file of the log is missing"), "{error}");
}
