//! Channels as typed streams: what goes over the wire, and that the connection outlives them.

use jsonrpsee::core::client::{ClientT, Subscription, SubscriptionClientT};
use jsonrpsee::proc_macros::rpc;
use jsonrpsee::rpc_params;
use lotus_client::{Client, error};

use crate::peer::{Peer, Socket, within};

/// What the API traits look like, in small.
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
trait Test {
    #[method(name = "Version")]
    async fn version(&self) -> Result<String, jsonrpsee::types::ErrorObjectOwned>;

    #[subscription(name = "ChainNotify", unsubscribe = "ChainNotify.cancel", item = Vec<u64>)]
    async fn chain_notify(&self) -> Result<(), jsonrpsee::types::ErrorObjectOwned>;
}

/// Opens a channel by a typed method; the peer gives it the id `channel`.
async fn open(
    client: &Client,
    socket: &mut Socket,
    channel: u64,
) -> (Subscription<Vec<u64>>, String) {
    let (stream, request) = tokio::join!(within(client.chain_notify()), async {
        let request = socket.recv().await;
        let id = id_of(&request);
        socket
            .send(&format!(
                r#"{{"id":{id},"jsonrpc":"2.0","result":{channel}}}"#
            ))
            .await;
        request
    });
    (stream.unwrap(), request)
}

fn id_of(request: &str) -> u64 {
    let request: serde_json::Value = serde_json::from_str(request).unwrap();
    request["id"].as_u64().unwrap()
}

/// The connection still works, and the call is the next thing that the peer hears.
async fn assert_alive(client: &Client, socket: &mut Socket) {
    let (version, ()) = tokio::join!(within(client.version()), async {
        let request = socket.recv().await;
        assert!(
            request.contains(r#""method":"Filecoin.Version""#),
            "{request}"
        );
        let id = id_of(&request);
        socket
            .send(&format!(r#"{{"id":{id},"jsonrpc":"2.0","result":"v"}}"#))
            .await;
    });
    assert_eq!(version.unwrap(), "v");
}

#[tokio::test]
async fn values_arrive_typed_and_a_stop_is_a_cancel_of_the_call() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    assert_alive(&client, &mut socket).await;

    let (mut stream, request) = open(&client, &mut socket, 7).await;
    assert_eq!(
        request,
        r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.ChainNotify"}"#
    );
    socket.value(7, "[1]").await;
    socket.value(7, "[2,3]").await;
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), [1]);
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), [2, 3]);

    within(stream.unsubscribe()).await.unwrap();
    assert_eq!(
        socket.recv().await,
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel","params":[1]}"#
    );
    socket.value(7, "[4]").await;
    socket.close_channel(7).await;
    assert_alive(&client, &mut socket).await;

    // The node may use the number again.
    let (mut stream, _) = open(&client, &mut socket, 7).await;
    socket.value(7, "[5]").await;
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), [5]);
}

#[tokio::test]
async fn dropping_a_stream_stops_it() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let (stream, _) = open(&client, &mut socket, 1).await;
    drop(stream);
    assert_eq!(
        socket.recv().await,
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel","params":[0]}"#
    );
    socket.close_channel(1).await;
    assert_alive(&client, &mut socket).await;
}

#[tokio::test]
async fn a_channel_that_the_node_closes_ends_the_stream_after_its_last_value() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let (mut stream, _) = open(&client, &mut socket, 1).await;
    socket.value(1, "[9]").await;
    socket.close_channel(1).await;
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), [9]);
    assert!(within(stream.next()).await.is_none());
    drop(stream);
    // No cancel goes out for it.
    assert_alive(&client, &mut socket).await;
}

#[tokio::test]
async fn channels_do_not_mix() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let (mut first, _) = open(&client, &mut socket, 1).await;
    let (mut second, request) = open(&client, &mut socket, 2).await;
    socket.value(2, "[20]").await;
    socket.value(1, "[10]").await;
    assert_eq!(within(first.next()).await.unwrap().unwrap(), [10]);
    assert_eq!(within(second.next()).await.unwrap().unwrap(), [20]);

    drop(second);
    let cancel = format!(
        r#"{{"jsonrpc":"2.0","method":"xrpc.cancel","params":[{}]}}"#,
        id_of(&request)
    );
    assert_eq!(socket.recv().await, cancel);
    socket.close_channel(2).await;
    socket.value(1, "[11]").await;
    assert_eq!(within(first.next()).await.unwrap().unwrap(), [11]);
}

#[tokio::test]
async fn a_refused_channel_is_an_error_and_the_connection_lives() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let (result, ()) = tokio::join!(within(client.chain_notify()), async {
        socket.recv().await;
        let refusal = r#"{"error":{"code":1,"message":"missing permission to invoke 'ChainNotify' (need 'read')"},"id":0,"jsonrpc":"2.0"}"#;
        socket.send(refusal).await;
    });
    assert_eq!(
        error::message(&result.unwrap_err()),
        "missing permission to invoke 'ChainNotify' (need 'read')"
    );
    assert_alive(&client, &mut socket).await;
}

#[tokio::test]
async fn odd_frames_leave_the_connection_alone() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let (mut stream, _) = open(&client, &mut socket, 1).await;
    for frame in [
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.val","params":[]}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.val","params":[99,[1]]}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.val","params":"x"}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.close","params":["1"]}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.close","params":[99]}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.ch.close"}"#,
        r#"{"jsonrpc":"2.0","method":"xrpc.other","params":[1]}"#,
    ] {
        socket.send(frame).await;
    }
    // Order of keys, white space and a binary frame are the node's business; a value of another
    // type fails itself and not the stream.
    socket
        .send("{\"params\": [1, [1]], \"method\": \"xrpc.ch.val\"   , \"jsonrpc\":\"2.0\"}\n")
        .await;
    socket
        .send_binary(r#"{"jsonrpc":"2.0","method":"xrpc.ch.val","params":[1,[2]]}"#)
        .await;
    socket.value(1, "\"three\"").await;
    socket.value(1, "[4]").await;
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), [1]);
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), [2]);
    assert!(within(stream.next()).await.unwrap().is_err());
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), [4]);
    assert_alive(&client, &mut socket).await;
}

#[tokio::test]
async fn a_subscription_of_ethereum_passes_through() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let subscribe = client.subscribe("eth_subscribe", rpc_params!["newHeads"], "eth_unsubscribe");
    let (stream, ()) = tokio::join!(within(subscribe), async {
        socket.recv().await;
        socket
            .send(r#"{"id":0,"jsonrpc":"2.0","result":"0xab"}"#)
            .await;
    });
    let mut stream: Subscription<u64> = stream.unwrap();
    socket
        .send(r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xab","result":8},"meta":{"SpanContext":"x"}}"#)
        .await;
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), 8);
    drop(stream);
    assert_eq!(
        socket.recv().await,
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_unsubscribe","params":["0xab"]}"#
    );
    socket
        .send(r#"{"id":1,"jsonrpc":"2.0","result":true}"#)
        .await;
    let result = client.request::<u64, _>("Filecoin.Version", rpc_params![]);
    let (result, ()) = tokio::join!(within(result), async {
        let id = id_of(&socket.recv().await);
        socket
            .send(&format!(r#"{{"id":{id},"jsonrpc":"2.0","result":1}}"#))
            .await;
    });
    assert_eq!(result.unwrap(), 1);
}
