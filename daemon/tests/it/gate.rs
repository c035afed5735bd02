//! The order of the gate's questions: known? answerable here? the shape and number of parameters?
//! permitted? A caller learns nothing of a later answer before the earlier ones are right.

use lotus_core::Permission;
use lotus_testutil::TestNode;
use lotus_testutil::wire::post;
use serde_json::{Value, json};

/// What a node answers first, as code and the beginning of the message.
fn expected(
    method: Option<(&str, usize, Permission)>,
    channel: bool,
    params: &Value,
    held: Option<Permission>,
) -> Option<(i64, &'static str)> {
    let Some((_, arity, need)) = method else {
        return Some((-32601, "method 'Filecoin.Nope' not found"));
    };
    if channel {
        return Some((
            -32601,
            "method 'Filecoin.Closing' not supported in this mode",
        ));
    }
    let count = match params {
        Value::Null => 0,
        Value::Array(params) => params.len(),
        _ => return Some((-32700, "unmarshaling param array: json: cannot unmarshal")),
    };
    if count != arity {
        return Some((-32602, "wrong param count (method 'Filecoin."));
    }
    // Without a token one may read.
    if held.unwrap_or(Permission::Read) < need {
        return Some((1, "missing permission to invoke '"));
    }
    // The parameters here are of no method's types.
    (arity > 0).then_some((-32700, "unmarshaling params for 'Filecoin."))
}

#[tokio::test]
async fn questions_are_asked_in_go_jsonrpc_s_order() {
    let node = TestNode::start().await;
    let methods = [
        None,
        Some(("Closing", 0, Permission::Read)),
        Some(("Version", 0, Permission::Read)),
        Some(("LogSetLevel", 2, Permission::Write)),
        Some(("WalletSign", 2, Permission::Sign)),
        Some(("Shutdown", 0, Permission::Admin)),
        Some(("WalletDelete", 1, Permission::Admin)),
    ];
    let held = [None].into_iter().chain(Permission::ALL.map(Some));
    for held in held {
        let header = match held {
            Some(permission) => format!("Authorization: Bearer {}", node.token(permission).await),
            None => "X-Nothing: x".to_owned(),
        };
        for method in methods {
            for params in [
                json!(null),
                json!({}),
                json!(7),
                json!([]),
                json!([{}]),
                json!([{}, {}]),
                json!([{}, {}, {}]),
            ] {
                let name = method.map_or("Nope", |(name, ..)| name);
                let expected = expected(method, name == "Closing", &params, held);
                if name == "Shutdown" && expected.is_none() {
                    continue;
                }
                let body =
                    json!({ "id": 1, "method": format!("Filecoin.{name}"), "params": params });
                let response = post(node.socket(), "/rpc/v1", &[&header], &body.to_string()).await;
                let error = &response.json()["error"];
                let Some((code, message)) = expected else {
                    assert_eq!((error, response.status), (&Value::Null, 200), "{body}");
                    continue;
                };
                assert_eq!(error["code"], code, "{held:?} {body}: {error}");
                assert!(
                    error["message"].as_str().unwrap().starts_with(message),
                    "{body}: {error}"
                );
                let status = if code == 1 { 200 } else { 500 };
                assert_eq!(response.status, status, "{body}");
            }
        }
    }
}

/// Lotus reads the parameters of some methods itself. Those at the end may be left out, and a wrong
/// number is an error of the method.
#[tokio::test]
async fn the_last_parameter_of_some_methods_is_optional() {
    let node = TestNode::start().await;
    let refused = |got| {
        Some(format!(
            "decoding params: expected 2 or 3 params, got {got}"
        ))
    };
    for (params, message) in [
        (json!([]), refused(0)),
        (json!(["0x1"]), refused(1)),
        (json!(["0x1", "latest"]), None),
        (json!(["0x1", "latest", null]), None),
        (json!(["0x1", "latest", [50]]), None),
        (json!([1, 2, 3, 4]), refused(4)),
    ] {
        let body = json!({ "id": 1, "method": "eth_feeHistory", "params": params });
        let response = post(node.socket(), "/rpc/v1", &[], &body.to_string()).await;
        let answer = response.json();
        assert_eq!(response.status, 200, "{body}: {answer}");
        match message {
            None => assert!(
                answer["result"]["oldestBlock"].is_string(),
                "{body}: {answer}"
            ),
            Some(message) => assert_eq!(
                (&answer["error"]["code"], &answer["error"]["message"]),
                (&json!(1), &json!(message)),
                "{body}: {answer}"
            ),
        }
    }
}
