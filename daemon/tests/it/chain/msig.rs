//! Multisigs: made, proposed to, approved by another, and read.

use lotus_core::Permission;
use lotus_testutil::TestNode;
use serde_json::{Value, json};

use super::raw::Raw;

/// A multisig of two of the accounts, of which the first made it; and its address.
async fn made(v1: &Raw<'_>, signers: &[Value], unlock: u64) -> Value {
    let params = json!([2, signers, unlock, "1000", signers[0], "0"]);
    let prototype = v1.get("Filecoin.MsigCreate", params).await;
    assert_eq!(prototype["ValidNonce"], false);
    let (cid, found) = v1.send(prototype["Message"].clone()).await;
    let key = found["TipSet"].clone();
    // The multisig is the only actor that has 1000 attoFIL.
    let actors = v1.get("Filecoin.StateListActors", json!([key])).await;
    for actor in actors.as_array().unwrap() {
        let state = v1.get("Filecoin.StateGetActor", json!([actor, key])).await;
        if state["Balance"] == "1000" {
            return actor.clone();
        }
    }
    panic!("{cid} made no multisig");
}

/// The accounts that can send every message: those of Ethereum can only call contracts.
async fn accounts(v1: &Raw<'_>) -> Vec<Value> {
    let list = v1.get("Filecoin.WalletList", json!([])).await;
    let mut accounts = list.as_array().unwrap().clone();
    accounts.retain(|account| !account.as_str().unwrap()[1..].starts_with('4'));
    accounts
}

#[tokio::test]
async fn what_one_proposes_and_another_approves_is_done() {
    let node = TestNode::with_accounts(4).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let all = accounts(&v1).await;
    let wallet = made(&v1, &all[..2], 0).await;
    let head = json!([wallet, null]);
    let spendable = v1.get("Filecoin.MsigGetAvailableBalance", head.clone());
    assert_eq!(spendable.await, "1000");
    let pending = v1.get("Filecoin.MsigGetPending", head.clone()).await;
    assert_eq!(pending, json!([]));

    let to = v1.get("Filecoin.WalletNew", json!(["secp256k1"])).await;
    let propose = json!([wallet, to, "600", all[0], 0, null]);
    let proposal = v1.get("Filecoin.MsigPropose", propose).await;
    v1.send(proposal["Message"].clone()).await;
    let pending = v1.get("Filecoin.MsigGetPending", head.clone()).await;
    let proposer = v1.get("Filecoin.StateLookupID", json!([all[0], null]));
    let waits = json!([{
        "ID": 0, "To": to, "Value": "600", "Method": 0, "Params": null,
        "Approved": [proposer.await],
    }]);
    assert_eq!(pending, waits);

    // Described wrongly, it is not what the number stands for: the chain refuses.
    let described = |value: &str| json!([wallet, 0, all[0], to, value, all[1], 0, null]);
    let approval = v1.get("Filecoin.MsigApproveTxnHash", described("601"));
    let push = json!([approval.await["Message"], null]);
    let (_, text) = v1.refused("Filecoin.MpoolPushMessage", push).await;
    assert!(text.contains("hash does not match"), "{text}");
    let approval = v1.get("Filecoin.MsigApproveTxnHash", described("600"));
    v1.send(approval.await["Message"].clone()).await;
    let paid = v1.get("Filecoin.WalletBalance", json!([to])).await;
    assert_eq!(paid, "600");
    let pending = v1.get("Filecoin.MsigGetPending", head).await;
    assert_eq!(pending, json!([]));

    let create = json!([3, all[..2], 0, "0", all[0], "0"]);
    let (_, text) = v1.refused("Filecoin.MsigCreate", create).await;
    assert!(text.contains("more addresses than provided"), "{text}");
    let account = json!([all[0], null]);
    let (_, text) = v1.refused("Filecoin.MsigGetPending", account).await;
    assert!(text.contains("is no multisig actor"), "{text}");
}

#[tokio::test]
async fn signers_come_and_go_and_on_v0_the_messages_are_sent() {
    let node = TestNode::with_accounts(4).await;
    let v0 = Raw::new(&node, "/rpc/v0", Permission::Sign).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let all = accounts(&v1).await;
    let wallet = made(&v1, &all[..2], 0).await;
    let done = async |cid: Value| {
        let params = json!([cid, 0]);
        let found = v0.get("Filecoin.StateWaitMsg", params).await;
        assert_eq!(found["Receipt"]["ExitCode"], 0, "{found}");
    };
    let propose = json!([wallet, all[0], all[2], true]);
    done(v0.get("Filecoin.MsigAddPropose", propose).await).await;
    let cancel = json!([wallet, all[0], 0, all[2], true]);
    done(v0.get("Filecoin.MsigAddCancel", cancel).await).await;
    let swap = json!([wallet, all[0], all[1], all[2]]);
    done(v0.get("Filecoin.MsigSwapPropose", swap).await).await;
    let approve = json!([wallet, all[1], 1, all[0], all[1], all[2]]);
    done(v0.get("Filecoin.MsigSwapApprove", approve).await).await;
    // Now the third decides, and the second does not.
    let remove = json!([wallet, all[1], all[0], false]);
    let (_, text) = v0.refused("Filecoin.MsigRemoveSigner", remove).await;
    assert!(text.contains("is not a signer"), "{text}");
    let remove = json!([wallet, all[2], all[0], true]);
    done(v0.get("Filecoin.MsigRemoveSigner", remove).await).await;
    let pending = v1.get("Filecoin.MsigGetPending", json!([wallet, null]));
    assert_eq!(pending.await[0]["ID"], 2);
    done(
        v0.get("Filecoin.MsigApprove", json!([wallet, 2, all[0]]))
            .await,
    )
    .await;
    let pending = v1.get("Filecoin.MsigGetPending", json!([wallet, null]));
    assert_eq!(pending.await, json!([]));
}

#[tokio::test]
async fn what_is_locked_becomes_free_epoch_by_epoch() {
    let node = TestNode::with_accounts(2).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let all = accounts(&v1).await;
    let wallet = made(&v1, &all[..2], 100).await;
    let schedule = v1.get("Filecoin.MsigGetVestingSchedule", json!([wallet, null]));
    let schedule = schedule.await;
    assert_eq!(schedule["InitialBalance"], "1000");
    assert_eq!(schedule["UnlockDuration"], 100);
    let head = v1.get("Filecoin.ChainHead", json!([])).await;
    let key = &head["Cids"];
    let epochs = head["Height"].as_i64().unwrap() - schedule["StartEpoch"].as_i64().unwrap();
    let free = v1.get("Filecoin.MsigGetAvailableBalance", json!([wallet, key]));
    assert_eq!(free.await, (10 * epochs).to_string());
    let none = v1.get("Filecoin.MsigGetVested", json!([wallet, key, key]));
    assert_eq!(none.await, "0");
    let parent = &head["Blocks"][0]["Parents"];
    let one = v1.get("Filecoin.MsigGetVested", json!([wallet, parent, key]));
    assert_eq!(one.await, "10");
    let backwards = json!([wallet, key, parent]);
    let (_, text) = v1.refused("Filecoin.MsigGetVested", backwards).await;
    assert!(text.contains("is after end tipset"), "{text}");
}
