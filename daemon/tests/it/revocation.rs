//! Tokens that die while they are in use, on the wire.

use lotus_client::Client;
use lotus_core::Permissions;
use lotus_core::api::auth::AuthClient;
use lotus_core::types::{NewToken, TokenSelector, TokenStatus};
use lotus_core::{Permission, Scope};
use lotus_testutil::wire::{Ws, post};
use lotus_testutil::{TestDaemon, TestMiner, TestNode, bounded};
use serde_json::json;

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

async fn create(client: &Client, new: NewToken) -> String {
    bounded(client.create(new)).await.unwrap().token
}

fn named(name: &str) -> NewToken {
    NewToken {
        name: Some(name.into()),
        permissions: Permissions::ALL,
        ..NewToken::default()
    }
}

fn by_name(name: &str) -> TokenSelector {
    TokenSelector {
        name: Some(name.into()),
        ..TokenSelector::default()
    }
}

async fn open(daemon: &TestDaemon, token: &str) -> Ws {
    Ws::open(daemon.socket(), &format!("/rpc/v0?token={token}"), &[])
        .await
        .unwrap()
}

async fn status(daemon: &TestDaemon, token: &str) -> u16 {
    let header = format!("Authorization: Bearer {token}");
    post(daemon.socket(), "/rpc/v0", &[&header], VERSION)
        .await
        .status
}

#[tokio::test]
async fn a_revoked_token_loses_its_connections_and_nobody_else_does() {
    for daemon in [TestNode::start().await, TestMiner::start().await] {
        let admin = daemon.client(Permission::Admin).await;
        let (curio, other) = (
            create(&admin, named("curio")).await,
            create(&admin, named("other")).await,
        );
        let (mut dying, mut healthy) = (open(&daemon, &curio).await, open(&daemon, &other).await);
        dying
            .send(r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Closing","params":[]}"#)
            .await;
        assert_eq!(dying.receive_json().await["result"], 1);
        assert_eq!(status(&daemon, &curio).await, 200);

        let revoked = bounded(admin.revoke(by_name("curio"))).await.unwrap();
        assert_eq!(revoked.len(), 1);
        assert_eq!(revoked[0].status, TokenStatus::Revoked);
        assert_eq!(
            dying.closed().await,
            (4401, "the token was revoked".to_owned())
        );
        assert_eq!(status(&daemon, &curio).await, 401);
        assert_eq!(
            Ws::open(daemon.socket(), &format!("/rpc/v0?token={curio}"), &[])
                .await
                .unwrap_err(),
            401
        );
        healthy.send(VERSION).await;
        assert_eq!(healthy.receive_json().await["id"], 1);

        let socket_repo = daemon.stop().await;
        assert!(!socket_repo.path().join("api").exists());
    }
}

#[tokio::test]
async fn a_revocation_survives_a_restart() {
    let node = TestNode::start().await;
    let admin = node.client(Permission::Admin).await;
    let token = create(&admin, named("curio")).await;
    bounded(admin.revoke(by_name("curio"))).await.unwrap();
    drop(admin);
    let repo = node.stop().await;
    let again = TestNode::open(repo.path()).await.unwrap();
    let header = format!("Authorization: Bearer {token}");
    let response = post(again.ready().socket, "/rpc/v0", &[&header], VERSION).await;
    assert_eq!(response.status, 401);
    again.shutdown().begin();
    bounded(again.finished()).await.unwrap();
}

#[tokio::test]
async fn an_expiring_and_an_idle_token_close_their_connections() {
    let node = TestNode::start().await;
    let admin = node.client(Permission::Admin).await;
    let expiring = create(
        &admin,
        NewToken {
            expires_in: Some(2),
            ..named("a")
        },
    )
    .await;
    let idle = create(
        &admin,
        NewToken {
            idle: Some(2),
            ..named("b")
        },
    )
    .await;
    let (mut first, mut second) = (open(&node, &expiring).await, open(&node, &idle).await);
    first.send(VERSION).await;
    assert_eq!(first.receive_json().await["id"], 1);
    assert_eq!(
        first.closed().await,
        (4401, "the token has expired".to_owned())
    );
    let (code, reason) = second.closed().await;
    assert_eq!(code, 4401);
    assert!(reason.contains("not used"), "{reason}");
    assert_eq!(status(&node, &expiring).await, 401);
    assert_eq!(status(&node, &idle).await, 401);
}

#[tokio::test]
async fn rotating_the_secret_closes_what_the_old_one_opened() {
    let node = TestNode::start().await;
    let admin = node.client(Permission::Admin).await;
    let token = create(&admin, named("curio")).await;
    let mut ws = open(&node, &token).await;
    // The caller's own token dies with it: the answer may not arrive any more.
    let _ = bounded(admin.rotate_secret(0)).await;
    assert_eq!(ws.closed().await.0, 4401);
    assert_eq!(status(&node, &token).await, 401);
    assert_eq!(
        status(&node, &node.repo_token()).await,
        200,
        "the repo has a new token"
    );
}

#[tokio::test]
async fn a_scope_is_not_dodged_by_alias_path_batch_or_case() {
    let node = TestNode::start().await;
    let admin = node.client(Permission::Admin).await;
    let scope = Scope {
        endpoints: None,
        methods: Some(vec!["Filecoin.Version".into()]),
    };
    let token = create(
        &admin,
        NewToken {
            scope,
            ..named("versions")
        },
    )
    .await;
    let header = format!("Authorization: Bearer {token}");
    let call = async |path: &str, method: &str| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [] }).to_string();
        let body = if method.starts_with('[') {
            method.to_owned()
        } else {
            body
        };
        post(node.socket(), path, &[&header], &body).await.body
    };
    assert!(
        call("/rpc/v0", "Filecoin.Version")
            .await
            .contains("APIVersion")
    );
    for method in ["Filecoin.Discover", "rpc.discover"] {
        let reply = call("/rpc/v1", method).await;
        let refusal =
            "the token does not allow method Filecoin.Discover: it names Filecoin.Version";
        assert!(reply.contains(refusal), "{reply}");
    }
    assert!(
        call("/rpc/v0", "filecoin.version")
            .await
            .contains("not found")
    );
    let batch = call(
        "/rpc/v0",
        r#"[{"id":1,"method":"Filecoin.Version"},{"id":2,"method":"Filecoin.Session"}]"#,
    )
    .await;
    assert!(
        batch.contains("APIVersion") && batch.contains("does not allow method Filecoin.Session"),
        "{batch}"
    );

    let scope = Scope {
        endpoints: Some(vec!["/rpc/v1".into()]),
        methods: None,
    };
    let token = create(
        &admin,
        NewToken {
            scope,
            ..named("v1 only")
        },
    )
    .await;
    let header = format!("Authorization: Bearer {token}");
    let on = async |path: &str| post(node.socket(), path, &[&header], VERSION).await;
    assert!(on("/rpc/v1").await.body.contains("APIVersion"));
    let refused = on("/rpc/v0").await.body;
    assert!(
        refused.contains("does not allow access to endpoint /rpc/v0: it names /rpc/v1"),
        "{refused}"
    );
    for trick in [
        "//rpc/v1",
        "/rpc/v1/",
        "/rpc/%76%31",
        "/RPC/v1",
        "/x/../rpc/v1",
    ] {
        assert_eq!(on(trick).await.status, 404, "{trick}");
    }
}

