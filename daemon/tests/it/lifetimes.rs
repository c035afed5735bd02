//! How long tokens live, and what outlives them, on the wire.

use lotus_testutil::wire::{Ws, post};
use lotus_testutil::{TestDaemon, TestNode};
use serde_json::{Value, json};

async fn call(node: &TestDaemon, token: &str, method: &str, params: Value) -> Value {
    let header = format!("Authorization: Bearer {token}");
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let reply = post(node.socket(), "/rpc/v1", &[&header], &body.to_string()).await;
    assert_ne!(reply.status, 401, "{reply:?}");
    reply.json()
}

/// `Auth.Create` with `token`, of a token with permission `admin`.
async fn create(node: &TestDaemon, token: &str, wish: Value) -> Result<String, String> {
    let mut wish = wish;
    wish["Permissions"] = json!(["read", "write", "sign", "admin"]);
    let reply = call(node, token, "Auth.Create", json!([wish])).await;
    match reply["result"]["Token"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => Err(reply["error"]["message"].as_str().unwrap().to_owned()),
    }
}

/// What the registry says of a token's own life: seconds from its beginning to its end, idle time.
async fn life(node: &TestDaemon, token: &str) -> (Option<i64>, Option<u64>) {
    let reply = call(node, token, "Auth.Self", json!([])).await;
    let info = &reply["result"]["Info"];
    let time = |key: &str| {
        let text = info[key].as_str()?;
        Some(text.parse::<jiff::Timestamp>().unwrap().as_second())
    };
    let lives = time("Expires").map(|end| end - time("Issued").unwrap());
    (lives, info["Idle"].as_u64())
}

#[tokio::test]
async fn no_token_mints_one_that_outlives_it() {
    let node = TestNode::start().await;
    let own = node.repo_token();
    let hour = create(&node, &own, json!({ "ExpiresIn": 3600 }))
        .await
        .unwrap();
    let idle = create(&node, &own, json!({ "Idle": 600 })).await.unwrap();

    for wish in [
        json!({}),
        json!({ "ExpiresIn": 7200 }),
        json!({ "Idle": 60 }),
    ] {
        let refused = create(&node, &hour, wish.clone()).await.unwrap_err();
        assert!(
            refused.contains("outlives the calling token, which expires in 3"),
            "{wish}: {refused}"
        );
    }
    for wish in [
        json!({}),
        json!({ "ExpiresIn": 601 }),
        json!({ "Idle": 601 }),
        json!({ "ExpiresIn": 3600, "Idle": 3600 }),
    ] {
        let refused = create(&node, &idle, wish.clone()).await.unwrap_err();
        assert!(
            refused.contains("which dies when it is not used for 600 seconds"),
            "{wish}: {refused}"
        );
    }
    for (holder, wish) in [
        (&hour, json!({ "ExpiresIn": 1800 })),
        (&hour, json!({ "ExpiresIn": 1800, "Idle": 60 })),
        (&idle, json!({ "Idle": 600 })),
        (&idle, json!({ "ExpiresIn": 600 })),
        // The operator's own token ends never, and minted those above.
        (&own, json!({})),
    ] {
        let minted = create(&node, holder, wish.clone()).await;
        let (lives, idles) = life(&node, &minted.unwrap()).await;
        assert_eq!(lives, wish["ExpiresIn"].as_i64(), "{wish}");
        assert_eq!(idles, wish["Idle"].as_u64(), "{wish}");
    }
}

/// Lotus's call has no words for a lifetime: what it mints ends with the token that asked.
#[tokio::test]
async fn a_token_of_auth_new_ends_with_the_one_that_asked_for_it() {
    let node = TestNode::start().await;
    let own = node.repo_token();
    let wish = json!({ "ExpiresIn": 3600, "Idle": 600 });
    let holder = create(&node, &own, wish).await.unwrap();
    let auth_new = async |token: &str, params: Value| {
        let reply = call(&node, token, "Filecoin.AuthNew", params).await;
        let token = reply["result"].as_str().map(|text| {
            let bytes = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
            String::from_utf8(bytes).unwrap()
        });
        token.ok_or_else(|| reply["error"]["message"].as_str().unwrap().to_owned())
    };
    let heir = auth_new(&holder, json!([["read"]])).await.unwrap();
    let (lives, idles) = life(&node, &heir).await;
    let lives = lives.unwrap();
    assert!(
        (3500..=3600).contains(&lives) && idles == Some(600),
        "{lives} {idles:?}"
    );
    // forest-cli's second parameter may shorten that and not lengthen it.
    let sooner = auth_new(&holder, json!([["read"], 60])).await.unwrap();
    assert_eq!(life(&node, &sooner).await, (Some(60), Some(600)));
    let later = auth_new(&holder, json!([["read"], 5_184_000])).await;
    assert!(later.unwrap_err().contains("outlives the calling token"));
    let free = auth_new(&own, json!([["read"]])).await.unwrap();
    assert_eq!(life(&node, &free).await, (None, None));
}

