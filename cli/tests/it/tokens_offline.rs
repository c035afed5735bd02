//! What can be said of tokens without a daemon of ours.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use lotus_daemon::alerts::Alerts;
use lotus_daemon::audit::{Audit, Entry, Settings, Transport, Verdict};
use lotus_daemon::keystore::Keystore;

use crate::harness::{Home, LOTUS, LOTUS_MINER, Said, said};

/// `{"alg":"HS256","typ":"JWT"}`, `{"Allow":["read"]}` and something for a signature.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJyZWFkIl19.c2lnbmF0dXJl";

#[test]
fn a_token_can_be_read_without_its_daemon() {
    let home = Home::new(LOTUS);
    let path = home.path().join("t");
    fs::write(&path, format!("{TOKEN}\n")).unwrap();
    for said in [
        home.run("auth inspect --file t"),
        home.run_with_stdin("auth inspect -", TOKEN),
        home.run_with_stdin("auth inspect", TOKEN),
    ] {
        assert!(
            said.stderr
                .starts_with("No daemon answered: could not get API info")
        );
        let text = said.ok();
        assert!(text.contains("\nPermissions: read\n"), "{text}");
        assert!(text.contains("\nSignature:   not checked"), "{text}");
        assert!(!text.contains("c2lnbmF0dXJl"), "{text}");
    }
    let argument = home.run(&format!("auth inspect --offline {TOKEN}"));
    assert_eq!(
        argument.stderr,
        "Note: other users of this machine can see arguments; --file and stdin are private.\n"
    );
    argument.ok();
    let json = home.run("auth inspect --offline --file t --output json");
    assert_eq!(json.stderr, "");
    let json = json.json();
    assert_eq!(json["header"]["alg"], "HS256");
    assert_eq!(json["id"].as_str().unwrap().len(), 64);
    assert_eq!(json["online"], serde_json::Value::Null);
}

#[test]
fn what_is_no_token_is_not_repeated() {
    let home = Home::new(LOTUS);
    let error = home.run_with_stdin("auth inspect", "s3cret").error();
    assert_eq!(
        error,
        "this is no token: a token has three parts with dots between them"
    );
    let error = home.run_with_stdin("auth inspect", "  \n").error();
    assert!(error.contains("the token is empty"), "{error}");
    fs::write(home.path().join("t"), "a".repeat(100_000)).unwrap();
    let error = home.run("auth inspect --file t").error();
    assert!(error.contains("longer than any token"), "{error}");
}

#[test]
fn the_methods_are_known_without_a_daemon() {
    for (program, own, other) in [
        (LOTUS, "Filecoin.WalletSign", None),
        (LOTUS_MINER, "Filecoin.Version", Some("Filecoin.WalletSign")),
    ] {
        let home = Home::new(program);
        let text = home.run("auth methods").ok();
        assert!(text.lines().any(|line| line.starts_with(own)), "{text}");
        if let Some(other) = other {
            assert!(!text.contains(other), "{text}");
            let all = home.run("auth methods --all").ok();
            assert!(all.contains(other), "{all}");
        }
        let json = home.run("auth methods --perm admin --output json").json();
        let json = json.as_array().unwrap();
        assert!(json.iter().any(|row| row["method"] == "Filecoin.AuthNew"));
        assert!(json.iter().all(|row| row["permission"] == "admin"));
    }
}

/// A node that answers HTTP requests as Lotus does: it knows `AuthNew` and no method of `Auth`. What
/// it is asked comes out of the receiver.
fn lotus() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, questions) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let body = loop {
                let mut chunk = [0; 4096];
                let count = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..count]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
                match body.map(|body| serde_json::from_str::<serde_json::Value>(&body)) {
                    Some(Ok(body)) => break body,
                    _ if count == 0 => return,
                    _ => {}
                }
            };
            let path = String::from_utf8_lossy(&request);
            let path = path.split(' ').nth(1).unwrap().to_owned();
            let method = body["method"].as_str().unwrap().to_owned();
            let id = &body["id"];
            let (status, answer) = match method.as_str() {
                "Filecoin.AuthNew" => {
                    let token = data_encoding::BASE64.encode(TOKEN.as_bytes());
                    (
                        "200 OK",
                        format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"{token}"}}"#),
                    )
                }
                method => (
                    "500 Internal Server Error",
                    format!(
                        r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"method '{method}' not found"}}}}"#
                    ),
                ),
            };
            asked.send((path, method)).unwrap();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{answer}",
                answer.len()
            )
            .unwrap();
        }
    });
    (url, questions)
}

