//! Streams that outlive their connection.

use futures_util::StreamExt;
use jsonrpsee::core::client::SubscriptionClientT;
use jsonrpsee::rpc_params;
use lotus_client::{ApiPath, CallError, Client, Event, Resubscribing, error};

use crate::peer::{Peer, Socket, within};

const WATCH: &str = "Filecoin.Watch";

async fn watch(client: &Client) -> Result<Resubscribing<Vec<u64>>, CallError> {
    let open = |client: Client| async move {
        client
            .subscribe(WATCH, rpc_params!["all"], "Filecoin.Watch.cancel")
            .await
    };
    within(client.resubscribing(open)).await
}

/// The peer answers a call that opens a channel.
async fn opens(socket: &mut Socket, channel: u64) -> u64 {
    let call = socket.answer(WATCH, &channel.to_string()).await;
    assert_eq!(call["params"], serde_json::json!(["all"]));
    call["id"].as_u64().unwrap()
}

async fn watching(peer: &Peer) -> (Client, Resubscribing<Vec<u64>>, Socket) {
    let (client, mut socket) = peer.connected().await;
    let (stream, _) = tokio::join!(watch(&client), opens(&mut socket, 1));
    (client, stream.unwrap(), socket)
}

async fn event(stream: &mut Resubscribing<Vec<u64>>) -> Event<Vec<u64>> {
    within(stream.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_lost_connection_is_a_gap() {
    let peer = Peer::bind().await;
    let (_client, mut stream, mut socket) = watching(&peer).await;
    socket.value(1, "[1]").await;
    assert_eq!(event(&mut stream).await, Event::Value(vec![1]));

    socket.value(1, "[2]").await;
    drop(socket);
    // What came before the loss is still there, or lost with it; then the gap.
    let (gap, mut socket) = tokio::join!(
        async {
            match event(&mut stream).await {
                Event::Value(value) => {
                    assert_eq!(value, [2]);
                    event(&mut stream).await
                }
                gap => gap,
            }
        },
        async {
            // The connection breaks once more before the channel is open.
            let (mut socket, _) = peer.accept().await;
            socket.recv().await;
            drop(socket);
            let (mut socket, _) = peer.accept().await;
            opens(&mut socket, 9).await;
            socket
        }
    );
    assert_eq!(gap, Event::Gap);
    socket.value(9, "[3]").await;
    assert_eq!(event(&mut stream).await, Event::Value(vec![3]));
}

#[tokio::test]
async fn a_channel_that_the_node_closes_ends_the_stream() {
    let peer = Peer::bind().await;
    let (client, mut stream, mut socket) = watching(&peer).await;
    socket.value(1, "\"one\"").await;
    socket.value(1, "[2]").await;
    socket.close_channel(1).await;
    // A value of another type fails itself and not the stream.
    let odd = within(stream.next()).await.unwrap().unwrap_err();
    assert!(error::message(&odd).contains("cannot understand"), "{odd}");
    assert_eq!(event(&mut stream).await, Event::Value(vec![2]));
    assert!(within(stream.next()).await.is_none());
    assert!(within(stream.next()).await.is_none());
    assert!(client.is_connected());
}

#[tokio::test]
async fn a_channel_that_is_refused_on_the_way_back_ends_with_the_reason() {
    let peer = Peer::bind().await;
    let (_client, mut stream, socket) = watching(&peer).await;
    drop(socket);
    let (last, _socket) = tokio::join!(within(stream.next()), async {
        let (mut socket, _) = peer.accept().await;
        let call: serde_json::Value = serde_json::from_str(&socket.recv().await).unwrap();
        let id = &call["id"];
        socket
            .send(&format!(
                r#"{{"id":{id},"jsonrpc":"2.0","error":{{"code":1,"message":"not any more"}}}}"#
            ))
            .await;
        socket
    });
    let last = last.unwrap().unwrap_err();
    assert_eq!(error::message(&last), "not any more");
    assert!(within(stream.next()).await.is_none());
}

#[tokio::test]
async fn a_dead_token_ends_the_stream_with_the_reason() {
    let peer = Peer::bind().await;
    let (_client, mut stream, mut socket) = watching(&peer).await;
    socket.close(4401, "the token has expired").await;
    let last = within(stream.next()).await.unwrap().unwrap_err();
    let text = error::message(&last);
    assert!(text.contains("(code 4401) the token has expired"), "{text}");
    assert!(within(stream.next()).await.is_none());
}

#[tokio::test]
async fn a_program_that_reads_too_slowly_sees_a_gap() {
    let peer = Peer::bind().await;
    let (_client, mut stream, mut socket) = watching(&peer).await;
    for value in 0..1500 {
        socket.value(1, &format!("[{value}]")).await;
    }
    assert!(socket.recv().await.contains("xrpc.cancel"));
    socket.close_channel(1).await;
    let (missed, ()) = tokio::join!(
        async {
            let mut read = 0;
            while let Event::Value(value) = event(&mut stream).await {
                assert_eq!(value, [read]);
                read += 1;
            }
            1500 - read
        },
        async {
            opens(&mut socket, 2).await;
        }
    );
    assert!(missed > 0);
    socket.value(2, "[7]").await;
    assert_eq!(event(&mut stream).await, Event::Value(vec![7]));
}

#[tokio::test]
async fn it_is_a_stream_that_stops_its_channel_when_dropped() {
    let peer = Peer::bind().await;
    let (_client, stream, mut socket) = watching(&peer).await;
    socket.value(1, "[1]").await;
    let first: Vec<_> = within(stream.take(1).collect()).await;
    assert!(matches!(&first[..], [Ok(Event::Value(value))] if value == &[1]));
    assert_eq!(
        socket.recv().await,
        r#"{"jsonrpc":"2.0","method":"xrpc.cancel","params":[0]}"#
    );
}

#[tokio::test]
async fn over_http_there_is_none() {
    let peer = Peer::bind().await;
    let client = Client::connect(&peer.http(), ApiPath::V1).await.unwrap();
    let text = error::message(&watch(&client).await.unwrap_err());
    assert!(text.contains("cannot stream"), "{text}");
}
