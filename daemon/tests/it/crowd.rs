//! Many clients at once, half of whom leave without a word. Nothing of them stays.

use lotus_testutil::wire::{Ws, get, post};
use lotus_testutil::{PATIENCE, TestDaemon, TestNode, bounded};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

/// Waits until the gauges say so; the connection that asks counts too.
async fn gauges(node: &TestDaemon, connections: usize, websockets: usize, channels: usize) {
    let expected = [
        format!("lotus_api_connections {}", connections + 1),
        format!("lotus_api_websockets {websockets}"),
        format!("lotus_api_channels {channels}"),
    ];
    let mut metrics = String::new();
    let reached = async {
        while !expected
            .iter()
            .all(|line| metrics.lines().any(|found| found == line))
        {
            metrics = get(node.socket(), "/debug/metrics", &["Connection: close"])
                .await
                .body;
        }
    };
    if tokio::time::timeout(PATIENCE, reached).await.is_err() {
        panic!("expected {expected:?}:\n{metrics}");
    }
}

fn closing(id: usize) -> String {
    json!({ "id": id, "method": "Filecoin.Closing", "params": [] }).to_string()
}

async fn client(node: &TestDaemon, number: usize) {
    let socket = node.socket();
    match number % 8 {
        // Over HTTP, then gone in the middle of a request.
        0 => {
            assert_eq!(post(socket, "/rpc/v1", &[], VERSION).await.status, 200);
            let mut stream = TcpStream::connect(socket).await.unwrap();
            stream
                .write_all(b"POST /rpc/v0 HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
                .await
                .unwrap();
        }
        1 => {
            let batch = format!("[{}]", [VERSION; 50].join(","));
            let reply = post(socket, "/rpc/v0", &[], &batch).await;
            assert_eq!(reply.json().as_array().unwrap().len(), 50);
        }
        // A handshake whose answer nobody waits for.
        2 => {
            let handshake = "GET /rpc/v0 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            let mut stream = TcpStream::connect(socket).await.unwrap();
            stream.write_all(handshake.as_bytes()).await.unwrap();
        }
        // Calls, channels, cancels in any order, and an end without a close frame.
        kind => {
            let mut ws = Ws::open(socket, "/rpc/v1", &[]).await.unwrap();
            for id in 0..kind * 3 {
                ws.send(&closing(id)).await;
                let reply = ws.receive_json().await;
                assert_eq!(reply["result"], id + 1, "{reply}");
            }
            ws.send(VERSION).await;
            for id in (0..kind * 3).step_by(kind - 1) {
                ws.send(&json!({ "method": "xrpc.cancel", "params": [id] }).to_string())
                    .await;
            }
            if kind % 2 == 0 {
                ws.receive().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_leave_nothing_behind() {
    let node = std::sync::Arc::new(TestNode::start().await);
    let mut kept = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
    kept.send(&closing(1)).await;
    assert_eq!(kept.receive_json().await["result"], 1);
    gauges(&node, 1, 1, 1).await;
    let tasks = Handle::current().metrics().num_alive_tasks();

    for _ in 0..2 {
        let clients = (0..200).map(|number| {
            let node = node.clone();
            tokio::spawn(async move { client(&node, number).await })
        });
        for client in clients.collect::<Vec<_>>() {
            bounded(client).await.unwrap();
        }
    }
    gauges(&node, 1, 1, 1).await;
    bounded(async {
        while Handle::current().metrics().num_alive_tasks() > tasks {
            tokio::task::yield_now().await;
        }
    })
    .await;

    // The one that stayed noticed nothing.
    kept.assert_unanswered(&[]).await;
    drop(kept);
    gauges(&node, 0, 0, 0).await;
}
