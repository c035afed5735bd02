//! Clients that mean harm, against the real program: how much memory, how many descriptors.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use lotus_testutil::bounded;
use lotus_testutil::wire::{Ws, post};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Home, LOTUS};
use crate::running::{Running, node};

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

const MIB: usize = 1 << 20;

async fn assert_serves(daemon: &Running) {
    assert_eq!(
        post(daemon.socket(), "/rpc/v0", &[], VERSION).await.status,
        200
    );
}

/// 200 MiB that really come, with and without their length beforehand.
#[tokio::test]
async fn a_body_beyond_the_limit_takes_no_more_memory_than_the_limit() {
    let (_home, daemon) = node();
    let body = " ".repeat(200 * MIB);
    let message = "request bigger than maximum 104857600 allowed";
    let reply = post(daemon.socket(), "/rpc/v0", &[], &body).await;
    assert_eq!(
        (reply.status, &reply.json()["error"]["message"]),
        (500, &json!(message))
    );
    assert!(
        daemon.most_memory() < 60,
        "nothing of it is kept: {} MiB",
        daemon.most_memory()
    );

    let socket = daemon.socket();
    let chunked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(socket).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let head = "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for chunk in body.as_bytes().chunks(MIB) {
            stream
                .write_all(format!("{:x}\r\n", chunk.len()).as_bytes())
                .unwrap();
            stream.write_all(chunk).unwrap();
            stream.write_all(b"\r\n").unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    });
    let reply = bounded(chunked).await.unwrap();
    assert!(reply.contains(message), "{reply}");
    assert!(daemon.most_memory() < 300, "{} MiB", daemon.most_memory());
    assert_serves(&daemon).await;
}

/// The most memory that a daemon may have had, in MiB: its chain's and its own, which are some 50
/// when it does nothing, and what the largest request may take.
const MOST_MEMORY: u64 = 180;

