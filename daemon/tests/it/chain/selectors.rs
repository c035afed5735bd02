//! `/rpc/v2`: tipsets by selector.

use lotus_core::Permission;
use lotus_testutil::TestNode;
use serde_json::{Value, json};

use super::raw::{Raw, transfer};

#[tokio::test]
async fn a_tipset_has_one_name_and_an_actor_is_as_it_was_there() {
    let node = TestNode::with_accounts(1).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let v2 = Raw::new(&node, "/rpc/v2", Permission::Read).await;
    let own = v1.get("Filecoin.WalletDefaultAddress", json!([])).await;
    let to = v1.get("Filecoin.WalletNew", json!(["bls"])).await;
    let (_, found) = v1.send(transfer(&own, &to, "7")).await;
    let head = v1.get("Filecoin.ChainHead", json!([])).await;
    let genesis = v1.get("Filecoin.ChainGetGenesis", json!([])).await;

    let tipset = "Filecoin.ChainGetTipSet";
    let at = async |selector: Value| v2.get(tipset, json!([selector])).await;
    assert_eq!(at(json!({"tag": "latest"})).await, head);
    assert_eq!(at(json!({"key": head["Cids"]})).await, head);
    // Nothing is final yet but the genesis.
    for tag in ["finalized", "safe"] {
        assert_eq!(at(json!({"tag": tag})).await, genesis);
    }
    let anchored = json!({"height": {"at": 1, "anchor": {"key": head["Cids"]}}});
    assert_eq!(at(anchored).await["Height"], 1);
    assert_eq!(at(json!({"height": {"at": 0}})).await, genesis);
    let (code, text) = v2.refused(tipset, json!([{"height": {"at": 1}}])).await;
    assert_eq!(code, 1);
    assert!(text.contains("height greater than start point"), "{text}");
    let (_, text) = v2.refused(tipset, json!([{}])).await;
    assert!(
        text.contains("exactly one tipset selection criteria must be specified, found: 0"),
        "{text}"
    );

    let after = json!({"key": found["TipSet"]});
    let actor = v2.get("Filecoin.StateGetActor", json!([to, after])).await;
    assert_eq!(actor["Balance"], "7");
    let id = v2.get("Filecoin.StateGetID", json!([to, after])).await;
    let same = v1.get("Filecoin.StateLookupID", json!([to, null])).await;
    assert_eq!(id, same);
    let before = json!([to, {"tag": "finalized"}]);
    let refused = v2.refused("Filecoin.StateGetActor", before.clone()).await;
    assert_eq!(refused, (11, "actor not found".to_owned()));
    assert_eq!(v2.refused("Filecoin.StateGetID", before).await.0, 11);

    let status = v2.get("Filecoin.ChainGetTipSetFinalityStatus", json!([]));
    let status = status.await;
    assert_eq!(status["ecFinalityThresholdDepth"], -1);
    assert_eq!(status["finalizedTipSet"], genesis);
    assert_eq!(status["f3FinalizedTipSet"], Value::Null);
    assert_eq!(status["head"], head);
}
