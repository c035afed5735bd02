//! Calls over a WebSocket, and what becomes of them when it breaks.

use std::time::Duration;

use jsonrpsee::core::client::{ClientT, Subscription, SubscriptionClientT};
use jsonrpsee::rpc_params;
use lotus_client::{ApiPath, Client, Error, error};
use tokio::io::AsyncWriteExt;

use crate::peer::{Peer, TOKEN, hasty, within};

/// The error of connecting to a peer that answers the handshake with `response`.
async fn refused(response: &str) -> Error {
    let peer = Peer::bind().await;
    let info = peer.multiaddr();
    let (result, ()) = tokio::join!(within(Client::connect(&info, ApiPath::V0)), async {
        let (mut socket, _) = peer.request().await;
        socket.write_all(response.as_bytes()).await.unwrap();
    });
    let error = result.unwrap_err();
    assert!(!error.to_string().contains(TOKEN) && !format!("{error:?}").contains(TOKEN));
    error
}

#[tokio::test]
async fn the_handshake_carries_the_token_to_the_path_of_the_version() {
    let peer = Peer::bind().await;
    let info = peer.multiaddr();
    let (client, (mut socket, request)) =
        tokio::join!(within(Client::connect(&info, ApiPath::V1)), peer.accept());
    let client = client.unwrap();
    assert_eq!(request.uri().path(), "/rpc/v1");
    assert_eq!(
        request.headers()["authorization"],
        format!("Bearer {TOKEN}")
    );
    assert_eq!(
        client.endpoint().url(),
        format!("ws://127.0.0.1:{}/rpc/v1", peer.port())
    );

    let call = client.request::<String, _>("Filecoin.Version", rpc_params![1]);
    let (result, ()) = tokio::join!(within(call), async {
        assert_eq!(
            socket.recv().await,
            r#"{"jsonrpc":"2.0","id":0,"method":"Filecoin.Version","params":[1]}"#
        );
        // Lotus ends its frames with a line feed.
        socket
            .send("{\"id\":0,\"jsonrpc\":\"2.0\",\"result\":\"hello\"}\n")
            .await;
    });
    assert_eq!(result.unwrap(), "hello");
}

#[tokio::test]
async fn a_refused_token_is_named_by_its_origin() {
    let error = refused("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await;
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("the node refused the token (HTTP 401) from FULLNODE_API_INFO: ws://"),
        "{error}"
    );
}

