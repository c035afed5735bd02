//! WebSocket connections, byte by byte.

use lotus_core::Permission;
use lotus_testutil::TestNode;
use lotus_testutil::wire::{Ws, exchange};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

fn version(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"Filecoin.Version","params":[]}}"#)
}

#[tokio::test]
async fn calls_are_answered_in_text_and_binary_frames() {
    let node = TestNode::start().await;
    let mut ws = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
    for id in ["0", r#""s""#, "-3", "1.5"] {
        ws.send(&version(id)).await;
        let reply = ws.receive().await;
        assert!(reply.ends_with('\n'), "frames end as go-jsonrpc's do");
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply["id"], serde_json::from_str::<Value>(id).unwrap());
        assert_eq!(reply["result"]["APIVersion"], 131_840);
    }
    ws.send_message(Message::binary(version("7"))).await;
    assert_eq!(ws.receive_json().await["id"], 7);
}

/// jsonrpsee's client gives the connection up when a reply comes that it does not expect.
#[tokio::test]
async fn what_has_no_id_to_answer_under_stays_unanswered() {
    let node = TestNode::start().await;
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    ws.assert_unanswered(&[
        "garbage",
        "{",
        r#"{"jsonrpc":"2.0","method":"Filecoin.Version"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"Filecoin.Version"}"#,
        r#"{"jsonrpc":"2.0","id":true,"method":"Filecoin.Version"}"#,
        r#"{"jsonrpc":"2.0","method":"Filecoin.Nope"}"#,
        r#"{"jsonrpc":"2.0","id":5,"result":null}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel","params":[99]}"#,
        r#"{"jsonrpc":"2.0","id":6,"method":"xrpc.cancel","params":[99]}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel"}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel","params":{"a":[]}}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.val","params":[]}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.close","params":[{}]}"#,
    ])
    .await;
}

#[tokio::test]
async fn a_batch_is_answered_as_one_frame() {
    let node = TestNode::start().await;
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    ws.send(&format!("[{},{}]", version("1"), version("2")))
        .await;
    let replies = ws.receive_json().await;
    assert_eq!(
        (&replies[0]["id"], &replies[1]["id"]),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn a_notification_runs() {
    let node = TestNode::start().await;
    let header = format!("Authorization: Bearer {}", node.repo_token());
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[&header])
        .await
        .unwrap();
    ws.send(r#"{"jsonrpc":"2.0","method":"Filecoin.Shutdown","params":[]}"#)
        .await;
    let (code, reason) = ws.closed().await;
    assert_eq!(
        (code, reason.as_str()),
        (1001, "the daemon is shutting down")
    );
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused() {
    let node = TestNode::start().await;
    let request = "GET /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let response = exchange(node.socket(), request.as_bytes()).await;
    assert_eq!(
        (response.status, response.body.as_str()),
        (400, "Bad Request\n")
    );
    assert_eq!(response.headers["sec-websocket-version"], "13");
}

#[tokio::test]
async fn limits_close_or_refuse_and_name_their_key() {
    let node = TestNode::with_config("[API]\nMaxRequestSize = 1000\nMaxSubscriptions = 1").await;
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    let closing =
        |id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"Filecoin.Closing","params":[]}}"#);
    ws.send(&closing(1)).await;
    assert_eq!(ws.receive_json().await["result"], 1);
    ws.send(&closing(2)).await;
    let reply = ws.receive_json().await;
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .contains("MaxSubscriptions"),
        "{reply}"
    );

    ws.send(&version(&format!("\"{}\"", "x".repeat(2000))))
        .await;
    let (code, reason) = ws.closed().await;
    assert_eq!(code, 1009);
    assert!(reason.contains("MaxRequestSize"), "{reason}");
}

/// go-jsonrpc's clients before v0.10.2 never answer pings.
#[tokio::test]
async fn the_daemon_pings_and_does_not_wait_for_pongs() {
    let node = TestNode::start().await;
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[]).await.unwrap();
    ws.pinged().await;
    ws.pinged().await;
    ws.send(&version("1")).await;
    assert_eq!(ws.receive_json().await["id"], 1);
}

#[tokio::test]
async fn shutting_down_finishes_what_was_asked_and_says_goodbye() {
    let node = TestNode::start().await;
    let token = node.token(Permission::Admin).await;
    let mut ws = Ws::open(node.socket(), &format!("/rpc/v0?token={token}"), &[])
        .await
        .unwrap();
    ws.send(r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Closing","params":[]}"#)
        .await;
    assert_eq!(ws.receive_json().await["result"], 1);
    ws.send(r#"{"jsonrpc":"2.0","id":2,"method":"Filecoin.Shutdown","params":[]}"#)
        .await;
    let mut frames = [ws.receive_json().await, ws.receive_json().await];
    frames.sort_by_key(|frame| frame["id"].is_null());
    assert_eq!(
        frames[0],
        json!({ "jsonrpc": "2.0", "id": 2, "result": null })
    );
    assert_eq!(frames[1]["method"], "xrpc.ch.close");
    assert_eq!(ws.closed().await.0, 1001);
    let repo = node.stop().await;
    assert!(!repo.path().join("api").exists());
}
