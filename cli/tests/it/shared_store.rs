//! Two daemons that share their tokens in one PostgreSQL database.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use lotus_testutil::postgres::PostgresServer;
use lotus_testutil::wire::{Response, Ws, get, post};
use serde_json::{Value, json};

use crate::harness::{Home, LOTUS, said};
use crate::running::Running;

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

/// Opens a channel.
const CLOSING: &str = r#"{"jsonrpc":"2.0","id":2,"method":"Filecoin.Closing","params":[]}"#;

/// The secret that signs tokens, in a repo's keystore.
const SECRET: &str = "keystore/MF2XI2BNNJ3XILLQOJUXMYLUMU";

/// How long a revocation may take to the other daemon. It takes milliseconds; machines are shared.
const BOUND: Duration = Duration::from_secs(5);

/// How long the daemons may take to notice that the store is gone or back.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command that starts a daemon on this store.
fn command(home: &Home, store: &str) -> Command {
    let mut command = home.command(["daemon", "--api", "0"]);
    command
        .env("LOTUS_AUTH_STORE", store)
        .env("LOTUS_AUTH_MAXSTALENESS", "2s");
    command
}

fn start(home: &Home, store: &str) -> Running {
    Running::spawn(command(home, store))
}

/// A home whose daemon will sign as the daemon in `other` does.
fn twin(other: &Home) -> Home {
    let twin = Home::new(LOTUS);
    for (dir, mode) in [(twin.repo(), 0o755), (twin.repo().join("keystore"), 0o700)] {
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::copy(other.repo().join(SECRET), twin.repo().join(SECRET)).unwrap();
    fs::set_permissions(twin.repo().join(SECRET), fs::Permissions::from_mode(0o600)).unwrap();
    twin
}

fn create(home: &Home, name: &str) -> String {
    let line = format!("auth create-token --perm admin --name {name}");
    home.run(&line).ok().trim_end().to_owned()
}

fn path_with(token: &str) -> String {
    format!("/rpc/v1?token={token}")
}

async fn call(socket: SocketAddr, token: &str) -> Response {
    let header = format!("Authorization: Bearer {token}");
    post(socket, "/rpc/v1", &[&header], VERSION).await
}

/// Calls until the answer has this status, and returns it.
async fn until(status: u16, socket: SocketAddr, token: &str) -> Response {
    let begun = Instant::now();
    loop {
        let response = call(socket, token).await;
        if response.status == status {
            return response;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{status} was expected: {response:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn readiness(socket: SocketAddr) -> Response {
    get(socket, "/health/readyz", &[]).await
}

#[tokio::test]
async fn daemons_on_one_store_share_tokens_and_revocations_and_fail_closed_without_it() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let store = server.database();
    let first_home = Home::new(LOTUS);
    let first = start(&first_home, &store);
    let second_home = twin(&first_home);
    let second = start(&second_home, &store);
    let both = [first.socket(), second.socket()];

    let (dying, healthy) = (
        create(&first_home, "dying"),
        create(&second_home, "healthy"),
    );
    for socket in both {
        for token in [&dying, &healthy] {
            assert_eq!(call(socket, token).await.status, 200);
        }
        assert_eq!(readiness(socket).await.status, 200);
    }
    let open = async |token: &str| {
        let path = path_with(token);
        Ws::open(second.socket(), &path, &[]).await.unwrap()
    };
    let mut closing = open(&dying).await;
    let mut staying = open(&healthy).await;
    let listed = second_home.run("auth list").ok();
    assert!(
        listed.contains("\ndying ") && listed.contains("\nhealthy "),
        "{listed}"
    );

    let begun = Instant::now();
    first_home.run("auth revoke dying").ok();
    assert_eq!(
        closing.closed().await,
        (4401, "the token was revoked".to_owned())
    );
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    for socket in both {
        assert_eq!(call(socket, &dying).await.status, 401);
        assert_eq!(call(socket, &healthy).await.status, 200);
    }
    staying.send(VERSION).await;
    assert_eq!(staying.receive_json().await["id"], 1);
    staying.send(CLOSING).await;
    assert_eq!(staying.receive_json().await["result"], 1);
    let mut anonymous = Ws::open(second.socket(), "/rpc/v1", &[]).await.unwrap();

    // Without the store nobody can know what was revoked meanwhile: also those who are connected,
    // with a channel open, are given nothing more.
    server.stop();
    let why = "the token store has been unreachable for longer than [Auth] MaxStaleness";
    assert_eq!(staying.closed().await, (1013, why.to_owned()));
    assert_eq!(
        Ws::open(second.socket(), &path_with(&healthy), &[])
            .await
            .unwrap_err(),
        503
    );
    // Who has no token has none that could have been revoked.
    anonymous.send(VERSION).await;
    assert!(anonymous.receive_json().await["result"].is_object());
    for socket in both {
        let refused = until(503, socket, &healthy).await;
        assert!(
            refused.body.contains("token store") && refused.body.contains("MaxStaleness"),
            "{refused:?}"
        );
        let dead = call(socket, &dying).await.status;
        assert!(matches!(dead, 401 | 503), "{dead}");
        let ready = readiness(socket).await;
        assert_eq!(ready.status, 503);
        assert!(ready.body.contains("token store"), "{ready:?}");
        assert_eq!(get(socket, "/health/livez", &[]).await.status, 200);
    }
    let late = second_home.run("auth create-token --perm read").error();
    assert!(
        late.contains("status 503; the node cannot serve calls now"),
        "{late}"
    );
    server.resume();
    for socket in both {
        until(200, socket, &healthy).await;
        assert_eq!(call(socket, &dying).await.status, 401);
        assert_eq!(readiness(socket).await.status, 200);
    }
    let mut staying = open(&healthy).await;
    staying.send(VERSION).await;
    assert!(staying.receive_json().await["result"].is_object());
    let late = create(&second_home, "late");
    assert_eq!(call(first.socket(), &late).await.status, 200);
    // Revocations are heard of again.
    let mut closing = open(&late).await;
    first_home.run("auth revoke late").ok();
    assert_eq!(closing.closed().await.0, 4401);

    for (daemon, home) in [(first, &first_home), (second, &second_home)] {
        daemon.signal(rustix::process::Signal::TERM);
        let said = daemon.finished();
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(!said.stderr.contains("hunter2"), "{said:?}");
        assert!(home.repo().join("token").exists());
    }
}

/// A token that one daemon has not seen for as long as it may be idle, and another has.
#[tokio::test]
async fn a_use_at_one_daemon_keeps_a_token_alive_at_the_other() {
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let store = server.database();
    let first_home = Home::new(LOTUS);
    let first = start(&first_home, &store);
    let second_home = twin(&first_home);
    let second = start(&second_home, &store);
    let idle = |name: &str, seconds: u64| {
        let line = format!("auth create-token --perm read --name {name} --idle {seconds}s");
        first_home.run(&line).ok().trim_end().to_owned()
    };
    let (token, unused) = (idle("used", 6), idle("unused", 4));
    let open = async |token: &str| Ws::open(second.socket(), &path_with(token), &[]).await;
    assert_eq!(call(second.socket(), &token).await.status, 200);
    let (mut used, mut clock) = (open(&token).await.unwrap(), open(&unused).await.unwrap());
    assert_eq!(clock.closed().await.0, 4401);
    // Four seconds have passed: it is used where it was not used before.
    assert_eq!(call(first.socket(), &token).await.status, 200);
    assert_eq!(used.closed().await.0, 4401);
    // Another two: the second daemon asks before it refuses.
    assert_eq!(call(second.socket(), &token).await.status, 200);
    assert_eq!(call(second.socket(), &unused).await.status, 401);
}

#[tokio::test]
async fn the_password_is_the_same_at_every_daemon_of_a_store() {
    const OLD: &str = "correct horse battery staple";
    const NEW: &str = "fejhkefjhefjhefhje";
    let Some(server) = PostgresServer::shared() else {
        return;
    };
    let store = server.database();
    let guarded = |home: &Home| {
        let file = home.path().join("password");
        fs::write(&file, OLD).unwrap();
        let mut command = command(home, &store);
        command
            .env("LOTUS_API_AUTHREQUIRED", "true")
            .env("LOTUS_API_AUTHPASSWORDFILE", file);
        Running::spawn(command)
    };
    let first_home = Home::new(LOTUS);
    let first = guarded(&first_home);
    let second_home = twin(&first_home);
    let second = guarded(&second_home);
    let auth = async |socket: SocketAddr, method: &str, params: Value| {
        let method = format!("auth.{method}");
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let header = "Content-Type: application/json";
        post(socket, "/ext/auth", &[header], &body.to_string())
            .await
            .json()
    };
    let mint = async |socket: SocketAddr, password: &str| {
        let params = json!({ "password": password, "endpoints": ["/rpc/v1"] });
        auth(socket, "newToken", params).await
    };
    let minted = mint(first.socket(), OLD).await;
    let token = minted["result"]["token"].as_str().unwrap();
    assert_eq!(call(second.socket(), token).await.status, 200);
    let mut closing = Ws::open(second.socket(), &path_with(token), &[])
        .await
        .unwrap();

    let params = json!({ "oldPassword": OLD, "newPassword": NEW });
    let changed = auth(first.socket(), "changePassword", params).await;
    assert_eq!(changed["result"], json!({}), "{changed}");
    assert_eq!(closing.closed().await.0, 4401);
    drop(second);
    // It starts with the old password file.
    let second = guarded(&second_home);
    for socket in [first.socket(), second.socket()] {
        assert_eq!(call(socket, token).await.status, 401);
        let refused = mint(socket, OLD).await;
        assert_eq!(refused["error"]["message"], "incorrect password");
    }
    let minted = mint(second.socket(), NEW).await;
    let token = minted["result"]["token"].as_str().unwrap();
    assert_eq!(call(first.socket(), token).await.status, 200);
}

#[test]
fn a_daemon_does_not_start_without_its_store_and_says_so() {
    let home = Home::new(LOTUS);
    let store = "postgres://lotus:hunter2@127.0.0.1:1/tokens";
    let said = said(&mut command(&home, store));
    assert!(!said.stderr.contains("hunter2"), "{said:?}");
    let error = said.error();
    assert!(
        error.contains("[Auth] Store") && error.contains("127.0.0.1:1"),
        "{error}"
    );
}
