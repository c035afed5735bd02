//! `ChainNotify` on the wire.

use lotus_core::Permission;
use lotus_core::api::mpool::MpoolClient;
use lotus_core::api::wallet::WalletClient;
use lotus_testutil::wire::Ws;
use lotus_testutil::{TestNode, bounded};

#[tokio::test]
async fn the_head_as_it_is_and_then_every_step() {
    let node = TestNode::with_accounts(1).await;
    let mut ws = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
    ws.send(r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.ChainNotify","params":[]}"#)
        .await;
    assert_eq!(ws.receive_json().await["result"], 1);
    let current = ws.receive_json().await;
    assert_eq!(current["method"], "xrpc.ch.val");
    assert_eq!(current["params"][0], 1);
    let steps = current["params"][1].as_array().unwrap();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0]["Type"], "current");
    assert_eq!(steps[0]["Val"]["Height"], 0);

    let client = node.client(Permission::Sign).await;
    let from = bounded(client.wallet_default_address()).await.unwrap();
    let sent = client.mpool_push_message(super::one_fil(from, from), None);
    bounded(sent).await.unwrap();
    let mut last = steps[0]["Val"]["Cids"].clone();
    for height in 1..=2 {
        let next = ws.receive_json().await;
        let steps = next["params"][1].as_array().unwrap();
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0]["Type"], "apply");
        assert_eq!(steps[0]["Val"]["Height"], height);
        assert_eq!(
            steps[0]["Val"]["Blocks"][0]["Parents"], last,
            "nothing is missed"
        );
        last = steps[0]["Val"]["Cids"].clone();
    }
}
