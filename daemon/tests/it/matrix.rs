//! The matrix: every name of every path of both daemons, by every transport, for every kind of
//! caller. What each call is answered must follow from Lotus's own permission tags; the tables of
//! this program are not asked.

mod caller;
mod reference;
mod transport;
mod verdict;

use lotus_testutil::{TestDaemon, TestMiner, TestNode, bounded};
use serde_json::Value;

use caller::Caller;
use reference::Row;
use transport::Transport;
use verdict::Verdict;

/// Calls that would end more than themselves, where they are let through.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "Filecoin.Shutdown",
        "ends the daemon: called once, as the last",
    ),
    (
        "Auth.RevokeSelf",
        "kills the token of its caller: `revocation` and `tokens` call it",
    ),
];

/// What one call must be answered.
fn expected(row: &Row, caller: &Caller, transport: Transport) -> Verdict {
    if caller.dead {
        return Verdict::Unauthorized;
    }
    if row.channel && transport != Transport::Ws {
        return Verdict::NoChannels;
    }
    if row.own && caller.token.is_some() {
        return Verdict::Passed;
    }
    if !caller.permissions.contains(&row.permission) {
        return Verdict::Refused(format!(
            "missing permission to invoke '{}' (need '{}')",
            row.bare_name(),
            row.permission
        ));
    }
    match caller.only {
        Some(only) if only != row.method => Verdict::Refused(format!(
            "the token does not allow method {}: it names {only}",
            row.method
        )),
        _ => Verdict::Passed,
    }
}

/// Compares one path with Lotus's table, for every caller and transport. Returns how many calls
/// were compared.
async fn check(daemon: &TestDaemon, path: &str, rows: &[Row], callers: &[Caller]) -> usize {
    let mut compared = 0;
    let mut differences = Vec::new();
    for caller in callers {
        for transport in Transport::ALL {
            let calls: Vec<_> = rows
                .iter()
                .map(|row| (row, expected(row, caller, transport)))
                .filter(|(row, expected)| {
                    let left_out = LEFT_OUT.iter().any(|(name, _)| *name == row.method);
                    !left_out || *expected != Verdict::Passed
                })
                .collect();
            let bodies: Vec<_> = calls.iter().map(|(row, _)| row.params.clone()).collect();
            let requests: Vec<_> = calls
                .iter()
                .zip(&bodies)
                .map(|((row, _), params)| (row.name, params.as_str()))
                .collect();
            let verdicts = transport
                .ask(daemon.socket(), path, caller.token.as_deref(), &requests)
                .await;
            assert_eq!(
                verdicts.len(),
                calls.len(),
                "{path}: {transport:?} {}",
                caller.name
            );
            compared += calls.len();
            for ((row, expected), verdict) in calls.into_iter().zip(verdicts) {
                if verdict != expected {
                    differences.push(format!(
                        "{path} {} {transport:?} as {}: expected {expected:?}, got {verdict:?}",
                        row.name, caller.name
                    ));
                }
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {compared} calls:\n{}",
        differences.len(),
        differences.join("\n")
    );
    compared
}

/// The names in the document that a path has of itself, aliases included.
async fn discovered(daemon: &TestDaemon, path: &str) -> Vec<String> {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover","params":[]}"#;
    let reply = lotus_testutil::wire::post(daemon.socket(), path, &[], body).await;
    let document = &reply.json()["result"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut names = Vec::new();
    for method in document["methods"].as_array().unwrap() {
        names.push(text(&method["name"]));
        names.extend(method["x-aliases"].as_array().unwrap().iter().map(text));
    }
    names.sort();
    names
}

/// Shuts the daemon down as an operator does, which is the last call that Lotus's table has.
async fn shut_down(daemon: TestDaemon) {
    let header = format!("Authorization: Bearer {}", daemon.repo_token());
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Shutdown","params":[]}"#;
    let reply = lotus_testutil::wire::post(daemon.socket(), "/rpc/v0", &[&header], body).await;
    assert_eq!(reply.json()["result"], Value::Null, "{reply:?}");
    bounded(daemon.daemon().shutdown().begun()).await;
    daemon.stop().await;
}

/// The whole matrix of one daemon, whose paths are Lotus's `apis`.
async fn whole(daemon: TestDaemon, paths: &[(&str, &str, usize)]) {
    let callers = caller::all(&daemon).await;
    for (path, api, names) in paths {
        let rows = reference::rows(api);
        assert_eq!(rows.len(), *names, "{path}: names and aliases in the table");
        if rows.iter().any(|row| row.name == "rpc.discover") {
            let mut expected: Vec<_> = rows.iter().map(|row| row.name.to_owned()).collect();
            expected.sort();
            assert_eq!(discovered(&daemon, path).await, expected, "{path}");
        }
        let compared = check(&daemon, path, &rows, &callers).await;
        let at_most = names * callers.len() * Transport::ALL.len();
        assert!(compared + 100 > at_most, "{path}: {compared} of {at_most}");
    }
    shut_down(daemon).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_node_lets_through_what_lotus_does() {
    let paths = [
        ("/rpc/v1", "full-v1", 330),
        ("/rpc/v0", "full-v0", 336),
        ("/rpc/v2", "full-v2", 94),
    ];
    whole(TestNode::start().await, &paths).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_miner_lets_through_what_lotus_does() {
    whole(TestMiner::start().await, &[("/rpc/v0", "miner", 108)]).await;
}