#[tokio::test]
async fn another_server_is_not_taken_for_a_node() {
    let error = refused("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    assert!(
        matches!(error, Error::Rejected { status: 404, .. }),
        "{error}"
    );
    let error = refused("220 mail.example.org ESMTP\r\n\r\n").await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn the_token_does_not_follow_a_redirection() {
    let elsewhere = Peer::bind().await;
    let response = format!(
        "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n",
        elsewhere.port()
    );
    tokio::select! {
        biased;
        _ = elsewhere.accept() => panic!("followed"),
        error = refused(&response) => {
            assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn a_plain_peer_at_a_tls_address_never_sees_the_token() {
    let peer = Peer::bind().await;
    let address = format!("{TOKEN}:/ip4/127.0.0.1/tcp/{}/wss", peer.port());
    let info = address.parse().unwrap();
    let (result, first) = tokio::join!(within(Client::connect(&info, ApiPath::V1)), async {
        let (mut socket, first) = peer.first_bytes().await;
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        first
    });
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot reach wss://127.0.0.1:"),
        "{error}"
    );
    // A TLS record of the type "handshake", in which nothing is said in the clear.
    assert_eq!(first[0], 0x16);
    assert!(!String::from_utf8_lossy(&first).contains(TOKEN));
}

#[tokio::test]
async fn nobody_listening_is_said_plainly() {
    let peer = Peer::bind().await;
    let (info, port) = (peer.multiaddr(), peer.port());
    drop(peer);
    let error = within(Client::connect(&info, ApiPath::V0))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot reach ws://127.0.0.1:{port}/rpc/v0 (address from FULLNODE_API_INFO): \
             connection refused; is the daemon running?"
        )
    );
}

#[tokio::test]
async fn a_silent_handshake_runs_into_the_connect_timeout() {
    let peer = Peer::bind().await;
    let info = peer.multiaddr();
    let builder = Client::builder().connect_timeout(Duration::from_millis(250));
    let (result, _socket) =
        tokio::join!(within(builder.connect(&info, ApiPath::V0)), peer.request());
    let text = result.unwrap_err().to_string();
    assert!(text.ends_with("no answer within 0.25 s"), "{text}");
}

#[tokio::test]
async fn a_silent_call_runs_into_the_request_timeout_and_the_connection_stays() {
    let peer = Peer::bind().await;
    let info = peer.multiaddr();
    let builder = Client::builder().request_timeout(Duration::from_millis(250));
    let (client, (mut socket, _)) =
        tokio::join!(within(builder.connect(&info, ApiPath::V0)), peer.accept());
    let client = client.unwrap();
    let error = within(client.request::<u64, _>("Filecoin.Slow", rpc_params![]))
        .await
        .unwrap_err();
    let text = error::message(&error);
    assert!(text.contains("did not answer within 0.25 s"), "{text}");

    // The late answer meets nobody, and the next call is answered.
    socket.recv().await;
    socket.send(r#"{"id":0,"jsonrpc":"2.0","result":1}"#).await;
    let call = client.request::<u64, _>("Filecoin.Fast", rpc_params![]);
    let (result, ()) = tokio::join!(within(call), async {
        socket.recv().await;
        socket.send(r#"{"id":1,"jsonrpc":"2.0","result":2}"#).await;
    });
    assert_eq!(result.unwrap(), 2);
}

/// A lost connection ends the stream, fails the call in flight and, when the client was told not to
/// connect anew, the calls after it.
async fn loses(lose: impl AsyncFnOnce(crate::peer::Socket), why: &str) {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected_by(hasty().reconnect(false)).await;
    let subscribe = client.subscribe(
        "Filecoin.ChainNotify",
        rpc_params![],
        "Filecoin.ChainNotify.cancel",
    );
    let (stream, ()) = tokio::join!(within(subscribe), async {
        socket.recv().await;
        socket.send(r#"{"id":0,"jsonrpc":"2.0","result":1}"#).await;
        socket
            .send(r#"{"jsonrpc":"2.0","method":"xrpc.ch.val","params":[1,5]}"#)
            .await;
    });
    let mut stream: Subscription<u64> = stream.unwrap();

    let in_flight = client.request::<u64, _>("Filecoin.Slow", rpc_params![]);
    let (result, ()) = tokio::join!(within(in_flight), async {
        socket.recv().await;
        lose(socket).await;
    });
    let after = within(client.request::<u64, _>("Filecoin.Version", rpc_params![])).await;
    for error in [result.unwrap_err(), after.unwrap_err()] {
        let text = error::message(&error);
        assert!(
            text.starts_with("lost the connection to ws://127.0.0.1:"),
            "{text}"
        );
        assert!(
            text.contains("(address from FULLNODE_API_INFO)") && text.contains(why),
            "{text}"
        );
    }
    assert_eq!(within(stream.next()).await.unwrap().unwrap(), 5);
    assert!(within(stream.next()).await.is_none());
    assert!(!client.is_connected());
}

#[tokio::test]
async fn a_vanished_node_ends_everything() {
    loses(async |socket| drop(socket), "the connection broke").await;
}

#[tokio::test]
async fn a_node_that_closes_says_why() {
    loses(
        async |mut socket| socket.close(4401, "token revoked").await,
        "the node closed it (code 4401) token revoked",
    )
    .await;
}

#[tokio::test]
async fn a_peer_that_answers_what_nobody_asked_is_left() {
    loses(
        async |mut socket| {
            socket.send(r#"{"id":77,"jsonrpc":"2.0","result":1}"#).await;
            within(socket.hung_up()).await;
        },
        "it answered a call that was not made",
    )
    .await;
}

#[tokio::test]
async fn a_peer_that_talks_nonsense_is_left() {
    loses(
        async |mut socket| {
            socket.send("nonsense").await;
            // Hold the socket open until the client hangs up.
            within(socket.hung_up()).await;
        },
        "it sent a message that is not JSON-RPC",
    )
    .await;
}
