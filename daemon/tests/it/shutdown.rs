//! Shutting down: what was asked is answered, nobody can prevent the end.

use std::time::{Duration, Instant};

use lotus_testutil::wire::{Ws, post, read_response};
use lotus_testutil::{TestNode, bounded};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

fn head(length: usize) -> String {
    format!("POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test]
async fn a_request_that_has_begun_is_answered_and_new_connections_are_refused() {
    let node = TestNode::start().await;
    let mut begun = TcpStream::connect(node.socket()).await.unwrap();
    let (first, rest) = VERSION.split_at(10);
    let request = format!("{}{first}", head(VERSION.len()));
    begun.write_all(request.as_bytes()).await.unwrap();
    // The daemon has begun to read it when it has answered a later one.
    assert_eq!(
        post(node.socket(), "/rpc/v0", &[], VERSION).await.status,
        200
    );
    let mut idle = TcpStream::connect(node.socket()).await.unwrap();

    let socket = node.socket();
    node.daemon().shutdown().begin();
    bounded(async {
        while TcpStream::connect(socket).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    begun.write_all(rest.as_bytes()).await.unwrap();
    let answer = bounded(read_response(&mut begun)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.json()["result"].is_object());
    let started = Instant::now();
    let repo = node.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "nobody is waited for"
    );
    for left in ["api", "repo.lock"] {
        assert!(!repo.path().join(left).exists(), "{left}");
    }
    let _ = idle.write_all(b"x").await;
}

/// A body that never comes, a header that never ends, and a WebSocket that asks and never reads.
#[tokio::test]
async fn who_never_finishes_is_cut_off() {
    let node = TestNode::with_config("[API]\nShutdownTimeout = \"300ms\"").await;
    let mut body = TcpStream::connect(node.socket()).await.unwrap();
    body.write_all(head(5).as_bytes()).await.unwrap();
    let mut header = TcpStream::connect(node.socket()).await.unwrap();
    header.write_all(b"POST /rpc/v0 HT").await.unwrap();
    let mut deaf = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    let ask = async {
        loop {
            deaf.send(r#"{"id":1,"method":"Filecoin.Discover"}"#).await;
        }
    };
    // Until neither side takes any more.
    assert!(
        tokio::time::timeout(Duration::from_millis(500), ask)
            .await
            .is_err()
    );

    let started = Instant::now();
    let repo = node.stop().await;
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(300),
        "they were given time: {took:?}"
    );
    assert!(took < Duration::from_secs(5), "{took:?}");
    TestNode::open(repo.path())
        .await
        .expect("the lock is released");
}

#[tokio::test]
async fn several_may_ask_at_once() {
    let node = TestNode::start().await;
    let header = format!("Authorization: Bearer {}", node.repo_token());
    let shutdown = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Shutdown","params":[]}"#;
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(node.socket()).await.unwrap();
        let request = head(shutdown.len()).replace("\r\n\r\n", &format!("\r\n{header}\r\n\r\n"));
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(&shutdown.as_bytes()[..20]).await.unwrap();
        streams.push(stream);
    }
    assert_eq!(
        post(node.socket(), "/rpc/v0", &[], VERSION).await.status,
        200
    );
    for mut stream in streams {
        stream.write_all(&shutdown.as_bytes()[20..]).await.unwrap();
        let answer = bounded(read_response(&mut stream)).await;
        assert_eq!(answer.json()["result"], Value::Null);
        assert!(answer.json().get("error").is_none());
    }
    node.stop().await;
}

/// Whoever is in the middle of the handshake gets a goodbye or a refusal, and holds nothing up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_during_the_shutdown_do_not_get_lost() {
    for round in 0..10 {
        let node = TestNode::start().await;
        let socket = node.socket();
        let handshake = "GET /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let clients = (0..20).map(|_| {
            tokio::spawn(async move {
                use tokio::io::AsyncReadExt;
                let Ok(mut stream) = TcpStream::connect(socket).await else {
                    return Vec::new();
                };
                let mut said = Vec::new();
                if stream.write_all(handshake.as_bytes()).await.is_ok() {
                    let _ = stream.read_to_end(&mut said).await;
                }
                said
            })
        });
        let clients: Vec<_> = clients.collect();
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let repo = node.stop().await;
        assert!(!repo.path().join("api").exists());
        for client in clients {
            let said = bounded(client).await.unwrap();
            let goodbye = b"the daemon is shutting down";
            let upgraded = said.starts_with(b"HTTP/1.1 101 ");
            assert!(
                !upgraded || said.ends_with(goodbye),
                "{}",
                String::from_utf8_lossy(&said)
            );
        }
    }
}
