//! Calls over HTTP.

use std::time::Duration;

use jsonrpsee::core::client::{ClientT, SubscriptionClientT};
use jsonrpsee::rpc_params;
use lotus_client::{ApiPath, CallError, Client, error};

use crate::peer::{Peer, TOKEN, within};

/// Calls `Filecoin.Version` and lets the peer answer; returns the text that a user would see.
async fn failure(status: &str, content_type: &str, body: &str) -> String {
    let peer = Peer::bind().await;
    let client = Client::connect(&peer.http(), ApiPath::V0).await.unwrap();
    let (result, _) = tokio::join!(
        within(client.request::<String, _>("Filecoin.Version", rpc_params![])),
        peer.answer(status, content_type, body)
    );
    let error = result.unwrap_err();
    assert!(!format!("{error:?}").contains(TOKEN), "{error:?}");
    let text = error::message(&error);
    assert!(!text.contains(TOKEN), "{text}");
    text.replace(&peer.port().to_string(), "PORT")
}

const JSON: &str = "application/json";

#[tokio::test]
async fn a_call_carries_the_token_to_the_path_of_the_version() {
    let peer = Peer::bind().await;
    let client = Client::connect(&peer.http(), ApiPath::V0).await.unwrap();
    let (result, request) = tokio::join!(
        within(client.request::<String, _>("Filecoin.Version", rpc_params!["x"])),
        peer.answer(
            "200 OK",
            JSON,
            r#"{"id":0,"jsonrpc":"2.0","result":"hello"}"#
        )
    );
    assert_eq!(result.unwrap(), "hello");
    assert!(
        request.starts_with("POST /rpc/v0 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains(&format!("authorization: Bearer {TOKEN}\r\n")),
        "{request}"
    );
    assert!(
        request.contains(r#""method":"Filecoin.Version","params":["x"]"#),
        "{request}"
    );
}

#[tokio::test]
async fn without_a_token_no_header_is_sent() {
    let peer = Peer::bind().await;
    let mut info = peer.http();
    info.token = None;
    let client = Client::connect(&info, ApiPath::V1).await.unwrap();
    let (result, request) = tokio::join!(
        within(client.request::<(), _>("Filecoin.LogSetLevel", rpc_params![])),
        peer.answer("200 OK", JSON, r#"{"id":0,"jsonrpc":"2.0","result":null}"#)
    );
    result.unwrap();
    assert!(
        !request.to_lowercase().contains("authorization"),
        "{request}"
    );
}

#[tokio::test]
async fn an_error_of_the_node_is_shown_in_its_words() {
    let denied = r#"{"error":{"code":1,"message":"missing permission to invoke 'AuthNew' (need 'admin')"},"id":0,"jsonrpc":"2.0"}"#;
    assert_eq!(
        failure("200 OK", JSON, denied).await,
        "missing permission to invoke 'AuthNew' (need 'admin')"
    );
}

#[tokio::test]
async fn a_protocol_error_is_read_from_a_failing_status() {
    // Lotus's answer to an unknown method, status and body.
    let unknown = r#"{"error":{"code":-32601,"message":"method 'Filecoin.Nope' not found"},"id":0,"jsonrpc":"2.0"}"#;
    for status in ["500 Internal Server Error", "400 Bad Request"] {
        assert_eq!(
            failure(status, JSON, unknown).await,
            "RPC error (-32601): method 'Filecoin.Nope' not found"
        );
    }
}

#[tokio::test]
async fn a_page_of_a_proxy_is_no_answer() {
    assert_eq!(
        failure("502 Bad Gateway", "text/html", "<html>").await,
        "http://127.0.0.1:PORT/rpc/v0 (address from FULLNODE_API_INFO) answered with HTTP status \
         502; is this the API of a node?"
    );
}

#[tokio::test]
async fn a_refused_token_is_named_by_its_origin() {
    assert_eq!(
        failure("401 Unauthorized", "text/plain", "").await,
        "the node refused the token (HTTP 401) from FULLNODE_API_INFO: \
         http://127.0.0.1:PORT/rpc/v0 (address from FULLNODE_API_INFO); make one with \
         `lotus auth create-token` on the machine of the node"
    );
}

#[tokio::test]
async fn an_answer_of_another_shape_names_the_node() {
    let number = r#"{"id":0,"jsonrpc":"2.0","result":1}"#;
    for body in [number, "{", r#"{"id":0}"#, "hello"] {
        let text = failure("200 OK", JSON, body).await;
        assert!(
            text.starts_with(
                "cannot understand the answer of http://127.0.0.1:PORT/rpc/v0 (address from \
                 FULLNODE_API_INFO): "
            ),
            "{text}"
        );
    }
}

#[tokio::test]
async fn nobody_listening_is_said_plainly() {
    let peer = Peer::bind().await;
    let (info, port) = (peer.http(), peer.port());
    drop(peer);
    let client = Client::connect(&info, ApiPath::V0).await.unwrap();
    let result = within(client.request::<String, _>("Filecoin.Version", rpc_params![])).await;
    assert_eq!(
        error::message(&result.unwrap_err()),
        format!(
            "cannot reach http://127.0.0.1:{port}/rpc/v0 (address from FULLNODE_API_INFO): \
             connection refused; is the daemon running?"
        )
    );
}

#[tokio::test]
async fn a_silent_node_runs_into_the_request_timeout() {
    let peer = Peer::bind().await;
    let client = Client::builder()
        .request_timeout(Duration::from_millis(250))
        .connect(&peer.http(), ApiPath::V0)
        .await
        .unwrap();
    let (result, _socket) = tokio::join!(
        within(client.request::<String, _>("Filecoin.Version", rpc_params![])),
        peer.request()
    );
    let text = error::message(&result.unwrap_err());
    assert!(text.contains("did not answer within 0.25 s"), "{text}");
    assert!(text.contains("(address from FULLNODE_API_INFO)"), "{text}");
}

#[tokio::test]
async fn a_stream_over_http_is_refused_with_the_way_out() {
    let peer = Peer::bind().await;
    let client = Client::connect(&peer.http(), ApiPath::V1).await.unwrap();
    let result = client
        .subscribe::<u64, _>(
            "Filecoin.ChainNotify",
            rpc_params![],
            "Filecoin.ChainNotify.cancel",
        )
        .await;
    let text = error::message(&result.unwrap_err());
    assert!(
        text.contains("cannot stream") && text.contains("ws://"),
        "{text}"
    );
    let result = client.subscribe_to_method::<u64>("eth_subscription").await;
    assert!(matches!(result, Err(CallError::Transport(_))));
}

#[tokio::test]
async fn a_client_prints_its_endpoint_and_not_its_token() {
    let peer = Peer::bind().await;
    let client = Client::connect(&peer.http(), ApiPath::V1).await.unwrap();
    let debug = format!("{client:?} {:?}", Client::builder());
    assert!(
        debug.contains("/rpc/v1") && !debug.contains(TOKEN),
        "{debug}"
    );
    assert!(client.is_connected());
}
