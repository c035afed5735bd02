//! What a daemon forgets about tokens, and what it must not.

use lotus_core::Permissions;
use lotus_core::api::auth::AuthClient;
use lotus_core::types::{NewToken, TokenInfo, TokenSelector};
use lotus_testutil::wire::post;
use lotus_testutil::{TestNode, bounded};

#[tokio::test]
async fn an_expired_token_is_forgotten_and_a_revoked_one_stays_revoked() {
    let node = TestNode::with_config("[Auth]\nRecordRetention = \"0s\"\n").await;
    let admin = node.client(lotus_core::Permission::Admin).await;
    let new = |name: &str, expires_in| NewToken {
        name: Some(name.to_owned()),
        permissions: Permissions::READ,
        expires_in,
        ..NewToken::default()
    };
    bounded(admin.create(new("short", Some(1)))).await.unwrap();
    let revoked = bounded(admin.create(new("revoked", None))).await.unwrap();
    let by_name = TokenSelector {
        name: Some("revoked".to_owned()),
        ..TokenSelector::default()
    };
    bounded(admin.revoke(by_name)).await.unwrap();
    // A start forgets what had expired a second before it.
    let info = bounded(admin.get("short".to_owned())).await.unwrap();
    let past = info.expires.unwrap() + jiff::SignedDuration::from_secs(1);
    bounded(async {
        while jiff::Timestamp::now() <= past {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(admin);
    let repo = node.stop().await;

    let again = TestNode::open(repo.path()).await.unwrap();
    let token = std::fs::read_to_string(repo.path().join("token")).unwrap();
    let header = format!("Authorization: Bearer {token}");
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"Auth.List","params":[true]}"#;
    let known = bounded(async {
        loop {
            let reply = post(again.ready().socket, "/rpc/v1", &[&header], list).await;
            let known: Vec<TokenInfo> =
                serde_json::from_value(reply.json()["result"].take()).unwrap();
            if known
                .iter()
                .all(|info| info.name.as_deref() != Some("short"))
            {
                break known;
            }
        }
    })
    .await;
    let is_known = |name: &str| known.iter().any(|info| info.name.as_deref() == Some(name));
    assert!(is_known("revoked"), "{known:?}");
    let header = format!("Authorization: Bearer {}", revoked.token);
    let refused = post(again.ready().socket, "/rpc/v1", &[&header], list).await;
    assert_eq!(refused.status, 401);
    again.shutdown().begin();
    bounded(again.finished()).await.unwrap();
}
