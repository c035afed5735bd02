//! `kill -9`: what was acknowledged is there afterwards, and nothing is there by half.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Home, LOTUS};
use crate::running::{Running, bounded, node};

/// Makes keys until the daemon is gone, and tells of each that was acknowledged.
fn make_keys(socket: SocketAddr, token: &str, made: mpsc::Sender<String>) {
    let body = r#"{"id":1,"method":"Filecoin.WalletNew","params":["secp256k1"]}"#;
    let request = format!(
        "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(socket).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap());
    while stream.write_all(request.as_bytes()).is_ok() {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if replies.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut reply = vec![0; length];
        if replies.read_exact(&mut reply).is_err() {
            return;
        }
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        if made
            .send(reply["result"].as_str().unwrap().to_owned())
            .is_err()
        {
            return;
        }
    }
}

#[test]
fn no_acknowledged_key_is_lost_and_none_is_there_by_half() {
    let home = Home::new(LOTUS);
    let mut acknowledged = BTreeSet::new();
    for round in 0..12 {
        let daemon = Running::start(&home, "daemon --api 0");
        let token = fs::read_to_string(home.repo().join("token")).unwrap();
        let (socket, (sender, made)) = (daemon.socket(), mpsc::channel());
        let clients: Vec<_> = (0..3)
            .map(|_| {
                let (token, sender) = (token.clone(), sender.clone());
                thread::spawn(move || make_keys(socket, &token, sender))
            })
            .collect();
        drop(sender);
        // Some keys later, at a moment that differs from round to round.
        for _ in 0..=round {
            acknowledged.insert(made.recv_timeout(Duration::from_secs(30)).unwrap());
        }
        daemon.kill();
        acknowledged.extend(made.iter());
        for client in clients {
            bounded(move || client.join().unwrap());
        }
        for entry in fs::read_dir(home.repo().join("keystore")).unwrap() {
            let entry = entry.unwrap();
            let name = data_encoding::BASE32_NOPAD.decode(entry.file_name().as_encoded_bytes());
            assert!(name.is_ok(), "a stray file: {:?}", entry.file_name());
            assert_eq!(
                entry.metadata().unwrap().permissions().mode() & 0o777,
                0o600
            );
            let key: Value = serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap();
            assert!(key["PrivateKey"].is_string());
        }
    }
    let _daemon = Running::start(&home, "daemon --api 0");
    let listed = home.run("wallet list --output json").json().to_string();
    for address in &acknowledged {
        assert!(
            listed.contains(address.as_str()),
            "{address} was acknowledged and is lost"
        );
    }
    let last = acknowledged.last().unwrap();
    home.run(&format!("wallet sign {last} 00ff")).ok();
    let unfinished = fs::read_dir(home.repo()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with('.')
    });
    assert_eq!(unfinished.count(), 0, "the start has tidied up");
}

#[test]
fn what_a_crash_leaves_does_not_prevent_the_next_start() {
    let (home, first) = node();
    let api = fs::read_to_string(home.repo().join("api")).unwrap();
    first.kill();
    for left in ["api", "repo.lock"] {
        assert!(home.repo().join(left).exists(), "{left}");
    }
    let error = home.run("version").stderr;
    assert!(
        error.contains(api.split('/').nth(4).unwrap()),
        "the address that was tried: {error}"
    );
    let second = Running::start(&home, "daemon --api 0");
    assert_ne!(fs::read_to_string(home.repo().join("api")).unwrap(), api);
    home.run("auth create-token --perm read").ok();
    drop(second);
}
