//! Clients that mean harm, or were written carelessly. The daemon answers what can be answered,
//! and serves the others meanwhile.

use lotus_client::full_node::WalletClient;
use lotus_core::Permission;
use lotus_core::types::{Bytes, KeyType};
use lotus_testutil::wire::{Ws, exchange, get, post, read_response};
use lotus_testutil::{TestDaemon, TestNode, bounded};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

async fn assert_serves(node: &TestDaemon) {
    let response = post(node.socket(), "/rpc/v0", &[], VERSION).await;
    assert_eq!(response.status, 200);
}

/// A client that sends everything before it reads must not see its connection reset.
#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let node = TestNode::with_config("[API]\nMaxRequestSize = 1000").await;
    let body = " ".repeat(20_000_000);
    let declared = post(node.socket(), "/rpc/v0", &[], &body).await;
    assert_eq!(declared.status, 500);
    let message = "request bigger than maximum 1000 allowed";
    assert_eq!(declared.json()["error"]["message"], message);

    let chunked = format!(
        "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let chunked = exchange(node.socket(), chunked.as_bytes()).await;
    assert_eq!(chunked.json()["error"]["message"], message);

    let refused = post(
        node.socket(),
        "/rpc/v0",
        &["Authorization: Bearer x"],
        &body,
    )
    .await;
    assert_eq!((refused.status, refused.body.as_str()), (401, ""));
    let missing = post(node.socket(), "/nowhere", &[], &body).await;
    assert_eq!(missing.status, 404);
    assert_serves(&node).await;
}

