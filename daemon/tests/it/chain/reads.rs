//! What can be read of a local chain besides blocks and balances.

use lotus_core::Permission;
use lotus_testutil::TestNode;
use serde_json::{Value, json};

use super::raw::{Raw, transfer};

#[tokio::test]
async fn messages_are_listed_by_their_ends_and_actors_by_what_has_changed() {
    let node = TestNode::with_accounts(2).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let accounts = v1.get("Filecoin.WalletList", json!([])).await;
    let (one, other) = (&accounts[0], &accounts[1]);
    let genesis = v1.get("Filecoin.ChainHead", json!([])).await;
    let (first, _) = v1.send(transfer(one, other, "1")).await;
    let (second, _) = v1.send(transfer(other, one, "1")).await;
    let list = "Filecoin.StateListMessages";
    let nobody = "<empty>";
    let of = async |to: &Value, from: &Value, down_to: i64| {
        let matching = json!({"To": to, "From": from});
        v1.get(list, json!([matching, null, down_to])).await
    };
    assert_eq!(of(other, one, 0).await, json!([first]));
    assert_eq!(of(&json!(nobody), one, 0).await, json!([first]));
    assert_eq!(of(one, &json!(nobody), 0).await, json!([second]));
    let head = v1.get("Filecoin.ChainHead", json!([])).await;
    assert_eq!(
        of(other, one, head["Height"].as_i64().unwrap()).await,
        json!([])
    );
    let new = v1.get("Filecoin.WalletNew", json!(["bls"])).await;
    assert_eq!(of(&new, one, 0).await, json!([]));
    let neither = json!([{"To": nobody, "From": nobody}, null, 0]);
    let (_, text) = v1.refused(list, neither).await;
    assert!(text.contains("at least To or From"), "{text}");

    let root = |tipset: &Value| tipset["Blocks"][0]["ParentStateRoot"].clone();
    let changed = "Filecoin.StateChangedActors";
    let both = json!([root(&genesis), root(&head)]);
    let actors = v1.get(changed, both).await;
    let id = v1.get("Filecoin.StateLookupID", json!([one, null])).await;
    assert_eq!(actors[id.as_str().unwrap()]["Nonce"], 1);
    let same = v1.get(changed, json!([root(&head), root(&head)])).await;
    assert_eq!(same, json!({}));

    let robust = "Filecoin.StateLookupRobustAddress";
    assert_eq!(v1.get(robust, json!([id, null])).await, *one);
    let (_, text) = v1.refused(robust, json!([one, null])).await;
    assert!(
        text.contains("failed to decode provided address as id addr"),
        "{text}"
    );
    let (_, text) = v1.refused(robust, json!(["f09999999", null])).await;
    assert!(text.contains("not found"), "{text}");
}

#[tokio::test]
async fn what_nobody_has_on_a_local_network_is_nothing_and_no_error() {
    let node = TestNode::with_accounts(1).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let own = v1.get("Filecoin.WalletDefaultAddress", json!([])).await;
    for (method, params, answer) in [
        (
            "StateMarketBalance",
            json!([own, null]),
            json!({"Escrow": "0", "Locked": "0"}),
        ),
        ("StateMarketParticipants", json!([null]), json!({})),
        ("StateMarketDeals", json!([null]), json!({})),
        ("StateVerifiedClientStatus", json!([own, null]), Value::Null),
        ("StateVerifierStatus", json!([own, null]), Value::Null),
        ("StateGetAllocations", json!([own, null]), json!({})),
        ("StateGetAllAllocations", json!([null]), json!({})),
        ("StateGetAllocation", json!([own, 1, null]), Value::Null),
        (
            "StateGetAllocationIdForPendingDeal",
            json!([1, null]),
            json!(0),
        ),
        (
            "StateGetAllocationForPendingDeal",
            json!([1, null]),
            Value::Null,
        ),
        ("StateGetClaims", json!([own, null]), json!({})),
        ("StateGetClaim", json!([own, 1, null]), Value::Null),
        ("StateGetAllClaims", json!([null]), json!({})),
        ("NetPeers", json!([]), json!([])),
        ("NetPubsubScores", json!([]), json!([])),
        ("NetProtectList", json!([]), json!([])),
        ("NetBandwidthStatsByPeer", json!([]), json!({})),
    ] {
        let name = format!("Filecoin.{method}");
        assert_eq!(v1.get(&name, params).await, answer, "{method}");
    }
    let deal = json!([7, null]);
    let (_, text) = v1.refused("Filecoin.StateMarketStorageDeal", deal).await;
    assert!(text.contains("deal 7 not found"), "{text}");
    let stranger = json!(["f09999999", null]);
    let of_stranger = v1.get("Filecoin.StateMarketBalance", stranger).await;
    assert_eq!(of_stranger["Escrow"], "0");
    let root = v1.get("Filecoin.StateVerifiedRegistryRootKey", json!([null]));
    let root = root.await;
    v1.get("Filecoin.StateGetActor", json!([root, null])).await;
    let bounds = json!([2048, false, null]);
    let bounds = v1.get("Filecoin.StateDealProviderCollateralBounds", bounds);
    let bounds = bounds.await;
    assert_eq!(bounds["Max"], "2000000000000000000000000000");
    assert!(bounds["Min"].as_str().unwrap().parse::<u128>().unwrap() > 0);

    let status = v1.get("Filecoin.NodeStatus", json!([true])).await;
    assert_eq!(status["SyncStatus"]["Epoch"], 0);
    assert_eq!(status["PeerStatus"]["PeersToPublishMsgs"], 0);
    let id = v1.refused("Filecoin.ID", json!([])).await;
    assert!(id.1.contains("ID needs a node of a network"), "{id:?}");
}

#[tokio::test]
async fn randomness_is_the_same_by_every_name() {
    let node = TestNode::with_accounts(1).await;
    let v0 = Raw::new(&node, "/rpc/v0", Permission::Sign).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let own = v1.get("Filecoin.WalletDefaultAddress", json!([])).await;
    v1.send(transfer(&own, &own, "1")).await;
    let mut drawn = Vec::new();
    for source in ["Beacon", "Tickets"] {
        for purpose in [5, 6] {
            let new = json!([purpose, 1, "AQ==", null]);
            let old = json!([null, purpose, 1, "AQ=="]);
            let name = format!("Filecoin.StateGetRandomnessFrom{source}");
            let new = v1.get(&name, new).await;
            let name = format!("Filecoin.ChainGetRandomnessFrom{source}");
            assert_eq!(new, v0.get(&name, old).await);
            // 32 bytes.
            assert_eq!(new.as_str().unwrap().len(), 44);
            drawn.push(new);
        }
        let digest = format!("Filecoin.StateGetRandomnessDigestFrom{source}");
        drawn.push(v1.get(&digest, json!([1, null])).await);
        let (code, _) = v1.refused(&digest, json!([1000, null])).await;
        assert_eq!(code, 1);
    }
    for (place, one) in drawn.iter().enumerate() {
        assert!(!drawn[..place].contains(one), "{drawn:?}");
    }
    let entry = v1.get("Filecoin.StateGetBeaconEntry", json!([1])).await;
    assert_eq!(entry, v0.get("Filecoin.BeaconGetEntry", json!([1])).await);
    let block = v1.get("Filecoin.ChainGetTipSetByHeight", json!([1, null]));
    let entries = block.await["Blocks"][0]["BeaconEntries"].clone();
    assert!(entries.as_array().unwrap().contains(&entry), "{entries}");
}
