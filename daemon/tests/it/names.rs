//! Names that the config gives: of the chain under `/ext/bc`.

use lotus_testutil::wire::post;
use lotus_testutil::{TestNode, repo};

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