/// Such a client waits for the word to send, and is told at once that there is no point.
#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_answered() {
    let node = TestNode::with_config("[API]\nMaxRequestSize = 1000").await;
    let asking = |length: usize| {
        format!(
            "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let refused = exchange(node.socket(), asking(2000).as_bytes()).await;
    assert_eq!(refused.status, 500);

    let mut stream = TcpStream::connect(node.socket()).await.unwrap();
    stream
        .write_all(asking(VERSION.len()).as_bytes())
        .await
        .unwrap();
    assert_eq!(bounded(read_response(&mut stream)).await.status, 100);
    stream.write_all(VERSION.as_bytes()).await.unwrap();
    assert_eq!(bounded(read_response(&mut stream)).await.status, 200);
}

/// HTTP in unusual forms: request line and headers, body, status.
#[tokio::test]
async fn odd_requests_get_the_status_they_deserve() {
    let node = TestNode::start().await;
    let long = "a".repeat(1_000_000);
    let long_header = format!("POST /rpc/v0 HTTP/1.1\r\nX-Long: {long}");
    let long_path = format!("POST /rpc/v0?{} HTTP/1.1", &long[..100_000]);
    let many_headers = format!("POST /rpc/v0 HTTP/1.1{}", "\r\nX-A: b".repeat(200));
    let cases: &[(&str, &str, u16)] = &[
        ("POST /rpc/v0 HTTP/1.0", VERSION, 200),
        ("POST http://localhost/rpc/v0 HTTP/1.1", VERSION, 200),
        ("POST /rpc/v0?token= HTTP/1.1", VERSION, 200),
        ("POST /rpc/v0?token=%00 HTTP/1.1", VERSION, 401),
        ("POST /rpc/v0?token=%FF%FE HTTP/1.1", VERSION, 401),
        ("POST //rpc/v0 HTTP/1.1", VERSION, 404),
        ("POST /rpc%2Fv0 HTTP/1.1", VERSION, 404),
        ("POST /rpc/v0/../v0 HTTP/1.1", VERSION, 404),
        ("OPTIONS * HTTP/1.1", "", 404),
        ("CONNECT a:1 HTTP/1.1", "", 403),
        ("CONNECT localhost:1 HTTP/1.1", "", 404),
        ("PUT /rpc/v0 HTTP/1.1", VERSION, 200),
        (
            "POST /rpc/v0 HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
            VERSION,
            400,
        ),
        ("POST /rpc/v0 HTTP/1.1\r\nContent-Length: 3", VERSION, 400),
        ("POST /rpc/v0 HTTP/1.1\r\nContent-Length: -1", "", 400),
        (&long_header, VERSION, 431),
        (&many_headers, VERSION, 431),
        (&long_path, VERSION, 414),
        ("nonsense", "", 400),
    ];
    for (head, body, status) in cases {
        let request = format!(
            "{head}\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let response = exchange(node.socket(), request.as_bytes()).await;
        assert_eq!(response.status, *status, "{}", &head[..head.len().min(80)]);
    }
    let bytes =
        b"POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xFF\xFE\r\n\r\n";
    assert_eq!(exchange(node.socket(), bytes).await.status, 401);
    let head = get(node.socket(), "/health/livez", &["X-\u{e9}: \u{e9}"]).await;
    assert_eq!(head.status, 400, "header names are ASCII");
    assert_serves(&node).await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let node = TestNode::start().await;
    let mut stream = TcpStream::connect(node.socket()).await.unwrap();
    let request = |id: usize| {
        let body = format!(r#"{{"id":{id},"method":"Filecoin.Version"}}"#);
        format!(
            "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    // One at a time is read here, so each is sent with the answer before it still unread.
    let mut replies = String::new();
    let all: String = (0..50).map(request).collect();
    stream.write_all(all.as_bytes()).await.unwrap();
    bounded(async {
        while replies.matches("\"id\":").count() < 50 {
            let mut some = [0; 4096];
            let count = stream.read(&mut some).await.unwrap();
            replies += std::str::from_utf8(&some[..count]).unwrap();
        }
    })
    .await;
    let ids = replies.split("\"id\":").skip(1);
    let ids: Vec<usize> = ids
        .map(|rest| rest.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(ids, (0..50).collect::<Vec<_>>());
}

fn frame(payload: &[u8], code: Data, last: bool) -> Message {
    Message::Frame(Frame::message(payload.to_vec(), OpCode::Data(code), last))
}

#[tokio::test]
async fn a_message_may_come_in_pieces_but_not_beyond_the_limit() {
    let node = TestNode::with_config("[API]\nMaxRequestSize = 100000").await;
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    let bytes = VERSION.as_bytes();
    ws.send_message(frame(&bytes[..1], Data::Text, false)).await;
    for byte in &bytes[1..bytes.len() - 1] {
        ws.send_message(frame(&[*byte], Data::Continue, false))
            .await;
    }
    ws.send_message(frame(&bytes[bytes.len() - 1..], Data::Continue, true))
        .await;
    assert_eq!(ws.receive_json().await["id"], 1);

    ws.send_message(frame(&[b' '; 60_000], Data::Text, false))
        .await;
    ws.send_message(frame(&[b' '; 60_000], Data::Continue, false))
        .await;
    let (code, reason) = ws.closed().await;
    assert_eq!(code, 1009);
    assert!(reason.contains("MaxRequestSize"), "{reason}");
}

/// The reason must arrive although the rest of the frame is still on its way.
#[tokio::test]
async fn what_is_no_websocket_traffic_is_told_why_it_ends() {
    let node = TestNode::with_config("[API]\nMaxRequestSize = 1000").await;
    let handshake = "GET /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut huge = vec![0x81, 0xFF];
    huge.extend(20_000_000_u64.to_be_bytes());
    huge.extend(vec![0; 20_000_004]);
    let not_utf8 = [0x81, 0x82, 0, 0, 0, 0, 0xFF, 0xFE];
    for (bytes, code) in [
        (&huge[..], 1009_u16),
        (&not_utf8, 1007),
        (b"\x81\x02hi", 1002),
        (b"\xFF\x80\0\0\0\0", 1002),
    ] {
        let mut stream = TcpStream::connect(node.socket()).await.unwrap();
        stream.write_all(handshake.as_bytes()).await.unwrap();
        assert_eq!(bounded(read_response(&mut stream)).await.status, 101);
        bounded(stream.write_all(bytes)).await.unwrap();
        let mut end = Vec::new();
        bounded(stream.read_to_end(&mut end)).await.unwrap();
        assert_eq!(end[0], 0x88, "a close frame: {end:?}");
        assert_eq!(u16::from_be_bytes([end[2], end[3]]), code);
    }
    assert_serves(&node).await;
}

#[tokio::test]
async fn a_storm_of_cancels_and_ids_in_use_harm_nobody() {
    let node = TestNode::start().await;
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    let closing = r#"{"id":7,"method":"Filecoin.Closing","params":[]}"#;
    for channel in 1..=20 {
        ws.send(closing).await;
        assert_eq!(ws.receive_json().await["result"], channel);
    }
    for _ in 0..20_000 {
        ws.send(r#"{"method":"xrpc.cancel","params":[8]}"#).await;
    }
    // The id means the newest of its calls, as in go-jsonrpc.
    for _ in 0..3 {
        ws.send(r#"{"method":"xrpc.cancel","params":[7]}"#).await;
    }
    let close = json!({ "jsonrpc": "2.0", "method": "xrpc.ch.close", "params": [20] });
    assert_eq!(ws.receive_json().await, close);
    ws.assert_unanswered(&[]).await;
}

/// A WebSocket is a connection for its whole life, not only while it is HTTP.
#[tokio::test]
async fn websockets_count_as_connections() {
    let node = TestNode::with_config("[API]\nMaxConnections = 2").await;
    let first = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    let mut second = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    let mut third = TcpStream::connect(node.socket()).await.unwrap();
    let request = "GET /debug/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    third.write_all(request.as_bytes()).await.unwrap();
    for _ in 0..50 {
        second.assert_unanswered(&[]).await;
    }
    let mut some = [0; 1];
    let early = third.try_read(&mut some).unwrap_err();
    assert_eq!(
        early.kind(),
        std::io::ErrorKind::WouldBlock,
        "it has to wait"
    );
    drop(first);
    let metrics = bounded(read_response(&mut third)).await.body;
    for line in ["lotus_api_connections 2", "lotus_api_websockets 1"] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}: {metrics}"
        );
    }
}

/// Methods that never wait must let others run between two calls of a batch.
#[tokio::test]
async fn long_batches_do_not_keep_others_waiting() {
    let node = TestNode::start().await;
    // Pairings take a while, and their answer is short.
    let client = node.client(Permission::Sign).await;
    let address = client.wallet_new(KeyType::Bls).await.unwrap();
    let signature = client.wallet_sign(address, Bytes(vec![1])).await.unwrap();
    let params = json!([address, Bytes(vec![1]), signature]);
    let verify = json!({ "id": 1, "method": "Filecoin.WalletVerify", "params": params });
    let calls = vec![verify.to_string(); 1000].join(",");
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    let mut other = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    ws.send(&format!("[{calls}]")).await;
    ws.send(r#"{"id":"after","method":"Filecoin.Version"}"#)
        .await;
    other.assert_unanswered(&[]).await;
    let first: Value = ws.receive_json().await;
    assert_eq!(first["id"], "after", "the batch is still running");
    assert_eq!(ws.receive_json().await.as_array().unwrap().len(), 1000);
}

/// Also between two requests: a connection without any is a place that others wait for.
#[tokio::test]
async fn an_idle_connection_is_closed_after_a_while() {
    let node = TestNode::with_config("[API]\nTimeout = \"200ms\"").await;
    let mut silent = TcpStream::connect(node.socket()).await.unwrap();
    let mut idle = TcpStream::connect(node.socket()).await.unwrap();
    let request = "HEAD /rpc/v0 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    idle.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    bounded(idle.read_to_string(&mut said)).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 400 "), "{said}");
    assert!(said.ends_with("\r\n\r\n"), "HEAD has no body: {said}");
    bounded(silent.read_to_string(&mut said)).await.unwrap();
    // A WebSocket may be silent: its owner waits for events.
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    ws.pinged().await;
    ws.assert_unanswered(&[]).await;
}

/// A short call with a long answer, many times in one request: what is kept for the reply is bounded.
#[tokio::test]
async fn the_reply_to_a_batch_is_bounded() {
    let node = TestNode::with_config("[API]\nMaxBatchReply = 50000").await;
    let batch = |calls: usize| {
        let call = r#"{"id":1,"method":"Filecoin.Discover"}"#;
        format!("[{}]", vec![call; calls].join(","))
    };
    let answers = post(node.socket(), "/rpc/v1", &[], &batch(100))
        .await
        .json();
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 100, "every call has its answer");
    assert!(answers[0]["result"].is_object());
    let refused = &answers[99]["error"]["message"];
    assert!(
        refused.as_str().unwrap().contains("[API] MaxBatchReply"),
        "{refused}"
    );
    let alone = post(node.socket(), "/rpc/v1", &[], &batch(1)).await.json();
    assert!(alone[0]["result"].is_object());
}
