//! Names: of the chain under `/ext/bc`, and of the hosts that requests are for.

use lotus_testutil::wire::{Ws, exchange, post};
use lotus_testutil::{TestDaemon, TestNode, repo};

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

#[tokio::test]
async fn the_chain_has_the_names_that_the_config_gives_it() {
    let config = "[API.ChainAliases]\ncalibration = \"/rpc/v0\"\nmain = \"/rpc/v1\"\n";
    let node = TestNode::with_config(config).await;
    for (name, status) in [
        ("calibration", 200),
        ("main", 200),
        ("F", 200),
        ("Main", 404),
        ("other", 404),
    ] {
        let path = format!("/ext/bc/{name}");
        let reply = post(node.socket(), &path, &[], VERSION).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.body);
    }
    let named = |name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"info.isBootstrapped","params":{{"chain":"{name}"}}}}"#
        )
    };
    let json = "Content-Type: application/json";
    let reply = post(node.socket(), "/ext/info", &[json], &named("main")).await;
    assert_eq!(reply.json()["result"]["isBootstrapped"], true);
    let reply = post(node.socket(), "/ext/info", &[json], &named("other")).await;
    assert!(
        reply.body.contains("no chain with alias/ID 'other'"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_name_that_cannot_work_stops_the_start() {
    for (entry, words) in [
        (
            "X = \"/rpc/v9\"",
            "[API.ChainAliases] X: \"/rpc/v9\" is not served here; use one of /rpc/v0, /rpc/v1",
        ),
        (
            "\"a/b\" = \"/rpc/v1\"",
            "[API.ChainAliases]: \"a/b\" is no name for a chain; use up to 128 letters",
        ),
        (
            "X = 1",
            "config.toml:2: API.ChainAliases.X = 1: expected a path for each name, such as F =",
        ),
    ] {
        let repo = repo(&format!("[API.ChainAliases]\n{entry}\n"));
        let error = TestNode::open(repo.path()).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// Sends a GET with these lines after the first, and returns status and body.
async fn get(node: &TestDaemon, path: &str, lines: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\n{lines}\r\n");
    let reply = exchange(node.socket(), request.as_bytes()).await;
    (reply.status, reply.body)
}

/// A page whose name resolves to 127.0.0.1 would be of the same origin as the daemon.
#[tokio::test]
async fn a_page_whose_name_leads_here_reads_nothing() {
    let node = TestNode::start().await;
    let refusal = (
        403,
        "the host \"evil.example:1234\" is none that this daemon answers for; if it is yours, add \
         it to [API] AllowedHosts\n"
            .to_owned(),
    );
    for path in ["/debug/metrics", "/rpc/v1", "/ext/info", "/health/livez"] {
        let got = get(&node, path, "Host: evil.example:1234\r\n").await;
        assert_eq!(got, refusal, "{path}");
    }
    // Neither does a token help, which a browser would not have, nor another form of the target.
    let token = format!(
        "Host: evil.example:1234\r\nAuthorization: Bearer {}\r\n",
        node.repo_token()
    );
    assert_eq!(get(&node, "/debug/metrics", &token).await, refusal);
    let absolute = "http://evil.example:1234/debug/metrics";
    assert_eq!(get(&node, absolute, "Host: localhost\r\n").await, refusal);
    let port = node.socket().port();
    for host in ["127.0.0.1", "[::1]", "localhost", "10.1.2.3"] {
        let host = format!("Host: {host}:{port}\r\n");
        assert_eq!(get(&node, "/debug/metrics", &host).await.0, 200, "{host}");
    }
    let old = b"GET /debug/metrics HTTP/1.0\r\n\r\n";
    assert_eq!(exchange(node.socket(), old).await.status, 200);
    let evil = Ws::open(node.socket(), "/rpc/v1", &["Origin: http://evil.example"]).await;
    assert!(
        evil.is_ok(),
        "the host is right, and such a page has no permission"
    );
    let log = std::fs::read_to_string(node.stop().await.path().join("audit/audit.jsonl")).unwrap();
    assert_eq!(
        log.matches("the host \\\"evil.example:1234").count(),
        6,
        "{log}"
    );
}

#[tokio::test]
async fn names_in_the_config_are_answered_for() {
    let proxy = "Host: node.example.org\r\n";
    let node = TestNode::with_config("[API]\nAllowedHosts = [\"Node.example.org\"]\n").await;
    assert_eq!(get(&node, "/debug/metrics", proxy).await.0, 200);
    assert_eq!(get(&node, "/health/livez", "Host: other\r\n").await.0, 403);
    let node = TestNode::with_config("[API]\nRemoteListenAddress = \"node.example.org:1\"\n").await;
    assert_eq!(get(&node, "/debug/metrics", proxy).await.0, 200);

    // Others can reach such a listener under any name, and nothing is said about names.
    let all = "[API]\nListenAddress = \"/ip4/0.0.0.0/tcp/0/http\"\n";
    let node = TestNode::with_config(all).await;
    let health = get(&node, "/ext/health", "Host: other\r\n").await;
    assert_eq!(
        health.0, 200,
        "also to callers without a token: {}",
        health.1
    );
    assert_eq!(get(&node, "/ext/info", "Host: other\r\n").await.0, 401);
    let node = TestNode::with_config(&format!("{all}AllowedHosts = [\"node\"]\n")).await;
    assert_eq!(get(&node, "/health/livez", "Host: other\r\n").await.0, 403);
    assert_eq!(get(&node, "/health/livez", "Host: node\r\n").await.0, 200);
}