#[test]
fn a_lotus_without_a_registry_is_told_apart() {
    for (program, variable, path) in [
        (LOTUS, "FULLNODE_API_INFO", "/rpc/v1"),
        (LOTUS_MINER, "MINER_API_INFO", "/rpc/v0"),
    ] {
        let (url, questions) = lotus();
        let home = Home::new(program);
        let run = |line: &str| -> Said {
            let mut command = home.command(line.split_whitespace());
            said(command.env(variable, format!("{TOKEN}:{url}")))
        };
        assert_eq!(
            run("auth create-token --perm read").ok(),
            format!("{TOKEN}\n")
        );
        assert_eq!(
            questions.try_recv().unwrap(),
            ("/rpc/v0".to_owned(), "Filecoin.AuthNew".to_owned())
        );
        for (line, method) in [
            ("auth create-token --perm read --name x", "Auth.Create"),
            ("auth list", "Auth.List"),
            ("auth revoke --older-than 1d", "Auth.Revoke"),
            ("auth revoke x", "Auth.Get"),
            ("auth can x Version", "Auth.Get"),
            ("auth rotate", "Auth.RotateSecret"),
        ] {
            let error = run(line).error();
            assert!(
                error.starts_with("this node does not keep a registry of tokens"),
                "{line}: {error}"
            );
            assert!(error.contains(&url), "{line}: {error}");
            assert_eq!(
                questions.try_recv().unwrap(),
                (path.to_owned(), method.to_owned())
            );
        }
    }
}

#[tokio::test]
async fn the_audit_log_is_shown_and_verified() {
    let home = Home::new(LOTUS);
    let missing = home.run("auth audit --verify").error();
    assert!(
        missing.starts_with("there is no audit log at "),
        "{missing}"
    );

    fs::create_dir_all(home.repo()).unwrap();
    let keystore = Keystore::open(home.repo().join("keystore"), home.repo()).unwrap();
    let dir = home.repo().join("audit");
    let audit = Audit::start(&keystore, &dir, &Settings::default(), Alerts::default()).unwrap();
    for method in ["Filecoin.WalletSign", "Filecoin.AuthNew"] {
        let entry = Entry {
            token: Some("0123456789abcdef".into()),
            name: Some("curio".into()),
            address: "127.0.0.1:5000".parse().unwrap(),
            transport: Transport::Ws,
            path: "/rpc/v1".into(),
            method: Some(method.into()),
            verdict: Verdict::Allowed,
            reason: None,
            request: Some("1".into()),
            outcome: None,
        };
        audit.record(entry).durable().await.unwrap();
    }
    // What a daemon at work is writing is not this program's to clear away.
    let unfinished = home.repo().join(".keystore-1-1");
    fs::write(&unfinished, "").unwrap();

    let shown = home.run("auth audit").ok();
    let rows: Vec<_> = shown.lines().collect();
    assert_eq!(rows.len(), 3, "{shown}");
    for (row, method) in rows[1..]
        .iter()
        .zip(["Filecoin.WalletSign", "Filecoin.AuthNew"])
    {
        assert!(
            row.contains(method) && row.contains(" curio ") && row.contains(" allowed "),
            "{row}"
        );
    }
    let tail = home.run("auth audit --tail 1 --output json").json();
    assert_eq!(tail["records"].as_array().unwrap().len(), 1);
    assert_eq!(tail["records"][0]["seq"], 2);

    let whole = home.run("auth audit --verify").ok();
    assert!(
        whole.starts_with("The audit log is as it was written: 2 records in 1 file, from 2"),
        "{whole}"
    );
    let json = home.run("auth audit --verify --output json").json();
    assert_eq!(json["verified"]["records"], 2);
    assert!(unfinished.exists());

    audit.close().await.unwrap();
    let log = dir.join("audit.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replacen("curio", "other", 1)).unwrap();
    let changed = home.run("auth audit --verify").error();
    assert!(
        changed.contains("audit.jsonl:1") && changed.contains("changed"),
        "{changed}"
    );
    let (first, _) = text.split_once('\n').unwrap();
    fs::write(&log, format!("{first}\n")).unwrap();
    let cut = home.run("auth audit --verify").error();
    assert!(cut.contains("its tail is missing"), "{cut}");
}
