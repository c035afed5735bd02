//! JSON-RPC over HTTP, byte by byte, against what go-jsonrpc does.

use lotus_core::Permission;
use lotus_testutil::wire::{exchange, get, post};
use lotus_testutil::{TestDaemon, TestMiner, TestNode};
use serde_json::{Value, json};

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

async fn call(node: &TestDaemon, body: &str) -> (u16, Value) {
    let response = post(node.socket(), "/rpc/v0", &[], body).await;
    assert_eq!(
        response.headers["content-type"], "application/json",
        "{body}"
    );
    (response.status, response.json())
}

#[tokio::test]
async fn a_result_is_go_jsonrpc_s_bytes() {
    let node = TestNode::start().await;
    let body = r#"{"jsonrpc":"2.0","id":0,"method":"Filecoin.AuthVerify","params":["x"]}"#;
    let response = post(node.socket(), "/rpc/v1", &[], body).await;
    let expected = "{\"id\":0,\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"JWT Verification failed: jwt: malformed token\"}}\n";
    assert_eq!((response.status, response.body.as_str()), (200, expected));
}

#[tokio::test]
async fn each_path_reports_its_own_api_version() {
    let node = TestNode::start().await;
    for (path, version) in [("/rpc/v0", 66_816), ("/rpc/v1", 131_840)] {
        let reply = post(node.socket(), path, &[], VERSION).await.json();
        assert_eq!(reply["result"]["APIVersion"], version);
        assert_eq!(reply["result"]["BlockDelay"], 30);
    }
    let miner = TestMiner::start().await;
    let reply = post(miner.socket(), "/rpc/v0", &[], VERSION).await.json();
    assert_eq!(reply["result"]["APIVersion"], 66_816);
    assert_eq!(
        post(miner.socket(), "/rpc/v1", &[], VERSION).await.status,
        404
    );
}