#[tokio::test]
async fn a_token_is_told_what_it_may_and_may_give_itself_up() {
    let node = TestNode::start().await;
    let admin = node.client(Permission::Admin).await;
    let scope = Scope {
        endpoints: None,
        methods: Some(vec!["Filecoin.Wallet*".into()]),
    };
    let new = NewToken {
        scope,
        permissions: [Permission::Write].into_iter().collect(),
        ..named("w")
    };
    let token = create(&admin, new).await;
    let header = format!("Authorization: Bearer {token}");
    let call = async |method: &str| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [] }).to_string();
        post(node.socket(), "/rpc/v1", &[&header], &body).await
    };
    let own = call("Auth.Self").await.json();
    let allowed: Vec<&str> = own["result"]["MethodsAllowed"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|m| m.as_str())
        .collect();
    assert!(allowed.contains(&"Filecoin.WalletNew") && !allowed.contains(&"Filecoin.WalletSign"));
    let verdict = bounded(admin.can("w".into(), "Filecoin.WalletSign".into()))
        .await
        .unwrap();
    assert_eq!(
        (verdict.allowed, verdict.reason.as_str()),
        (
            false,
            "missing permission to invoke 'WalletSign' (need 'sign')"
        )
    );
    assert!(
        bounded(admin.can("w".into(), "Filecoin.WalletNew".into()))
            .await
            .unwrap()
            .allowed
    );

    assert_eq!(call("Auth.RevokeSelf").await.status, 200);
    assert_eq!(call("Auth.Self").await.status, 401);
    let gone = bounded(async {
        loop {
            let info = admin.get("w".into()).await.unwrap();
            // Uses are written down a moment later.
            if info.last_used.is_some() {
                break info;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(gone.status, TokenStatus::Revoked);
    let last = gone.last_used.expect("waited for");
    assert_eq!(last.address, "127.0.0.1");
    // Of the uses in one second the first is noted.
    assert!(
        matches!(&*last.method, "Auth.Self" | "Auth.RevokeSelf"),
        "{last:?}"
    );
}
