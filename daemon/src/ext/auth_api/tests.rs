//! The Auth API as a client sees it: raw requests to a fake issuer, raw replies.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http_body_util::BodyExt;

use super::*;
use crate::ext::json2;
use crate::ext::password::{PasswordFile, Start};

const PASSWORD: &str = "correcthorsebatterystaple";
const NEW: &str = "fejhkefjhefjhefhje";

/// Tokens are `token-0`, `token-1`, …
#[derive(Default)]
struct Issuer(Mutex<Issued>);

#[derive(Default)]
struct Issued {
    state: Vec<u8>,
    tokens: Vec<(Scope, Permissions)>,
    revoked: HashSet<String>,
    records: Vec<String>,
    broken: bool,
}

impl Issuer {
    fn with<T>(&self, use_it: impl FnOnce(&mut Issued) -> T) -> T {
        use_it(&mut self.0.lock().unwrap())
    }

    fn works(&self) -> Result<(), IssuerError> {
        let broken = self.with(|issued| issued.broken);
        match broken {
            true => Err(IssuerError::new("the token store failed: no space left")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl TokenIssuer for Issuer {
    async fn password_state(&self) -> Result<Vec<u8>, IssuerError> {
        Ok(self.with(|issued| issued.state.clone()))
    }

    async fn issue(&self, scope: Scope, permissions: Permissions) -> Result<String, IssuerError> {
        self.works()?;
        Ok(self.with(|issued| {
            issued.tokens.push((scope, permissions));
            format!("token-{}", issued.tokens.len() - 1)
        }))
    }

    async fn revoke_text(&self, token: &str) -> Result<(), IssuerError> {
        self.works()?;
        self.with(|issued| issued.revoked.insert(token.to_owned()));
        Ok(())
    }

    async fn password_changed(&self, state: &[u8]) -> Result<(), IssuerError> {
        self.works()?;
        self.with(|issued| {
            issued.state = state.to_vec();
            let all = 0..issued.tokens.len();
            issued
                .revoked
                .extend(all.map(|number| format!("token-{number}")));
        });
        Ok(())
    }

    fn record(&self, called: Called<'_>, outcome: Result<(), &Fault>) {
        let Called { source, method, id } = called;
        let verdict = outcome.map_or_else(ToString::to_string, |()| "ok".to_owned());
        self.with(|issued| {
            issued
                .records
                .push(format!("{source} {} {method} {verdict}", id.unwrap_or("-")))
        });
    }
}

struct Test {
    issuer: Arc<Issuer>,
    api: AuthApi,
}

impl Test {
    fn new() -> Self {
        let issuer = Arc::new(Issuer::default());
        let start = State::start(&PasswordFile::of(PASSWORD), None).unwrap();
        let Start::Change(state) = start else {
            panic!("a first start writes")
        };
        issuer.with(|issued| issued.state = state.to_bytes());
        let api = AuthApi::new(issuer.clone());
        Self { issuer, api }
    }

    async fn raw(&self, body: String) -> String {
        let request = http::Request::post("/ext/auth")
            .header("content-type", "application/json;charset=UTF-8")
            .body(());
        let (parts, ()) = request.unwrap().into_parts();
        let source = (Ipv4Addr::LOCALHOST, 1234).into();
        let reply = json2::serve(&parts, Bytes::from(body), source, &self.api).await;
        assert_eq!(reply.status(), 200);
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// The reply between `"jsonrpc"` and `"id"`.
    async fn call(&self, method: &str, params: Value) -> String {
        let call = json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": 1 });
        let reply = self.raw(call.to_string()).await;
        for secret in [PASSWORD, NEW] {
            assert!(!reply.contains(secret), "{reply}");
        }
        let reply = reply.strip_prefix(r#"{"jsonrpc":"2.0","#).expect(&reply);
        reply.strip_suffix(",\"id\":1}\n").expect(reply).to_owned()
    }

    async fn new_token(&self, params: Value) -> String {
        self.call("auth.newToken", params).await
    }

    async fn change(&self, old: &str, new: &str) -> String {
        let params = json!({ "oldPassword": old, "newPassword": new });
        self.call("auth.changePassword", params).await
    }

    async fn revoke(&self, password: &str, token: &str) -> String {
        let params = json!({ "password": password, "token": token });
        self.call("auth.revokeToken", params).await
    }
}

fn failed(message: &str) -> String {
    let message = Value::from(message);
    format!(r#""error":{{"code":-32000,"message":{message},"data":null}}"#)
}

const DONE: &str = r#""result":{}"#;

#[tokio::test]
async fn the_documented_calls() {
    let test = Test::new();
    let call = json!({ "password": PASSWORD, "endpoints": ["/ext/bc/V", "/ext/info"] });
    assert_eq!(
        test.new_token(call).await,
        r#""result":{"token":"token-0"}"#
    );
    assert_eq!(test.revoke(PASSWORD, "token-0").await, DONE);
    assert_eq!(test.revoke(PASSWORD, "token-0").await, DONE);
    assert_eq!(test.change(PASSWORD, NEW).await, DONE);
    test.issuer.with(|issued| {
        let (scope, permissions) = &issued.tokens[0];
        assert!(scope.allows_endpoint("/ext/bc/V/rpc") && scope.allows_endpoint("/ext/info"));
        assert!(!scope.allows_endpoint("/ext/auth") && scope.allows_method("any"));
        assert_eq!(*permissions, Permissions::ALL);
    });
}

#[tokio::test]
async fn new_token_checks_in_the_reference_s_order() {
    let test = Test::new();
    let many = vec!["*"; 129];
    for (params, message) in [
        (json!({}), "empty password"),
        (json!({ "endpoints": many }), "empty password"),
        (
            json!({ "password": "wrong" }),
            "must name at least one endpoint",
        ),
        (
            json!({ "password": "wrong", "endpoints": [] }),
            "must name at least one endpoint",
        ),
        (
            json!({ "password": "wrong", "endpoints": many }),
            "can only name at most 128 endpoints",
        ),
        (
            json!({ "password": "wrong", "endpoints": ["*"] }),
            "incorrect password",
        ),
        (
            json!({ "password": "x".repeat(1025), "endpoints": ["*"] }),
            "incorrect password",
        ),
        (
            json!({ "password": PASSWORD.to_uppercase(), "endpoints": ["*"] }),
            "incorrect password",
        ),
        (
            json!({ "password": format!("{PASSWORD} "), "endpoints": ["*"] }),
            "incorrect password",
        ),
        (
            json!({ "password": 5, "endpoints": ["*"] }),
            &Fault::Arguments.to_string(),
        ),
        (
            json!({ "password": PASSWORD, "endpoints": "*" }),
            &Fault::Arguments.to_string(),
        ),
        (
            json!([PASSWORD, ["/ext/info"]]),
            &Fault::Arguments.to_string(),
        ),
    ] {
        assert_eq!(
            test.new_token(params.clone()).await,
            failed(message),
            "{params}"
        );
    }
    test.issuer
        .with(|issued| assert_eq!(issued.tokens.len(), 0));
}

#[tokio::test]
async fn endpoints_are_paths_that_fit_into_a_token() {
    let test = Test::new();
    let ask =
        |endpoints: Value| test.new_token(json!({ "password": PASSWORD, "endpoints": endpoints }));
    for bad in [
        "",
        "X",
        "ext/info",
        "/ext//info",
        "/ext/*",
        "/ext/../x",
        "http://h/ext/info",
    ] {
        let reply = ask(json!(["/ext/info", bad])).await;
        assert!(reply.contains("must begin with /"), "{bad}: {reply}");
    }
    assert_eq!(
        ask(json!([null])).await,
        failed(&Fault::Arguments.to_string())
    );
    let long = format!("/{}", "x".repeat(MAX_ENDPOINT_BYTES));
    assert!(
        ask(json!([long]))
            .await
            .contains("8193 bytes long together")
    );
    assert!(
        ask(json!([&long[1..], "/"]))
            .await
            .contains("8193 bytes long together")
    );

    // One star is all.
    assert!(
        ask(json!(["*", "X", "/ext/info"]))
            .await
            .contains("token-0")
    );
    let full = vec!["/ext/info"; 128];
    assert!(ask(json!(full)).await.contains("token-1"));
    test.issuer.with(|issued| {
        assert_eq!(
            issued.tokens[0].0.endpoints.as_deref(),
            Some(&["*".to_owned()][..])
        );
        assert_eq!(
            issued.tokens[1].0.endpoints.as_ref().map(Vec::len),
            Some(128)
        );
    });
}

#[tokio::test]
async fn permissions_narrow() {
    let test = Test::new();
    let ask = |permissions: Value| {
        let endpoints = ["*"];
        test.new_token(
            json!({ "password": PASSWORD, "endpoints": endpoints, "permissions": permissions }),
        )
    };
    assert!(
        ask(json!(["read", "sign", "read"]))
            .await
            .contains("token-0")
    );
    assert!(ask(Value::Null).await.contains("token-1"));
    assert!(ask(json!([])).await.contains("at least one permission"));
    assert!(ask(json!(["root"])).await.contains("unknown permission"));
    assert!(ask(json!(["Read"])).await.contains("unknown permission"));
    test.issuer.with(|issued| {
        let read_and_sign = [Permission::Read, Permission::Sign].into_iter().collect();
        assert_eq!(issued.tokens[0].1, read_and_sign);
        assert_eq!(issued.tokens[1].1, Permissions::ALL);
        assert_eq!(issued.tokens.len(), 2);
    });
}

#[tokio::test]
async fn revoke_token_checks_in_the_reference_s_order() {
    let test = Test::new();
    assert_eq!(test.revoke("", "").await, failed("auth token not provided"));
    assert_eq!(
        test.revoke("wrong", "").await,
        failed("auth token not provided")
    );
    assert_eq!(test.revoke("", "x").await, failed("empty password"));
    assert_eq!(
        test.revoke("wrong", "x").await,
        failed("incorrect password")
    );
    test.issuer
        .with(|issued| assert!(issued.revoked.is_empty()));
    // As the documentation says: one that is not valid does nothing and succeeds.
    assert_eq!(test.revoke(PASSWORD, "not a token").await, DONE);
}

#[tokio::test]
async fn change_password_checks_in_the_reference_s_order() {
    let test = Test::new();
    let same = failed("new password can't be same as old password");
    for (old, new) in [(PASSWORD, PASSWORD), ("wrong", "wrong"), ("", "")] {
        assert_eq!(test.change(old, new).await, same);
    }
    assert_eq!(test.change("wrong", "").await, failed("incorrect password"));
    assert_eq!(test.change("", NEW).await, failed("incorrect password"));
    assert_eq!(test.change(PASSWORD, "").await, failed("empty password"));
    let long = failed("password exceeds maximum length of 1024 chars");
    assert_eq!(test.change(PASSWORD, &"ё".repeat(513)).await, long);
    assert_eq!(
        test.change(PASSWORD, "password").await,
        failed("password is too weak")
    );
}

#[tokio::test]
async fn a_change_kills_every_token_and_the_old_password() {
    let test = Test::new();
    let ask = |password: &str| test.new_token(json!({ "password": password, "endpoints": ["*"] }));
    ask(PASSWORD).await;
    assert_eq!(test.change(PASSWORD, NEW).await, DONE);
    test.issuer
        .with(|issued| assert!(issued.revoked.contains("token-0")));
    assert_eq!(ask(PASSWORD).await, failed("incorrect password"));
    assert_eq!(ask(NEW).await, r#""result":{"token":"token-1"}"#);
    assert_eq!(
        test.revoke(PASSWORD, "token-1").await,
        failed("incorrect password")
    );
    // Back again: the tokens stay dead.
    assert_eq!(test.change(NEW, PASSWORD).await, DONE);
    test.issuer
        .with(|issued| assert_eq!(issued.revoked.len(), 2));
}

#[tokio::test]
async fn a_store_that_fails_fails_the_call_and_changes_nothing() {
    let test = Test::new();
    test.issuer.with(|issued| issued.broken = true);
    let text = failed("the token store failed: no space left");
    let call = json!({ "password": PASSWORD, "endpoints": ["*"] });
    assert_eq!(test.new_token(call.clone()).await, text);
    assert_eq!(test.revoke(PASSWORD, "x").await, text);
    assert_eq!(test.change(PASSWORD, NEW).await, text);
    test.issuer.with(|issued| issued.broken = false);
    assert!(test.new_token(call.clone()).await.contains("token-0"));
    test.issuer.with(|issued| issued.state.clear());
    assert!(test.new_token(call).await.contains("is damaged"));
}

/// An issuer during whose look at the state somebody else changes the password.
struct Racing {
    issuer: Arc<Issuer>,
    looked: AtomicBool,
    other: Vec<u8>,
}

#[async_trait]
impl TokenIssuer for Racing {
    async fn password_state(&self) -> Result<Vec<u8>, IssuerError> {
        match self.looked.swap(true, Ordering::Relaxed) {
            true => Ok(self.other.clone()),
            false => self.issuer.password_state().await,
        }
    }

    async fn issue(&self, scope: Scope, permissions: Permissions) -> Result<String, IssuerError> {
        self.issuer.issue(scope, permissions).await
    }

    async fn revoke_text(&self, token: &str) -> Result<(), IssuerError> {
        self.issuer.revoke_text(token).await
    }

    async fn password_changed(&self, state: &[u8]) -> Result<(), IssuerError> {
        self.issuer.password_changed(state).await
    }

    fn record(&self, _: Called<'_>, _: Result<(), &Fault>) {}
}

#[tokio::test]
async fn a_password_that_changes_meanwhile_issues_nothing() {
    for call in ["newToken", "changePassword"] {
        let Test { issuer, .. } = Test::new();
        let state = State::from_bytes(&issuer.with(|issued| issued.state.clone())).unwrap();
        let other = state
            .changed(&Secret::new("Tr0ub4dour&3"))
            .unwrap()
            .to_bytes();
        let racing = Racing {
            issuer: issuer.clone(),
            looked: AtomicBool::new(false),
            other,
        };
        let test = Test {
            issuer: issuer.clone(),
            api: AuthApi::new(Arc::new(racing)),
        };
        let reply = match call {
            "newToken" => {
                test.new_token(json!({ "password": PASSWORD, "endpoints": ["*"] }))
                    .await
            }
            _ => test.change(PASSWORD, NEW).await,
        };
        assert_eq!(reply, failed("incorrect password"), "{call}");
        issuer.with(|issued| {
            assert!(issued.tokens.is_empty());
            assert_eq!(issued.state, state.to_bytes());
        });
    }
}

#[tokio::test]
async fn each_call_is_put_on_record_without_its_secrets() {
    let test = Test::new();
    test.new_token(json!({ "password": PASSWORD, "endpoints": ["*"] }))
        .await;
    test.revoke("some wrong password", "token-0").await;
    test.change(PASSWORD, PASSWORD).await;
    test.call("auth.listTokens", json!({ "password": PASSWORD }))
        .await;
    let records = test.issuer.with(|issued| issued.records.clone());
    let expected = [
        "127.0.0.1:1234 1 auth.newToken ok",
        "127.0.0.1:1234 1 auth.revokeToken incorrect password",
        "127.0.0.1:1234 1 auth.changePassword new password can't be same as old password",
    ];
    assert_eq!(records, expected);
}

/// A notification is carried out and answered with nothing, as in the reference.
#[tokio::test]
async fn a_notification_changes_the_password() {
    let test = Test::new();
    let params = json!({ "OLDPASSWORD": PASSWORD, "newpassword": NEW });
    let call = json!({ "jsonrpc": "2.0", "method": "auth.changePassword", "params": params });
    assert_eq!(test.raw(call.to_string()).await, "");
    assert_eq!(test.revoke(NEW, "x").await, DONE);
}

#[tokio::test]
async fn too_many_wrong_passwords_are_told_to_wait() {
    let test = Test::new();
    for _ in 0..10 {
        assert_eq!(
            test.revoke("wrong", "x").await,
            failed("incorrect password")
        );
    }
    let reply = test.revoke(PASSWORD, "x").await;
    assert!(
        reply.contains("too many wrong passwords from this address; try again in 1 s"),
        "{reply}"
    );
}
