//! A WebSocket that is lost and comes back, or does not.

use std::time::Duration;

use jsonrpsee::core::client::ClientT;
use jsonrpsee::rpc_params;
use lotus_client::{CallError, Client, Error, error};
use tokio::io::AsyncWriteExt;

use crate::peer::{Peer, hasty, within};

async fn call(client: &Client) -> Result<u64, CallError> {
    within(client.request("Filecoin.Version", rpc_params![])).await
}

/// Waits until the client has noticed that it has lost its connection: a call that meets the loss
/// itself may be on its way already, and fails.
async fn noticed(client: &Client) {
    within(async {
        while client.is_connected() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn cause(error: &CallError) -> &Error {
    match error {
        CallError::Transport(cause) => cause.downcast_ref().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// The client does not dial: its calls fail at once, and nobody knocks meanwhile.
async fn assert_ended(client: &Client, peer: &Peer) -> CallError {
    assert!(!client.is_connected());
    tokio::select! {
        biased;
        _ = peer.accept() => panic!("dialled again"),
        result = call(client) => result.unwrap_err(),
    }
}

#[tokio::test]
async fn a_call_after_the_loss_waits_for_the_new_connection() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    for _ in 0..3 {
        drop(socket);
        noticed(&client).await;
        let (result, next) = tokio::join!(call(&client), async {
            let (mut socket, request) = peer.accept().await;
            assert_eq!(request.uri().path(), "/rpc/v1");
            assert!(request.headers().contains_key("authorization"));
            socket.answer("Filecoin.Version", "5").await;
            socket
        });
        assert_eq!(result.unwrap(), 5);
        assert!(client.is_connected());
        socket = next;
    }
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_another() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    socket.close(1001, "restarting").await;
    drop(socket);
    noticed(&client).await;
    let (result, ()) = tokio::join!(call(&client), async {
        // A proxy whose node is not there yet, and a connection that breaks.
        let (mut refused, _) = peer.request().await;
        let response = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
        refused.write_all(response).await.unwrap();
        drop(peer.request().await);
        let (mut socket, _) = peer.accept().await;
        socket.answer("Filecoin.Version", "5").await;
    });
    assert_eq!(result.unwrap(), 5);
}

#[tokio::test]
async fn a_call_that_waits_in_vain_says_what_it_waited_for() {
    let peer = Peer::bind().await;
    let builder = hasty().request_timeout(Duration::from_millis(250));
    let (client, mut socket) = peer.connected_by(builder).await;
    socket.close(1001, "going").await;
    drop((socket, peer));
    noticed(&client).await;
    let error = call(&client).await.unwrap_err();
    assert!(
        matches!(cause(&error), Error::Unreachable { reason, .. } if reason.contains("refused")),
        "{error}"
    );
}

#[tokio::test]
async fn a_dead_token_ends_it_with_the_reason() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let (result, ()) = tokio::join!(call(&client), async {
        socket.recv().await;
        socket.close(4401, "the token was revoked").await;
        within(socket.hung_up()).await;
    });
    for error in [result.unwrap_err(), assert_ended(&client, &peer).await] {
        let text = error::message(&error);
        assert!(text.contains("(code 4401) the token was revoked"), "{text}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_on_the_way_back_ends_it() {
    let peer = Peer::bind().await;
    let (client, socket) = peer.connected().await;
    drop(socket);
    noticed(&client).await;
    let (result, ()) = tokio::join!(call(&client), async {
        let (mut refused, _) = peer.request().await;
        let response = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
        refused.write_all(response).await.unwrap();
    });
    for error in [result.unwrap_err(), assert_ended(&client, &peer).await] {
        assert!(
            matches!(cause(&error), Error::Unauthorized { .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_last_client_takes_the_connection_with_it() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let clone = client.clone();
    drop(client);
    let (result, _) = tokio::join!(call(&clone), socket.answer("Filecoin.Version", "5"));
    assert_eq!(result.unwrap(), 5);
    drop(clone);
    within(socket.hung_up()).await;
}
