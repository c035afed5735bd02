//! What is repeated when the connection fails, counted by the peer.

use std::time::Duration;

use jsonrpsee::core::client::ClientT;
use jsonrpsee::rpc_params;
use lotus_client::{ApiPath, CallError, Client, ClientBuilder, error};

use crate::peer::{Peer, hasty, within};

/// Lotus marks it `retry:"true"`.
const SAFE: &str = "Filecoin.ReturnFetch";
const UNSAFE: &str = "Filecoin.MpoolPushMessage";

async fn call(client: &Client, method: &str) -> Result<u64, CallError> {
    within(client.request(method, rpc_params!["x"])).await
}

/// Makes a call over HTTP to a peer that reads requests and hangs up; returns how many it has seen.
async fn seen(builder: ClientBuilder, method: &str) -> (usize, String) {
    let peer = Peer::bind().await;
    let client = builder.connect(&peer.http(), ApiPath::V0).await.unwrap();
    let mut seen = 0;
    let error = tokio::select! {
        result = call(&client, method) => result.unwrap_err(),
        () = async {
            loop {
                let (_, request) = peer.request().await;
                assert!(request.contains(method), "{request}");
                seen += 1;
            }
        } => unreachable!(),
    };
    (seen, error::message(&error))
}

#[tokio::test]
async fn over_http_a_safe_call_is_tried_as_often_as_set() {
    for (builder, attempts) in [(hasty(), 5), (hasty().attempts(3), 3)] {
        let (count, text) = seen(builder, SAFE).await;
        assert_eq!(count, attempts);
        assert!(text.starts_with("cannot reach http://127.0.0.1:"), "{text}");
    }
}

#[tokio::test]
async fn over_http_nothing_else_is_repeated() {
    assert_eq!(seen(hasty(), UNSAFE).await.0, 1);
    assert_eq!(seen(hasty().attempts(1), SAFE).await.0, 1);
    assert_eq!(seen(hasty().attempts(0), SAFE).await.0, 1);
}

#[tokio::test]
async fn an_answer_of_the_node_is_final() {
    for (status, body) in [
        (
            "200 OK",
            r#"{"error":{"code":1,"message":"no such call"},"id":0,"jsonrpc":"2.0"}"#,
        ),
        ("401 Unauthorized", ""),
        ("200 OK", "{"),
    ] {
        let peer = Peer::bind().await;
        let client = hasty().connect(&peer.http(), ApiPath::V0).await.unwrap();
        let (result, request) = tokio::join!(
            call(&client, SAFE),
            peer.answer(status, "application/json", body)
        );
        // Another attempt would wait for an answer in vain.
        result.unwrap_err();
        assert!(request.contains(SAFE));
    }
}

#[tokio::test]
async fn a_repeated_call_may_succeed() {
    let peer = Peer::bind().await;
    let client = hasty().connect(&peer.http(), ApiPath::V0).await.unwrap();
    let (result, ()) = tokio::join!(call(&client, SAFE), async {
        let (_, first) = peer.request().await;
        let body = r#"{"id":1,"jsonrpc":"2.0","result":7}"#;
        let second = peer.answer("200 OK", "application/json", body).await;
        for request in [&first, &second] {
            assert!(request.contains(r#""params":["x"]"#), "{request}");
        }
    });
    assert_eq!(result.unwrap(), 7);
}

#[tokio::test]
async fn all_attempts_are_within_the_request_timeout() {
    let peer = Peer::bind().await;
    let client = hasty()
        .attempts(u32::MAX)
        .request_timeout(Duration::from_millis(250))
        .connect(&peer.http(), ApiPath::V0)
        .await
        .unwrap();
    drop(peer);
    let text = error::message(&call(&client, SAFE).await.unwrap_err());
    assert!(
        text.contains("connection refused") || text.contains("0.25 s"),
        "{text}"
    );
}

#[tokio::test]
async fn over_a_websocket_only_a_safe_call_goes_to_the_next_connection() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;

    let (result, mut socket) = tokio::join!(call(&client, SAFE), async {
        assert!(socket.recv().await.contains(SAFE));
        drop(socket);
        let (mut socket, _) = peer.accept().await;
        socket.answer(SAFE, "7").await;
        socket
    });
    assert_eq!(result.unwrap(), 7);

    let (result, ()) = tokio::join!(call(&client, UNSAFE), async {
        assert!(socket.recv().await.contains(UNSAFE));
        drop(socket);
    });
    let text = error::message(&result.unwrap_err());
    assert!(
        text.starts_with("lost the connection to ws://127.0.0.1:"),
        "{text}"
    );

    // What the peer hears next is the next call.
    let (mut socket, _) = peer.accept().await;
    let (result, _) = tokio::join!(
        call(&client, "Filecoin.Other"),
        socket.answer("Filecoin.Other", "8")
    );
    assert_eq!(result.unwrap(), 8);
}