/// A few bytes each, and hundreds of bytes of memory if they were read before they were counted.
#[tokio::test]
async fn millions_of_tiny_calls_take_no_more_memory_than_their_text() {
    let (_home, daemon) = node();
    let many = |element: &str| vec![element; 20 * MIB / (element.len() + 1)].join(",");
    for batch in [many("{}"), many("null"), many("1")] {
        let reply = post(daemon.socket(), "/rpc/v0", &[], &format!("[{batch}]")).await;
        let message = reply.json()["error"]["message"].to_string();
        assert!(message.contains("MaxBatchSize"), "{message}");
    }
    let mut ws = Ws::open(daemon.socket(), "/rpc/v0", &[]).await.unwrap();
    let cancel = format!(r#"{{"method":"xrpc.cancel","params":[{}]}}"#, many("1"));
    ws.assert_unanswered(&[&cancel]).await;
    assert!(
        daemon.most_memory() < MOST_MEMORY,
        "{} MiB",
        daemon.most_memory()
    );
}

/// The daemon stops to read from who does not read. What is not read stays with the sender.
#[tokio::test]
async fn a_peer_that_asks_and_never_reads_takes_no_memory() {
    let (_home, daemon) = node();
    let long = "x".repeat(10_000);
    let discover = json!({ "id": 1, "method": "Filecoin.Discover", "meta": long }).to_string();
    let unknown = json!({ "id": long, "method": "Filecoin.Nope" }).to_string();
    let batch = format!("[{}]", vec![VERSION; 500].join(","));
    for ask in [discover, unknown, batch] {
        let mut deaf = Ws::open(daemon.socket(), "/rpc/v0", &[]).await.unwrap();
        let mut stalled = false;
        for _ in 0..5_000 {
            let sent = tokio::time::timeout(Duration::from_secs(1), deaf.send(&ask)).await;
            stalled = sent.is_err();
            if stalled {
                break;
            }
        }
        assert!(stalled, "it took everything");
        assert_serves(&daemon).await;
    }
    assert!(
        daemon.most_memory() < MOST_MEMORY,
        "{} MiB",
        daemon.most_memory()
    );
}

#[tokio::test]
async fn a_hundred_thousand_calls_on_one_socket_are_all_answered() {
    let (_home, daemon) = node();
    let mut ws = Ws::open(daemon.socket(), "/rpc/v0", &[]).await.unwrap();
    let mut answered = vec![false; 100_000];
    for thousand in 0..100 {
        for id in thousand * 1000..(thousand + 1) * 1000 {
            let call = json!({ "id": id, "method": "Filecoin.Version" });
            ws.send(&call.to_string()).await;
        }
        for _ in 0..1000 {
            let reply: Value = ws.receive_json().await;
            assert!(reply["result"].is_object(), "{reply}");
            answered[reply["id"].as_u64().unwrap() as usize] = true;
        }
    }
    assert!(answered.into_iter().all(|answered| answered));
    assert!(
        daemon.most_memory() < MOST_MEMORY,
        "{} MiB",
        daemon.most_memory()
    );
}

/// Clients that only connect must not keep the daemon from opening its keys.
#[tokio::test]
async fn connections_leave_descriptors_for_the_keystore() {
    let home = Home::new(LOTUS);
    let mut command = Command::new("sh");
    let script = "ulimit -n 200; exec \"$0\" daemon --api 0 \"$@\"";
    command.args(["-c", script, LOTUS.binary]).env_clear();
    command
        .env("HOME", home.path())
        .env(LOTUS.repo_variable, home.repo());
    let daemon = Running::spawn(command);
    let token = std::fs::read_to_string(home.repo().join("token")).unwrap();
    let header = format!("Authorization: Bearer {token}");
    let mut ws = Ws::open(daemon.socket(), "/rpc/v0", &[&header])
        .await
        .unwrap();
    // As many as get in; the others wait outside.
    let mut crowd = Vec::new();
    for _ in 0..250 {
        let connect = tokio::net::TcpStream::connect(daemon.socket());
        match tokio::time::timeout(Duration::from_secs(2), connect).await {
            Ok(Ok(stream)) => crowd.push(stream),
            _ => break,
        }
    }
    // 200 descriptors less the reserve: whoever is beyond that waits to be accepted.
    assert!(crowd.len() > 136, "{}", crowd.len());
    for id in 0..20 {
        ws.send(
            &json!({ "id": id, "method": "Filecoin.WalletNew", "params": ["bls"] }).to_string(),
        )
        .await;
        let reply = ws.receive_json().await;
        assert!(reply["result"].is_string(), "{reply}");
    }
    drop(crowd);
    assert_serves(&daemon).await;
    daemon.signal(Signal::TERM);
    let log = daemon.finished();
    assert!(
        log.stderr
            .contains("MaxConnections; raise the limit (ulimit -n)"),
        "{log:?}"
    );
    log.ok();
}

/// The second signal changes nothing about the first.
#[tokio::test]
async fn a_second_signal_does_not_make_the_end_less_graceful() {
    let (home, daemon) = node();
    let mut begun = tokio::net::TcpStream::connect(daemon.socket())
        .await
        .unwrap();
    use tokio::io::AsyncWriteExt;
    let head = format!(
        "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
        VERSION.len()
    );
    begun.write_all(head.as_bytes()).await.unwrap();
    assert_serves(&daemon).await;
    daemon.signal(Signal::TERM);
    let socket = daemon.socket();
    bounded(async {
        while tokio::net::TcpStream::connect(socket).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    daemon.signal(Signal::TERM);
    daemon.signal(Signal::INT);
    begun.write_all(VERSION.as_bytes()).await.unwrap();
    let reply = bounded(lotus_testutil::wire::read_response(&mut begun)).await;
    assert_eq!(reply.status, 200);
    daemon.finished().ok();
    assert!(!home.repo().join("api").exists());
}
