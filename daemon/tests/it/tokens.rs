//! Who may call what, byte by byte.

use lotus_core::Permission;
use lotus_testutil::wire::{Response, Ws, post};
use lotus_testutil::{TestDaemon, TestMiner, TestNode};
use serde_json::{Value, json};

fn request(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

async fn call(node: &TestDaemon, headers: &[&str], method: &str, params: Value) -> Response {
    post(node.socket(), "/rpc/v0", headers, &request(method, params)).await
}

async fn call_with(node: &TestDaemon, token: &str, method: &str, params: Value) -> Value {
    let header = format!("Authorization: Bearer {token}");
    call(node, &[&header], method, params).await.json()
}

#[tokio::test]
async fn without_a_token_one_may_read() {
    for daemon in [TestNode::start().await, TestMiner::start().await] {
        let reply = call(&daemon, &[], "Filecoin.Version", json!([])).await;
        assert_eq!(reply.status, 200);
        let reply = call(&daemon, &[], "Filecoin.LogList", json!([])).await;
        assert_eq!(reply.status, 200);
        let error = json!({ "code": 1, "message": "missing permission to invoke 'LogList' (need 'write')" });
        assert_eq!(reply.json()["error"], error);
    }
}

#[tokio::test]
async fn a_permission_opens_its_methods_and_no_others() {
    let node = TestNode::start().await;
    let token = node.token(Permission::Sign).await;
    let address = call_with(&node, &token, "Filecoin.WalletNew", json!(["secp256k1"])).await;
    let address = address["result"].as_str().unwrap();
    let signature = call_with(
        &node,
        &token,
        "Filecoin.WalletSign",
        json!([address, "aGk="]),
    )
    .await;
    assert_eq!(signature["result"]["Type"], 1);
    let verified = json!([address, "aGk=", signature["result"]]);
    let verified = call_with(&node, &token, "Filecoin.WalletVerify", verified).await;
    assert_eq!(verified["result"], true);
    let refused = call_with(&node, &token, "Filecoin.AuthNew", json!([["read"]])).await;
    let error =
        json!({ "code": 1, "message": "missing permission to invoke 'AuthNew' (need 'admin')" });
    assert_eq!(refused["error"], error);
}

/// Membership in a set: `admin` alone may not read, and an empty token may less than none at all.
#[tokio::test]
async fn permissions_are_a_set() {
    let node = TestNode::start().await;
    for (perms, readable) in [
        (json!(["admin"]), false),
        (json!([]), false),
        (json!(["read"]), true),
    ] {
        let minted = call_with(
            &node,
            &node.repo_token(),
            "Filecoin.AuthNew",
            json!([perms]),
        )
        .await;
        let token = decode(&minted["result"]);
        let reply = call_with(&node, &token, "Filecoin.Version", json!([])).await;
        assert_eq!(reply.get("result").is_some(), readable, "{perms}");
    }
}

fn decode(result: &Value) -> String {
    let bytes = data_encoding::BASE64
        .decode(result.as_str().unwrap().as_bytes())
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn auth_new_answers_base64_and_auth_verify_takes_the_text() {
    let node = TestNode::start().await;
    let admin = node.repo_token();
    let minted = call_with(
        &node,
        &admin,
        "Filecoin.AuthNew",
        json!([["write", "read"]]),
    )
    .await;
    let token = decode(&minted["result"]);
    assert!(token.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
    let verified = call(&node, &[], "Filecoin.AuthVerify", json!([token]))
        .await
        .json();
    assert_eq!(verified["result"], json!(["read", "write"]));
}

#[tokio::test]
async fn nobody_mints_more_than_they_hold_or_what_does_not_exist() {
    let node = TestNode::start().await;
    let admin = node.repo_token();
    let banana = call_with(&node, &admin, "Filecoin.AuthNew", json!([["banana"]])).await;
    let message = banana["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("banana") && message.contains("read, write, sign, admin"),
        "{message}"
    );

    let minted = call_with(&node, &admin, "Filecoin.AuthNew", json!([["admin"]])).await;
    let admin_only = decode(&minted["result"]);
    let escalated = call_with(
        &node,
        &admin_only,
        "Filecoin.AuthNew",
        json!([["sign", "admin"]]),
    )
    .await;
    let message = escalated["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("the calling token holds admin"),
        "{message}"
    );
}

/// forest-cli always sends a lifetime in seconds as a second parameter.
#[tokio::test]
async fn forest_cli_may_ask_for_a_lifetime() {
    let node = TestNode::start().await;
    let admin = node.repo_token();
    let minted = call_with(
        &node,
        &admin,
        "Filecoin.AuthNew",
        json!([["read"], 5_184_000]),
    )
    .await;
    assert_eq!(expiry(&decode(&minted["result"])), Some(5_184_000));
    for wrong in [json!(0), json!("x"), json!(-5), json!(1.5)] {
        let reply = call_with(&node, &admin, "Filecoin.AuthNew", json!([["read"], wrong])).await;
        assert!(
            reply["error"]["code"].is_i64(),
            "a lifetime of {wrong} was accepted: {reply}"
        );
    }
    let three = call_with(&node, &admin, "Filecoin.AuthNew", json!([["read"], 1, 2])).await;
    assert_eq!(three["error"]["code"], -32602);
}

/// The token's lifetime, from `iat` to `exp`.
fn expiry(token: &str) -> Option<u64> {
    let payload = token.split('.').nth(1).unwrap();
    let payload = data_encoding::BASE64URL_NOPAD
        .decode(payload.as_bytes())
        .unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    Some(claims["exp"].as_u64()? - claims["iat"].as_u64()?)
}

#[tokio::test]
async fn a_bad_token_is_a_bare_401() {
    let node = TestNode::start().await;
    let good = node.repo_token();
    let long = format!("Authorization: Bearer {}", "a".repeat(20_000));
    let parts: Vec<&str> = good.split('.').collect();
    let none = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    let unsigned = format!("Authorization: Bearer {none}.{}.", parts[1]);
    let bad: &[&[&str]] = &[
        &["Authorization: Bearer x"],
        &["Authorization: Bearer"],
        &[&format!("Authorization: bearer {good}")],
        &[&format!("Authorization: Bearer  {good}")],
        &[&format!("Authorization: {good}")],
        &["Authorization: Basic dXNlcjpwYXNz"],
        &["Authorization: Bearer undefined"],
        &[&format!("Authorization: Bearer {good}=")],
        &[&unsigned],
        &[&long],
        &[
            &format!("Authorization: Bearer {good}"),
            &format!("Authorization: Bearer {good}"),
        ],
    ];
    for headers in bad {
        let response = call(&node, headers, "Filecoin.Version", json!([])).await;
        assert_eq!(
            (response.status, response.body.as_str()),
            (401, ""),
            "{headers:?}"
        );
        assert!(!response.headers.contains_key("content-type"));
        assert!(!response.headers.contains_key("www-authenticate"));
        let headers: Vec<&str> = headers
            .iter()
            .copied()
            .filter(|h| h.len() < 10_000)
            .collect();
        if !headers.is_empty() && headers.iter().all(|header| header.contains(": ")) {
            assert_eq!(
                Ws::open(node.socket(), "/rpc/v0", &headers)
                    .await
                    .unwrap_err(),
                401
            );
        }
    }
}

#[tokio::test]
async fn the_token_may_be_in_the_query_and_the_header_wins() {
    let node = TestNode::start().await;
    let token = node.token(Permission::Write).await;
    let list = request("Filecoin.WalletList", json!([]));
    let with = |query: String| format!("/rpc/v0?{query}");
    let ok = post(node.socket(), &with(format!("token={token}")), &[], &list).await;
    assert_eq!(ok.json()["result"], json!([]));
    let encoded = token.replace('.', "%2E");
    let ok = post(
        node.socket(),
        &with(format!("a=b&token={encoded}")),
        &[],
        &list,
    )
    .await;
    assert_eq!(ok.status, 200);
    let bad = post(node.socket(), &with("token=x".into()), &[], &list).await;
    assert_eq!((bad.status, bad.body.as_str()), (401, ""));
    let empty = post(node.socket(), &with("token=".into()), &[], &list).await;
    assert_eq!(empty.json()["error"]["code"], 1, "an empty token is none");

    let header = format!("Authorization: Bearer {token}");
    let ok = post(node.socket(), &with("token=x".into()), &[&header], &list).await;
    assert_eq!(ok.status, 200);
    let bad = post(
        node.socket(),
        &with(format!("token={token}")),
        &["Authorization: Bearer x"],
        &list,
    )
    .await;
    assert_eq!(bad.status, 401);

    let mut ws = Ws::open(node.socket(), &with(format!("token={token}")), &[])
        .await
        .unwrap();
    ws.send(&list).await;
    assert_eq!(ws.receive_json().await["result"], json!([]));
    assert_eq!(
        Ws::open(node.socket(), &with("token=x".into()), &[])
            .await
            .unwrap_err(),
        401
    );
}

/// Browsers add `Origin`; any page that a user visits could read the node otherwise.
#[tokio::test]
async fn a_web_page_without_a_token_may_nothing() {
    let node = TestNode::start().await;
    let origin = "Origin: http://evil.example";
    let reply = call(&node, &[origin], "Filecoin.Version", json!([]))
        .await
        .json();
    let message = "missing permission to invoke 'Version' (need 'read')";
    assert_eq!(reply["error"]["message"], message);
    let mut ws = Ws::open(node.socket(), "/rpc/v0", &[origin]).await.unwrap();
    ws.send(&request("Filecoin.Version", json!([]))).await;
    assert_eq!(ws.receive_json().await["error"]["message"], message);
    let token = node.token(Permission::Read).await;
    let header = format!("Authorization: Bearer {token}");
    let reply = call(&node, &[origin, &header], "Filecoin.Version", json!([]))
        .await
        .json();
    assert!(reply["result"].is_object());
}

#[tokio::test]
async fn on_an_exposed_listener_anonymous_callers_get_health_only() {
    let exposed = r#"ListenAddress = "/ip4/0.0.0.0/tcp/0/http""#;
    let node = TestNode::with_config(&format!("[API]\n{exposed}")).await;
    let socket = std::net::SocketAddr::from(([127, 0, 0, 1], node.socket().port()));
    let version = request("Filecoin.Version", json!([]));
    let reply = post(socket, "/rpc/v0", &[], &version).await.json();
    assert_eq!(
        reply["error"]["message"],
        "missing permission to invoke 'Version' (need 'read')"
    );
    assert_eq!(
        lotus_testutil::wire::get(socket, "/health/livez", &[])
            .await
            .status,
        200
    );
    assert_eq!(
        lotus_testutil::wire::get(socket, "/debug/metrics", &[])
            .await
            .status,
        401
    );
    let header = format!("Authorization: Bearer {}", node.repo_token());
    assert!(post(socket, "/rpc/v0", &[&header], &version).await.json()["result"].is_object());

    let config = format!("[API]\n{exposed}\nAnonymousPermissions = \"read\"");
    let node = TestNode::with_config(&config).await;
    let socket = std::net::SocketAddr::from(([127, 0, 0, 1], node.socket().port()));
    assert!(post(socket, "/rpc/v0", &[], &version).await.json()["result"].is_object());
}
