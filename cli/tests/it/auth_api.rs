//! The Auth API at `/ext/auth`, from the flag that opens it to the restart after a new password.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use lotus_testutil::wire::{Response, Ws, get, post};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Home, LOTUS};
use crate::running::{Running, node};

const PASSWORD: &str = "correct horse battery staple";
const CHANGED: &str = "fejhkefjhefjhefhje";
const EDITED: &str = "a third one for 3 daemons";
const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;
const JSON: &str = "Content-Type: application/json";

/// Writes the password file of a home.
fn password_file(home: &Home, password: &str) -> PathBuf {
    let path = home.path().join("password");
    fs::write(&path, format!("{password}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// The command line of a daemon that requires tokens.
fn line(home: &Home) -> String {
    let path = home.path().join("password");
    format!(
        "daemon --api 0 --api-auth-required --api-auth-password-file {}",
        path.display()
    )
}

/// A home in which such a daemon is running.
fn guarded() -> (Home, Running) {
    let home = Home::new(LOTUS);
    password_file(&home, PASSWORD);
    let daemon = Running::start(&home, &line(&home));
    (home, daemon)
}

fn restart(home: &Home, daemon: Running) -> Running {
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.finished().code, Some(0));
    Running::start(home, &line(home))
}

/// Calls a service under `/ext`, with a token or without.
async fn call(
    socket: SocketAddr,
    path: &str,
    token: Option<&str>,
    method: &str,
    params: Value,
) -> Response {
    let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let bearer = token.map(|token| format!("Authorization: Bearer {token}"));
    let headers: Vec<&str> = std::iter::once(JSON).chain(bearer.as_deref()).collect();
    post(socket, path, &headers, &body.to_string()).await
}

/// What `/ext/auth` answers.
async fn auth(socket: SocketAddr, method: &str, params: Value) -> Value {
    let response = call(socket, "/ext/auth", None, &format!("auth.{method}"), params).await;
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

async fn new_token(socket: SocketAddr, password: &str, endpoints: &[&str]) -> String {
    let params = json!({ "password": password, "endpoints": endpoints });
    let answer = auth(socket, "newToken", params).await;
    answer["result"]["token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

async fn peers(socket: SocketAddr, token: &str) -> Response {
    call(socket, "/ext/info", Some(token), "info.peers", json!({})).await
}

/// The last record of the audit log, once it is one of `path`: a refusal is answered before its
/// record is on disk.
fn recorded(home: &Home, path: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let log = home.run("auth audit --tail 1 --output json").json();
        let last = &log["records"][0];
        if last["path"] == path {
            return last.clone();
        }
        assert!(Instant::now() < deadline, "the last record is {last}");
    }
}

/// A refusal in exactly the form of the reference.
#[track_caller]
fn assert_refused(response: &Response, message: &str) {
    let error = json!({ "code": -32600, "message": message });
    let body = format!("{{\"jsonrpc\":\"2.0\",\"error\":{error},\"id\":1}}\n");
    assert_eq!((response.status, response.body.as_str()), (401, &*body));
    assert_eq!(response.headers["content-type"], "application/json");
}

const REVOKED: &str = "the provided auth token was revoked";
const ELSEWHERE: &str = "the provided auth token does not allow access to this endpoint";
const NONE: &str = "auth token not provided";

#[tokio::test]
async fn a_token_opens_what_it_names_until_it_is_revoked_or_the_password_changes() {
    let (home, daemon) = guarded();
    let socket = daemon.socket();
    let repo_token = fs::read_to_string(home.repo().join("token")).unwrap();

    let token = new_token(socket, PASSWORD, &["/ext/info"]).await;
    let other = new_token(socket, PASSWORD, &["*"]).await;
    let answer = peers(socket, &token).await;
    assert_eq!(answer.status, 200);
    let result = &answer.json()["result"];
    assert_eq!(result["peers"], json!([]), "{answer:?}");
    for path in ["/ext/bc/F", "/ext/bc/F/", "/ext/health", "/ext/informal"] {
        let refused = post(
            socket,
            path,
            &[JSON, &format!("Authorization: Bearer {token}")],
            VERSION,
        )
        .await;
        assert_refused(&refused, ELSEWHERE);
    }
    let last = recorded(&home, "/ext/informal");
    assert_eq!(last["verdict"], "refused", "{last}");
    assert_eq!(last["reason"], ELSEWHERE);
    let list = home.run("auth list --output json").json();
    let ids = list.as_array().unwrap().iter().map(|token| &token["Id"]);
    assert!(ids.clone().any(|id| *id == last["token"]), "{last} {list}");
    let served = call(
        socket,
        "/ext/bc/F",
        Some(&other),
        "Filecoin.Version",
        json!([]),
    )
    .await;
    assert!(served.json()["result"].is_object(), "{served:?}");
    let nothing = call(socket, "/ext/info", None, "info.peers", json!({})).await;
    assert_refused(&nothing, NONE);

    let params = json!({ "password": "wrong", "token": token });
    let wrong = auth(socket, "revokeToken", params).await;
    assert_eq!(wrong["error"]["message"], "incorrect password", "{wrong}");
    assert_eq!(peers(socket, &token).await.status, 200);
    for revoked in [token.as_str(), token.as_str(), "not.a.token"] {
        let params = json!({ "password": PASSWORD, "token": revoked });
        let answer = auth(socket, "revokeToken", params).await;
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
    assert_refused(&peers(socket, &token).await, REVOKED);
    assert_eq!(peers(socket, &other).await.status, 200);

    let params = json!({ "oldPassword": PASSWORD, "newPassword": CHANGED });
    let changed = auth(socket, "changePassword", params).await;
    assert_eq!(changed["result"], json!({}), "{changed}");
    assert_refused(&peers(socket, &other).await, REVOKED);
    let fresh = new_token(socket, CHANGED, &["/ext/info"]).await;
    let last = recorded(&home, "/ext/auth");
    let address: SocketAddr = last["address"].as_str().unwrap().parse().unwrap();
    assert!(address.ip().is_loopback() && address.port() != 0, "{last}");
    assert_eq!(
        (&last["request"], &last["method"]),
        (&json!("7"), &json!("auth.newToken"))
    );
    // A token that is dead is on record as what it was.
    assert_refused(&peers(socket, &other).await, REVOKED);
    let last = recorded(&home, "/ext/info");
    assert_eq!(last["verdict"], "unauthenticated", "{last}");
    let list = home.run("auth list --all --output json").json();
    let ids = list.as_array().unwrap().iter().map(|token| &token["Id"]);
    assert!(ids.clone().any(|id| *id == last["token"]), "{last} {list}");

    // Twice: neither the old password file nor a restart brings anything back.
    let mut daemon = daemon;
    for _ in 0..2 {
        daemon = restart(&home, daemon);
        let socket = daemon.socket();
        for dead in [&token, &other] {
            assert_refused(&peers(socket, dead).await, REVOKED);
        }
        for living in [&fresh, &repo_token] {
            assert_eq!(peers(socket, living).await.status, 200);
        }
        let params = json!({ "password": PASSWORD, "endpoints": ["*"] });
        let old = auth(socket, "newToken", params).await;
        assert_eq!(old["error"]["message"], "incorrect password", "{old}");
    }

    // A file that somebody has edited counts.
    password_file(&home, EDITED);
    let daemon = restart(&home, daemon);
    let socket = daemon.socket();
    assert_refused(&peers(socket, &fresh).await, REVOKED);
    assert_eq!(peers(socket, &repo_token).await.status, 200);
    let token = new_token(socket, EDITED, &["/ext/info"]).await;
    assert_eq!(peers(socket, &token).await.status, 200);
    let params = json!({ "password": CHANGED, "endpoints": ["*"] });
    let old = auth(socket, "newToken", params).await;
    assert_eq!(old["error"]["message"], "incorrect password", "{old}");
}

#[tokio::test]
async fn a_changed_password_closes_the_sockets_of_its_tokens_and_no_others() {
    let (home, daemon) = guarded();
    let socket = daemon.socket();
    let token = new_token(socket, PASSWORD, &["/rpc/v1"]).await;
    let lotus = fs::read_to_string(home.repo().join("token")).unwrap();
    let open = async |path: &str, token: &str| {
        Ws::open(socket, &format!("{path}?token={token}"), &[]).await
    };
    let mut dying = open("/rpc/v1", &token).await.unwrap();
    let mut healthy = open("/rpc/v1", &lotus).await.unwrap();
    dying.send(VERSION).await;
    assert!(dying.receive_json().await["result"].is_object());

    let params = json!({ "oldPassword": PASSWORD, "newPassword": CHANGED });
    auth(socket, "changePassword", params).await;
    assert_eq!(dying.closed().await.0, 4401);
    assert_eq!(open("/rpc/v1", &token).await.unwrap_err(), 401);
    healthy.send(VERSION).await;
    assert!(healthy.receive_json().await["result"].is_object());
}

#[tokio::test]
async fn without_a_token_only_the_auth_api_is_open() {
    let (_home, daemon) = guarded();
    let socket = daemon.socket();
    for path in ["/rpc/v0", "/rpc/v1", "/debug/metrics"] {
        let refused = match path {
            "/debug/metrics" => get(socket, path, &[]).await,
            _ => post(socket, path, &[], VERSION).await,
        };
        assert_eq!((refused.status, refused.body.as_str()), (401, ""), "{path}");
        assert_eq!(Ws::open(socket, "/rpc/v1", &[]).await.unwrap_err(), 401);
    }
    for path in [
        "/ext/info",
        "/ext/bc/F",
        "/ext/health",
        "/ext/health/liveness",
        "/ext/metrics",
        "/ext",
        "/ext/",
        // Nothing but the one path itself is exempt.
        "/ext/auth/",
        "/ext//auth",
        "/ext/./auth",
        "/ext/info/../auth",
        "/ext/info/%2e%2e/auth",
        "/ext/info%2f..%2fauth",
        "/ext/x/auth",
        "/ext/Auth",
        "/ext/auth%00",
        "/ext/auth;x",
    ] {
        let refused = call(socket, path, None, "info.peers", json!({})).await;
        assert_refused(&refused, NONE);
        let answer = call(
            socket,
            path,
            None,
            "auth.newToken",
            json!({ "password": PASSWORD, "endpoints": ["*"] }),
        )
        .await;
        assert_refused(&answer, NONE);
    }
    for path in [
        "/x/auth",
        "//ext/auth",
        "/EXT/AUTH",
        "/auth",
        "/extra/auth",
        "/ext%2fauth",
        "/rpc/v1/auth",
        "/rpc/v1/",
        "/nothing",
    ] {
        let answer = call(
            socket,
            path,
            None,
            "auth.newToken",
            json!({ "password": PASSWORD, "endpoints": ["*"] }),
        )
        .await;
        // Nothing is behind these, so there is nothing to guard.
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    // A query is no part of the path.
    let params = json!({ "password": PASSWORD, "endpoints": ["*"] });
    let answer = call(
        socket,
        "/ext/auth?x=/ext/info",
        None,
        "auth.newToken",
        params,
    )
    .await;
    assert!(answer.json()["result"]["token"].is_string(), "{answer:?}");
}

#[tokio::test]
async fn without_the_flag_there_is_no_auth_api_and_no_token_is_needed() {
    let (_home, daemon) = node();
    let socket = daemon.socket();
    let params = json!({ "password": PASSWORD, "endpoints": ["*"] });
    let answer = call(socket, "/ext/auth", None, "auth.newToken", params).await;
    assert_eq!(answer.status, 404);
    let answer = call(socket, "/ext/info", None, "info.peers", json!({})).await;
    assert_eq!(answer.json()["result"]["peers"], json!([]), "{answer:?}");
    assert_eq!(get(socket, "/ext/health", &[]).await.status, 200);
}

#[test]
fn a_daemon_does_not_start_without_a_good_password() {
    let home = Home::new(LOTUS);
    let file = home.path().join("password");
    let shown = file.display();
    let refusal = |line: &str| home.run(line).error();
    assert!(refusal("daemon --api 0 --api-auth-required").contains(
        "--api-auth-required needs a password: write one to a file and name it with \
             --api-auth-password-file"
    ));
    let missing = refusal(&line(&home));
    assert!(
        missing.contains(&format!(
            "API auth password file \"{shown}\" failed to be read: No such file"
        )),
        "{missing}"
    );
    for (password, words) in [
        ("password", "API auth password is not strong enough"),
        ("", "is empty; write the password into it"),
        (&"x1-".repeat(400), "is longer than 1024 bytes"),
    ] {
        password_file(&home, password);
        let error = refusal(&line(&home));
        assert!(error.contains(words), "{error}");
        assert!(error.contains(&shown.to_string()), "{error}");
    }
    // Nothing of these attempts is left that would disturb a good one.
    password_file(&home, PASSWORD);
    let daemon = Running::start(&home, &line(&home));
    assert_eq!(daemon.banner["authRequired"], true);
}

#[tokio::test]
async fn nothing_tells_a_password_or_a_token() {
    let home = Home::new(LOTUS);
    password_file(&home, PASSWORD);
    let mut command = home.command(line(&home).split_whitespace());
    command.env("GOLOG_LOG_LEVEL", "debug");
    let daemon = Running::spawn(command);
    let socket = daemon.socket();
    let token = new_token(socket, PASSWORD, &["*"]).await;
    let mut answers = vec![peers(socket, &token).await];
    let guess = "a-wrong-s3cret-guess";
    for (method, params) in [
        ("newToken", json!({ "password": guess, "endpoints": ["*"] })),
        (
            "newToken",
            json!({ "password": [PASSWORD], "endpoints": ["*"] }),
        ),
        (
            "newToken",
            json!({ "password": PASSWORD, "endpoints": PASSWORD }),
        ),
        ("newToken", json!([PASSWORD, ["*"]])),
        ("newToken", json!({ "password": PASSWORD, "endpoints": [] })),
        ("revokeToken", json!({ "password": guess, "token": token })),
        (
            "revokeToken",
            json!({ "password": PASSWORD, "token": [token] }),
        ),
        (
            "changePassword",
            json!({ "oldPassword": guess, "newPassword": CHANGED }),
        ),
        (
            "changePassword",
            json!({ "oldPassword": PASSWORD, "newPassword": PASSWORD }),
        ),
        (
            "changePassword",
            json!({ "oldPassword": PASSWORD, "newPassword": CHANGED }),
        ),
    ] {
        let method = format!("auth.{method}");
        answers.push(call(socket, "/ext/auth", None, &method, params).await);
    }
    answers.push(peers(socket, &token).await);
    let damaged = format!("{token}x");
    answers.push(peers(socket, &damaged).await);
    let audit = home.run("auth audit --tail 100 --output json").ok();
    let stored = fs::read_dir(home.repo().join("audit")).unwrap();
    let stored: String = stored
        .map(|file| String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()).into_owned())
        .collect();
    daemon.signal(Signal::TERM);
    let log = daemon.finished().stderr;
    assert!(log.contains("token refused"), "the log is at level debug");
    assert!(stored.contains("auth.changePassword"));

    let signature = token.rsplit('.').next().unwrap();
    let mut texts = vec![
        ("the log", log),
        ("auth audit", audit),
        ("the audit log", stored),
    ];
    texts.extend(
        answers
            .into_iter()
            .map(|a| ("an answer", format!("{:?} {}", a.headers, a.body))),
    );
    for (place, text) in &texts {
        for secret in [PASSWORD, CHANGED, guess, signature] {
            assert!(
                !text.contains(secret),
                "{place} tells {}…: {text}",
                &secret[..6]
            );
        }
    }
}
