//! Raw requests and the raw responses to them.

use super::*;
use http_body_util::BodyExt;
use proptest::prelude::*;
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Says which of its parameters it got, and counts its calls.
#[derive(Default)]
struct Echo {
    calls: AtomicUsize,
}

#[async_trait]
impl Service for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    async fn call(&self, call: Call<'_>) -> Result<Value, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match call.method {
            "say" => {
                let word = call.fields()?.get::<String>("word")?;
                Ok(json!({ "word": word.unwrap_or_default() }))
            }
            "fail" => Err(Fault::failed("no")),
            _ => Err(Fault::UnknownMethod),
        }
    }
}

async fn send(method: &str, content_type: Option<&str>, body: impl Into<Bytes>) -> Response {
    let mut request = http::Request::builder().method(method).uri("/ext/echo");
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let source = (Ipv4Addr::LOCALHOST, 1234).into();
    serve(&parts, body.into(), source, &Echo::default()).await
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The reply to a body; its status is always 200.
async fn post(body: impl Into<Bytes>) -> String {
    let response = send("POST", Some("application/json"), body).await;
    assert_eq!(response.status(), 200);
    text(response).await
}

/// The `error` of the reply to a body, as JSON text.
async fn error(body: &'static str) -> String {
    let reply = post(body).await;
    let start = reply.find("\"error\":").expect(&reply) + 8;
    reply[start..reply.rfind(",\"id\":").expect(&reply)].to_owned()
}

fn failure(message: &str) -> String {
    let message = Value::from(message);
    format!(r#"{{"code":-32000,"message":{message},"data":null}}"#)
}

#[tokio::test]
async fn replies_byte_for_byte() {
    let response = send(
        "POST",
        Some("application/json;"),
        r#"{"jsonrpc":"2.0","id":1,"method":"echo.say","params":{"word":"hi"}}"#,
    )
    .await;
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers[CONTENT_TYPE], "application/json; charset=utf-8");
    assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    let expected = "{\"jsonrpc\":\"2.0\",\"result\":{\"word\":\"hi\"},\"id\":1}\n";
    assert_eq!(text(response).await, expected);
    let expected = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"no\",\"data\":null},\"id\":1}\n";
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"echo.fail"}"#;
    assert_eq!(post(request).await, expected);
}

#[tokio::test]
async fn only_post() {
    for method in ["GET", "PUT", "HEAD", "OPTIONS", "DELETE"] {
        let response = send(method, Some("application/json"), "").await;
        assert_eq!(response.status(), 405);
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "text/plain; charset=utf-8"
        );
        let expected = format!("rpc: POST method required, received {method}");
        assert_eq!(text(response).await, expected);
    }
}

#[tokio::test]
async fn only_json() {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"echo.say"}"#;
    for good in [
        "application/json",
        "application/json;",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
    ] {
        let response = send("POST", Some(good), call).await;
        assert_eq!(response.status(), 200, "{good}");
    }
    for bad in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json-rpc"),
        Some("application/json ;x"),
    ] {
        let response = send("POST", bad, call).await;
        assert_eq!(response.status(), 415, "{bad:?}");
        let kind = bad.unwrap_or_default().split(';').next().unwrap();
        let expected = format!("rpc: unrecognized Content-Type: {kind}");
        assert_eq!(text(response).await, expected);
    }
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let mut call = r#"{"jsonrpc":"2.0","id":1,"method":"echo.say"}"#.to_owned();
    call.push_str(&" ".repeat(MAX_BODY - call.len()));
    assert!(post(call.clone()).await.contains("result"));
    call.push(' ');
    let response = send("POST", Some("application/json"), call).await;
    assert_eq!(response.status(), 413);
    assert!(text(response).await.contains("1048576 bytes"));
}

#[tokio::test]
async fn an_id_comes_back_as_it_was_written() {
    for id in [
        "1",
        "-3",
        "1.50",
        r#""x""#,
        r#"{"a": [1]}"#,
        "123456789012345678901234567890",
        "false",
    ] {
        let call = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"echo.say"}}"#);
        let reply = post(call).await;
        assert!(reply.ends_with(&format!(",\"id\":{id}}}\n")), "{reply}");
    }
}