/// shipyard numbers from 0, filecoin.js sends `params: null`, iso-filecoin none at all, go-jsonrpc
/// adds `meta`, and Go reads member names in any case.
#[tokio::test]
async fn requests_are_read_as_leniently_as_go_does() {
    let node = TestNode::start().await;
    for (id, rest) in [
        ("0", r#""params":[]"#),
        (r#""abc""#, r#""params":null"#),
        ("1.5", r#""x":1"#),
        ("-3", r#""params":[],"meta":{"SpanContext":"AAA="}"#),
        ("1795280984346", r#""params":[]} trailing {"#),
    ] {
        let end = if rest.contains('}') && !rest.ends_with('}') {
            ""
        } else {
            "}"
        };
        let (status, reply) = call(
            &node,
            &format!(r#"{{"ID":{id},"method":"Filecoin.Version",{rest}{end}"#),
        )
        .await;
        assert_eq!(status, 200);
        assert_eq!(reply["id"], serde_json::from_str::<Value>(id).unwrap());
        assert_eq!(reply["jsonrpc"], "2.0");
        assert_eq!(reply["result"]["Agent"], "lotus");
        assert!(reply.get("error").is_none());
    }
}

/// shipyard posts `text/plain`, web3.py nothing, curl -d a form.
#[tokio::test]
async fn the_content_type_does_not_matter() {
    let node = TestNode::start().await;
    for header in [
        &["Content-Type: text/plain;charset=UTF-8"][..],
        &["Content-Type: application/x-www-form-urlencoded"],
        &["Content-Type: application/json"],
        &[],
    ] {
        let response = post(node.socket(), "/rpc/v0", header, VERSION).await;
        assert_eq!(response.status, 200);
        assert!(response.json()["result"].is_object());
    }
}

#[tokio::test]
async fn protocol_errors_have_lotus_s_code_text_and_status() {
    let node = TestNode::start().await;
    let cases = [
        (
            r#"{"id":1,"method":"Filecoin.Nope"}"#,
            500,
            -32601,
            "method 'Filecoin.Nope' not found",
            json!(1),
        ),
        (r#"{"id":1}"#, 500, -32601, "method '' not found", json!(1)),
        ("null", 500, -32601, "method '' not found", Value::Null),
        (
            r#"{"method":"Filecoin.Nope"}"#,
            500,
            -32601,
            "method 'Filecoin.Nope' not found",
            Value::Null,
        ),
        (
            r#"{"id":1,"method":"Filecoin.Version","params":[1]}"#,
            500,
            -32602,
            "wrong param count (method 'Filecoin.Version'): 1 != 0",
            json!(1),
        ),
        (
            r#"{"id":1,"method":"Filecoin.AuthVerify"}"#,
            500,
            -32602,
            "wrong param count (method 'Filecoin.AuthVerify'): 0 != 1",
            json!(1),
        ),
        (
            r#"{"id":1,"method":"Filecoin.Version","params":{}}"#,
            500,
            -32700,
            "unmarshaling param array: json: cannot unmarshal object into Go value of type []jsonrpc.param",
            json!(1),
        ),
        (
            r#"{"id":1,"method":"Filecoin.Closing","params":[]}"#,
            500,
            -32601,
            "method 'Filecoin.Closing' not supported in this mode (no out channel support)",
            json!(1),
        ),
        (
            r#"{"id":1,"method":"xrpc.cancel","params":[1]}"#,
            500,
            -32601,
            "method 'xrpc.cancel' not found",
            json!(1),
        ),
        (
            r#"{"id":true,"method":"Filecoin.Version"}"#,
            500,
            -32700,
            "failed to parse ID: invalid id type: bool",
            Value::Null,
        ),
        (
            r#"{"id":[],"method":"Filecoin.Version"}"#,
            500,
            -32700,
            "failed to parse ID: invalid id type: []interface {}",
            Value::Null,
        ),
        ("garbage", 500, -32700, "Parse error", Value::Null),
        ("5", 500, -32700, "Parse error", Value::Null),
        ("[1]", 500, -32700, "Parse error", Value::Null),
        ("", 400, -32600, "Invalid request", Value::Null),
        ("  \n", 400, -32600, "Invalid request", Value::Null),
        ("[]", 400, -32600, "Invalid request", Value::Null),
    ];
    for (body, status, code, message, id) in cases {
        let (got_status, reply) = call(&node, body).await;
        let error = json!({ "code": code, "message": message });
        assert_eq!(
            (got_status, &reply["error"], &reply["id"]),
            (status, &error, &id),
            "{body}"
        );
        assert!(reply.get("result").is_none(), "{body}");
    }
}

#[tokio::test]
async fn parameters_that_do_not_decode_say_so_in_the_message() {
    let node = TestNode::start().await;
    let (status, reply) = call(
        &node,
        r#"{"id":1,"method":"Filecoin.AuthVerify","params":[5]}"#,
    )
    .await;
    assert_eq!((status, &reply["error"]["code"]), (500, &json!(-32700)));
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("unmarshaling params for 'Filecoin.AuthVerify'"),
        "{message}"
    );
    assert!(reply["error"].get("data").is_none());
}

#[tokio::test]
async fn a_get_without_a_body_is_an_invalid_request() {
    let node = TestNode::start().await;
    for method in ["GET", "OPTIONS"] {
        let request =
            format!("{method} /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let response = exchange(node.socket(), request.as_bytes()).await;
        assert_eq!(response.status, 400, "{method}");
        assert_eq!(response.json()["error"]["message"], "Invalid request");
        assert!(
            !response
                .headers
                .keys()
                .any(|name| name.starts_with("access-control"))
        );
    }
}

#[tokio::test]
async fn a_notification_runs_and_is_answered_with_an_empty_body() {
    let node = TestNode::start().await;
    let token = node.token(Permission::Write).await;
    let header = format!("Authorization: Bearer {token}");
    let level = |id: &str, level: &str| {
        format!(
            r#"{{"jsonrpc":"2.0",{id}"method":"Filecoin.LogSetLevel","params":["rpc","{level}"]}}"#
        )
    };
    let response = post(node.socket(), "/rpc/v0", &[&header], &level("", "debug")).await;
    assert_eq!((response.status, response.body.as_str()), (200, ""));
    assert_eq!(response.headers["content-type"], "application/json");
    let response = post(
        node.socket(),
        "/rpc/v0",
        &[&header],
        &level(r#""id":null,"#, "info"),
    )
    .await;
    assert_eq!((response.status, response.body.as_str()), (200, ""));
}

#[tokio::test]
async fn void_methods_answer_null() {
    let node = TestNode::start().await;
    let header = format!("Authorization: Bearer {}", node.repo_token());
    let body =
        r#"{"jsonrpc":"2.0","id":4,"method":"Filecoin.LogSetLevel","params":["rpc","info"]}"#;
    let response = post(node.socket(), "/rpc/v0", &[&header], body).await;
    assert_eq!(
        response.body,
        "{\"id\":4,\"jsonrpc\":\"2.0\",\"result\":null}\n"
    );
}

#[tokio::test]
async fn batches_are_answered_in_order_with_status_200() {
    let node = TestNode::start().await;
    let version = |id: &str| format!(r#"{{"jsonrpc":"2.0",{id}"method":"Filecoin.Version"}}"#);
    let body = format!(
        r#"[{},{{"id":"x","method":"Nope"}},{},{{"id":true,"method":"Filecoin.Version"}},{}]"#,
        version(r#""id":1,"#),
        version(""),
        version(r#""id":2,"#)
    );
    let (status, replies) = call(&node, &body).await;
    assert_eq!(status, 200);
    let ids: Vec<&Value> = replies
        .as_array()
        .unwrap()
        .iter()
        .map(|reply| &reply["id"])
        .collect();
    assert_eq!(ids, [&json!(1), &json!("x"), &Value::Null, &json!(2)]);
    assert_eq!(replies[1]["error"]["code"], -32601);

    let only_notifications = format!("[{}]", version(""));
    let response = post(node.socket(), "/rpc/v0", &[], &only_notifications).await;
    assert_eq!((response.status, response.body.as_str()), (200, ""));
}

#[tokio::test]
async fn limits_are_enforced_and_named() {
    let node = TestNode::with_config("[API]\nMaxRequestSize = 2000\nMaxBatchSize = 2").await;
    let (status, reply) = call(&node, &format!("{VERSION}{}", " ".repeat(2000))).await;
    assert_eq!((status, &reply["error"]["code"]), (500, &json!(-32700)));
    assert_eq!(
        reply["error"]["message"],
        "request bigger than maximum 2000 allowed"
    );

    // The same without a declared length.
    let body = format!("{:x}\r\n{}\r\n0\r\n\r\n", 3000, " ".repeat(3000));
    let request = format!(
        "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{body}"
    );
    let response = exchange(node.socket(), request.as_bytes()).await;
    assert_eq!(
        response.json()["error"]["message"],
        "request bigger than maximum 2000 allowed"
    );

    let (_, reply) = call(&node, &format!("[{VERSION},{VERSION},{VERSION}]")).await;
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .contains("MaxBatchSize"),
        "{reply}"
    );
    assert_eq!(call(&node, VERSION).await.0, 200, "the node lives on");
}

/// 200 MiB are refused by their announcement; nothing is read, let alone kept in memory.
#[tokio::test]
async fn a_huge_body_is_refused_before_it_is_sent() {
    let node = TestNode::start().await;
    let request = "POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 209715200\r\n\r\n";
    let response = exchange(node.socket(), request.as_bytes()).await;
    assert_eq!(response.status, 500);
    let message = &response.json()["error"]["message"];
    assert_eq!(message, "request bigger than maximum 104857600 allowed");
    assert_eq!(response.headers["connection"], "close");
}

#[tokio::test]
async fn deep_json_is_an_error_and_the_node_lives_on() {
    let node = TestNode::start().await;
    let deep = "[".repeat(500_000) + &"]".repeat(500_000);
    for body in [
        deep.clone(),
        format!(r#"{{"id":1,"method":"Filecoin.AuthVerify","params":{deep}}}"#),
    ] {
        let (status, reply) = call(&node, &body).await;
        assert_eq!((status, &reply["error"]["code"]), (500, &json!(-32700)));
    }
    assert_eq!(call(&node, VERSION).await.0, 200);
}

#[tokio::test]
async fn a_slow_client_is_given_up_and_others_are_served() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let node = TestNode::with_config("[API]\nTimeout = \"200ms\"").await;
    let mut slow_header = tokio::net::TcpStream::connect(node.socket()).await.unwrap();
    slow_header
        .write_all(b"POST /rpc/v0 HTTP/1.1\r\nHost: ")
        .await
        .unwrap();
    let mut slow_body = tokio::net::TcpStream::connect(node.socket()).await.unwrap();
    slow_body
        .write_all(b"POST /rpc/v0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    assert_eq!(call(&node, VERSION).await.0, 200);

    let response =
        lotus_testutil::bounded(lotus_testutil::wire::read_response(&mut slow_body)).await;
    assert!(
        response.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("[API] Timeout")
    );
    let mut rest = Vec::new();
    lotus_testutil::bounded(slow_header.read_to_end(&mut rest))
        .await
        .unwrap();
}

#[tokio::test]
async fn other_paths() {
    let node = TestNode::start().await;
    let missing = get(node.socket(), "/rpc/v1/", &[]).await;
    assert_eq!(
        (missing.status, missing.body.as_str()),
        (404, "404 page not found\n")
    );
    assert_eq!(get(node.socket(), "/health/livez", &[]).await.status, 200);
    assert_eq!(get(node.socket(), "/health/readyz", &[]).await.status, 200);
    post(node.socket(), "/rpc/v0", &[], VERSION).await;
    let metrics = get(node.socket(), "/debug/metrics", &[]).await;
    assert_eq!(metrics.status, 200);
    let line = r#"lotus_api_requests_total{method="Filecoin.Version",verdict="ok"} 1"#;
    assert!(metrics.body.contains(line), "{}", metrics.body);
    let refused = get(
        node.socket(),
        "/debug/metrics",
        &["Authorization: Bearer x"],
    )
    .await;
    assert_eq!(refused.status, 401);
}
