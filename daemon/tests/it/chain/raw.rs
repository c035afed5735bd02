//! Calls as a client without a library makes them.

use lotus_core::Permission;
use lotus_testutil::wire::post;
use lotus_testutil::{TestDaemon, bounded};
use serde_json::{Value, json};

/// A caller of one path of a node.
pub(super) struct Raw<'a> {
    node: &'a TestDaemon,
    path: &'static str,
    header: String,
}

impl<'a> Raw<'a> {
    pub(super) async fn new(node: &'a TestDaemon, path: &'static str, as_who: Permission) -> Self {
        let token = node.token(as_who).await;
        Self {
            node,
            path,
            header: format!("Authorization: Bearer {token}"),
        }
    }

    /// The whole answer, after its status has been checked: that of a method is always 200.
    async fn answer(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let body = body.to_string();
        let headers = [self.header.as_str()];
        let sent = post(self.node.socket(), self.path, &headers, &body);
        let response = bounded(sent).await;
        assert_eq!(response.status, 200, "{method} {params}");
        response.json()
    }

    /// What a method returns.
    pub(super) async fn get(&self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params).await;
        match answer.get("result") {
            Some(result) if answer.get("error").is_none() => result.clone(),
            _ => panic!("{method}: {answer}"),
        }
    }

    /// The code and the text of a method's error.
    pub(super) async fn refused(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.answer(method, params).await;
        let (code, text) = (&answer["error"]["code"], &answer["error"]["message"]);
        match (code.as_i64(), text.as_str()) {
            (Some(code), Some(text)) => (code, text.to_owned()),
            _ => panic!("{method}: {answer}"),
        }
    }

    /// Signs and sends a message, and waits until it is executed; its CID and the lookup.
    pub(super) async fn send(&self, message: Value) -> (Value, Value) {
        let signed = self
            .get("Filecoin.MpoolPushMessage", json!([message, null]))
            .await;
        let cid = signed["CID"].clone();
        let params = json!([cid, 0, -1, true]);
        let found = self.get("Filecoin.StateWaitMsg", params).await;
        assert_eq!(found["Receipt"]["ExitCode"], 0, "{found}");
        (cid, found)
    }
}

/// A message that sends so many attoFIL.
pub(super) fn transfer(from: &Value, to: &Value, value: &str) -> Value {
    json!({"From": from, "To": to, "Value": value, "Method": 0})
}