/// It is carried out, and answered with nothing.
#[tokio::test]
async fn a_call_without_an_id_is_a_notification() {
    let echo = Echo::default();
    for body in [
        r#"{"jsonrpc":"2.0","method":"echo.say"}"#,
        r#"{"jsonrpc":"2.0","method":"echo.fail","id":null}"#,
        r#"{"jsonrpc":"2.0","method":"nothing"}"#,
        r#"{"method":"echo.say"}"#,
        "{}",
        "null",
    ] {
        let source = (Ipv4Addr::LOCALHOST, 1234).into();
        assert_eq!(answer(body.as_bytes(), source, &echo).await, "", "{body}");
    }
    assert_eq!(echo.calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_version_is_2() {
    for version in [r#""1.0""#, r#""""#, r#"" 2.0""#, "null"] {
        let call = format!(
            r#"{{"jsonrpc":{version},"id":7,"method":"echo.say","params":{{"password":"hunter2"}}}}"#
        );
        let expected = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":\"jsonrpc must be 2.0\",\"data\":null},\"id\":7}\n";
        assert_eq!(post(call).await, expected);
    }
}

#[tokio::test]
async fn what_is_not_json_is_a_parse_error_without_an_id_or_an_echo() {
    let seed = r#"{ "jsonrpc": "2.0", "method": "auth.newToken",
        "endpoints":["/ext/bc/V", "/ext/info"] "password": "hunter2", "id": 1 }"#;
    for body in [
        "",
        "hunter2",
        "\"hunter2\"",
        "17",
        "[]",
        r#"[{"jsonrpc":"2.0","id":1,"method":"echo.say"}]"#,
        r#"{"password":"hunter2","#,
        r#"{"jsonrpc":2.0,"id":1,"method":"echo.say","password":"hunter2"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":["hunter2"]}"#,
        seed,
    ] {
        let reply = post(body).await;
        let start = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":";
        assert!(reply.starts_with(start), "{reply}");
        assert!(reply.ends_with(",\"data\":null},\"id\":null}\n"), "{reply}");
        assert!(!reply.contains("hunter2"), "{reply}");
    }
    assert!(error("[1]").await.contains("batches are not supported"));
    assert!(post(&b"{\"method\":\"\xff\"}"[..]).await.contains("-32700"));
}

#[tokio::test]
async fn go_s_leniency() {
    let hi = r#""result":{"word":"hi"}"#;
    for call in [
        r#"{"JSONRPC":"2.0","ID":1,"METHOD":"echo.say","Params":{"WORD":"hi"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"echo.say","params":{"word":"hi"}} trailing {"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"echo.fail","method":"echo.say","params":{"word":"x","word":"hi"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"echo.say","params":[{"word":"hi","more":{}},2]}"#,
        r#" {"jsonrpc":"2.0","id":1,"method":"echo.s\u0061y","params":{"w\u006frd":"h\u0069"},"more":1}"#,
    ] {
        assert!(post(call).await.contains(hi), "{call}");
    }
    for nothing in ["null", "[]", "{}", "[null]", r#"{"word":null}"#] {
        let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"echo.say","params":{nothing}}}"#);
        assert!(
            post(call).await.contains(r#""result":{"word":""}"#),
            "{nothing}"
        );
    }
}

#[tokio::test]
async fn parameters_of_another_shape_are_refused_without_an_echo() {
    let expected = failure(&Fault::Arguments.to_string());
    for params in [
        r#"["hi"]"#,
        "1",
        r#""hi""#,
        "true",
        r#"{"word":1}"#,
        r#"[[{"word":"hi"}]]"#,
    ] {
        let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"echo.say","params":{params}}}"#);
        let reply = post(call).await;
        assert!(reply.contains(&expected), "{params}: {reply}");
    }
}

#[tokio::test]
async fn methods_have_their_case() {
    macro_rules! expect {
        ($method:literal, $message:expr) => {
            let call = concat!(r#"{"jsonrpc":"2.0","id":1,"method":""#, $method, r#""}"#);
            assert_eq!(error(call).await, failure($message));
        };
    }
    expect!("echo.Say", "method must start with a non-uppercase letter");
    expect!("echo.SAY", "method must start with a non-uppercase letter");
    expect!("echo.sAY", r#"rpc: can't find method "echo.SAY""#);
    expect!("echo.nothing", r#"rpc: can't find method "echo.Nothing""#);
    expect!("echo.", r#"rpc: can't find method "echo.""#);
    expect!("Echo.say", r#"rpc: can't find service "Echo.Say""#);
    expect!(".say", r#"rpc: can't find service ".Say""#);
    expect!("other.say", r#"rpc: can't find service "other.Say""#);
    expect!("say", r#"rpc: service/method request ill-formed: "say""#);
    expect!("", r#"rpc: service/method request ill-formed: """#);
    expect!(
        "echo.a.b",
        r#"rpc: service/method request ill-formed: "echo.A.b""#
    );
}

#[tokio::test]
async fn a_long_name_is_not_repeated_in_full() {
    let method = "x".repeat(100_000);
    let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#);
    assert!(post(call).await.len() < 300);
    assert_eq!(Fault::failed(&method).to_string().len(), MAX_MESSAGE);
}

#[tokio::test]
async fn deep_nesting_is_no_trouble() {
    let deep = "[".repeat(200_000);
    let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"echo.say","params":{deep}"#);
    assert!(post(call).await.contains("-32700"));
    let (deep, closed) = ("[".repeat(200_000), "]".repeat(200_000));
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"echo.say","params":{{"x":{deep}{closed}}}}}"#
    );
    assert!(post(call).await.contains("result"));
}

proptest! {
    #[test]
    fn whatever_comes_is_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let reply = runtime.block_on(post(body));
        prop_assert!(reply.is_empty() || serde_json::from_str::<Value>(&reply).is_ok());
    }
}