/// A secret that is rotated may have leaked: in its grace, its tokens must not save themselves.
#[tokio::test]
async fn a_token_in_its_grace_mints_none_that_outlives_the_grace() {
    let node = TestNode::start().await;
    let own = node.repo_token();
    let old = create(&node, &own, json!({})).await.unwrap();
    let rotated = call(&node, &own, "Auth.RotateSecret", json!([600])).await;
    assert!(rotated.get("error").is_none(), "{rotated}");
    let refused = create(&node, &old, json!({})).await.unwrap_err();
    assert!(refused.contains("which expires in"), "{refused}");
    create(&node, &old, json!({ "ExpiresIn": 60 }))
        .await
        .unwrap();
    create(&node, &node.repo_token(), json!({})).await.unwrap();
}

#[tokio::test]
async fn the_name_of_a_token_that_died_is_free_whatever_it_died_of() {
    let node = TestNode::start().await;
    let own = node.repo_token();
    let mut ids = Vec::new();
    for (wish, status) in [
        (json!({ "Name": "curio", "Idle": 2 }), "idle"),
        (json!({ "Name": "curio", "ExpiresIn": 2 }), "expired"),
        (json!({ "Name": "curio" }), "revoked"),
        (json!({ "Name": "curio" }), "active"),
    ] {
        let token = create(&node, &own, wish).await.unwrap();
        let taken = create(&node, &own, json!({ "Name": "curio" }))
            .await
            .unwrap_err();
        assert!(
            taken.contains("a token named \"curio\" exists already"),
            "{taken}"
        );
        let known = call(&node, &own, "Auth.Get", json!(["curio"])).await;
        ids.push((known["result"]["Id"].as_str().unwrap().to_owned(), status));
        let mut ws = Ws::open(node.socket(), &format!("/rpc/v1?token={token}"), &[])
            .await
            .unwrap();
        match status {
            "active" => continue,
            "revoked" => drop(call(&node, &own, "Auth.Revoke", json!([{ "Name": "curio" }])).await),
            _ => {}
        }
        assert_eq!(ws.closed().await.0, 4401, "{status}");
    }
    // Each is remembered for what it died of, and the name means the living one.
    for (id, status) in &ids {
        let known = call(&node, &own, "Auth.Get", json!([id])).await;
        assert_eq!(known["result"]["Status"], *status, "{known}");
        assert_eq!(known["result"]["Name"], "curio");
    }
    let named = call(&node, &own, "Auth.Get", json!(["curio"])).await;
    assert_eq!(named["result"]["Id"], ids[3].0);
}

/// Many patterns, resolved once: the gate and `Auth.Can` say the same of every method.
#[tokio::test]
async fn the_gate_and_can_agree_on_every_method() {
    let node = TestNode::start().await;
    let own = node.repo_token();
    let wish = json!({
        "Name": "narrow",
        "Methods": ["Filecoin.Wallet*", "*List", "Filecoin.V*n", "rpc.discover", "Auth.C*", "*.*Nothing*"],
    });
    let token = create(&node, &own, wish).await.unwrap();
    let methods = lotus_core::api::FULL_NODE_V1.methods().into_values();
    let (mut yes, mut no) = (0, 0);
    for method in methods.filter(|method| method.kind == lotus_core::Kind::Call) {
        let can = call(&node, &own, "Auth.Can", json!(["narrow", method.name])).await;
        let allowed = can["result"]["Allowed"].as_bool().unwrap();
        // Parameters that do not decode: whoever is let through does nothing.
        let params = vec![json!({ "no": "such" }); method.params.len()];
        if allowed && params.is_empty() {
            continue;
        }
        let reply = call(&node, &token, method.name, json!(params)).await;
        let refused = reply["error"]["message"]
            .as_str()
            .is_some_and(|message| message.contains("the token does not allow method"));
        assert_eq!(refused, !allowed, "{}: {can} {reply}", method.name);
        if allowed { yes += 1 } else { no += 1 }
    }
    assert!(yes > 5 && no > 5, "{yes} {no}");
}
