//! The client against the node of this project.

use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::rpc_params;
use lotus_client::full_node::*;
use lotus_client::types::{KeyType, NewToken, TokenSelector};
use lotus_client::{ApiInfo, ApiPath, CallError, Client, error};
use lotus_core::{Permission, Permissions};
use lotus_testutil::{TestDaemon, TestNode};

use crate::peer::{Peer, hasty, within};

async fn connect(node: &TestDaemon, token: &str) -> Client {
    let info: ApiInfo = format!("{token}:{}", node.daemon().ready().address)
        .parse()
        .unwrap();
    within(hasty().connect(&info, ApiPath::V1)).await.unwrap()
}

#[tokio::test]
async fn a_client_outlives_a_restart_of_the_node() {
    let node = TestNode::start().await;
    let client = connect(&node, &node.token(Permission::Write).await).await;
    let port = node.socket().port();
    let address = within(client.wallet_new(KeyType::Bls)).await.unwrap();

    let repo = node.stop().await;
    let config = format!("[API]\nListenAddress = \"/ip4/127.0.0.1/tcp/{port}/http\"\n");
    std::fs::write(repo.path().join("config.toml"), config).unwrap();
    // The call begins while nobody listens, and is answered by the next process.
    let (has, node) = tokio::join!(
        within(client.wallet_has(address)),
        TestNode::open(repo.path())
    );
    assert!(has.unwrap());
    drop(node);
}

#[tokio::test]
async fn a_revoked_token_ends_the_client() {
    let node = TestNode::start().await;
    let admin = connect(&node, &node.repo_token()).await;
    let new = NewToken {
        name: Some("dying".to_owned()),
        permissions: Permissions::up_to(Permission::Read),
        ..NewToken::default()
    };
    let token = within(admin.create(new)).await.unwrap().token;
    let client = connect(&node, &token).await;
    within(client.version()).await.unwrap();
    let selector = TokenSelector {
        name: Some("dying".to_owned()),
        ..TokenSelector::default()
    };
    within(admin.revoke(selector)).await.unwrap();
    let text = error::message(&within(client.version()).await.unwrap_err());
    assert!(text.contains("(code 4401) the token was revoked"), "{text}");
    within(admin.version()).await.unwrap();
}

#[tokio::test]
async fn a_read_token_reads() {
    let node = TestNode::start().await;
    let client = connect(&node, &node.token(Permission::Read).await).await;
    let reader = client.read_only();
    let version = within(reader.version()).await.unwrap();
    assert!(!version.version.is_empty());
    let admin = connect(&node, &node.repo_token()).await;
    let address = within(admin.wallet_new(KeyType::Secp256k1)).await.unwrap();
    let signature = within(admin.wallet_sign(address, b"x"[..].into()))
        .await
        .unwrap();
    assert!(
        within(reader.wallet_verify(address, b"x"[..].into(), signature))
            .await
            .unwrap()
    );
    // What `reader` does not have, the node would refuse.
    let refused = within(client.wallet_new(KeyType::Bls)).await.unwrap_err();
    assert!(matches!(refused, CallError::Call(_)), "{refused}");
    assert_eq!(
        error::message(&refused),
        "missing permission to invoke 'WalletNew' (need 'write')"
    );
}

#[tokio::test]
async fn a_null_in_a_batch_is_a_zero() {
    let peer = Peer::bind().await;
    let client = Client::connect(&peer.http(), ApiPath::V1).await.unwrap();
    let mut batch = BatchRequestBuilder::new();
    batch.insert("Filecoin.A", rpc_params![]).unwrap();
    batch.insert("Filecoin.B", rpc_params![]).unwrap();
    batch.insert("Filecoin.C", rpc_params![]).unwrap();
    let body = r#"[{"jsonrpc":"2.0","id":0,"result":null},{"jsonrpc":"2.0","id":1,"result":["x"]},{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"no"}}]"#;
    let (answers, _) = tokio::join!(
        within(client.batch_request::<Vec<String>>(batch)),
        peer.answer("200 OK", "application/json", body)
    );
    let answers = answers.unwrap();
    assert_eq!(
        (answers.num_successful_calls(), answers.num_failed_calls()),
        (2, 1)
    );
    let answers: Vec<_> = answers.into_iter().collect();
    assert_eq!(answers[0].as_ref().unwrap(), &Vec::<String>::new());
    assert_eq!(answers[1].as_ref().unwrap(), &["x"]);
    assert_eq!(answers[2].as_ref().unwrap_err().message(), "no");
}
