//! go-jsonrpc's channels on the wire, with `Closing`.

use lotus_core::Permission;
use lotus_core::api::common::CommonClient;
use lotus_testutil::wire::Ws;
use lotus_testutil::{TestNode, bounded};
use serde_json::json;

fn closing(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"Filecoin.Closing","params":[]}}"#)
}

fn cancel(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"xrpc.cancel","params":[{id}]}}"#)
}

#[tokio::test]
async fn a_channel_is_opened_and_cancelled_by_the_id_of_its_call() {
    let node = TestNode::start().await;
    let mut ws = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
    ws.send(&closing("7")).await;
    assert_eq!(
        ws.receive().await,
        "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":1}\n"
    );
    ws.send(&closing(r#""abc""#)).await;
    assert_eq!(
        ws.receive_json().await["result"],
        2,
        "numbered per connection"
    );
    ws.send(&cancel(r#""abc""#)).await;
    let close = "{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.close\",\"params\":[2]}\n";
    assert_eq!(ws.receive().await, close);
    // With an id it means the same, and is not answered either. The channel's own number means
    // nothing: jsonrpsee's clients send that.
    ws.send(r#"{"jsonrpc":"2.0","id":8,"method":"xrpc.cancel","params":[1]}"#)
        .await;
    ws.send(r#"{"jsonrpc":"2.0","id":9,"method":"xrpc.cancel","params":[7]}"#)
        .await;
    let close = json!({ "jsonrpc": "2.0", "method": "xrpc.ch.close", "params": [1] });
    assert_eq!(ws.receive_json().await, close);
    ws.assert_unanswered(&[&cancel("7")]).await;

    let mut other = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
    other.send(&closing("1")).await;
    assert_eq!(other.receive_json().await["result"], 1);
}

#[tokio::test]
async fn the_typed_client_sees_a_stream_that_ends_with_the_daemon() {
    let node = TestNode::start().await;
    let client = node.client(Permission::Read).await;
    let mut dropped = bounded(client.closing()).await.unwrap();
    let mut closing = bounded(client.closing()).await.unwrap();
    drop(dropped.next());
    drop(dropped);
    assert!(bounded(client.version()).await.is_ok());
    node.stop().await;
    assert!(bounded(closing.next()).await.is_none());
}

/// Channels are numbered from 1 on every connection, so these two have the same number.
#[tokio::test]
async fn a_channel_of_one_client_does_not_end_that_of_another() {
    let node = TestNode::start().await;
    let mut first = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
    let mut second = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
    for ws in [&mut first, &mut second] {
        ws.send(&closing("1")).await;
        assert_eq!(ws.receive_json().await["result"], 1);
    }
    for _ in 0..20 {
        first.assert_unanswered(&[]).await;
    }
    second.send(&cancel("1")).await;
    assert_eq!(second.receive_json().await["method"], "xrpc.ch.close");
    first.assert_unanswered(&[]).await;
}
