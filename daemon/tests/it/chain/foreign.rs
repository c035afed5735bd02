//! Blocks that were made elsewhere, over `SyncSubmitBlock`: whoever lies in one is told what is wrong.

use lotus_chain::store::{ChainStore, put_messages};
use lotus_core::types::{
    Address, BlockHeader, BlockMsg, Bytes, Cid, Message, Signature, SignedMessage, TokenAmount,
};
use lotus_testutil::TestDaemon;
use serde_json::{Value, json};

use super::door::{Door, accounts, miner, signed};
use super::maker::{Maker, submit, taker};

fn nowhere() -> Cid {
    Cid::of_dag_cbor(b"nowhere")
}

/// Messages of a secp256k1 and of a BLS key.
fn messages(nonce: u64) -> [SignedMessage; 2] {
    let all = accounts(4);
    [0, 2].map(|from| {
        let message = Message {
            from: all[from].address(),
            to: all[1].address(),
            nonce,
            value: TokenAmount::from_atto(5),
            gas_limit: 10_000_000,
            gas_fee_cap: TokenAmount::from_atto(200_000_000),
            gas_premium: TokenAmount::from_atto(100),
            ..Message::default()
        };
        signed(&all[from], message)
    })
}

fn sign(header: &mut BlockHeader) {
    let bytes = header.signing_bytes().unwrap();
    header.block_sig = Some(miner().key.sign(&bytes).unwrap());
}

/// What the errors say, and the lie, which the miner signs.
type Lie = (&'static [&'static str], fn(&mut BlockHeader));

const LIES: &[Lie] = &[
    (&["parent state root did not match", "bafy"], |header| {
        header.parent_state_root = nowhere();
    }),
    (&["parent receipts root did not match", "bafy"], |header| {
        header.parent_message_receipts = nowhere();
    }),
    (&["messages did not match the block's root"], |header| {
        header.messages = nowhere();
    }),
    (&["base fee doesn't match", "17"], |header| {
        header.parent_base_fee = TokenAmount::from_atto(17);
    }),
    (&["parent weight different: 7 (header)"], |header| {
        header.parent_weight = 7.into();
    }),
    (&["parent weight different: -7 (header)"], |header| {
        header.parent_weight = (-7).into();
    }),
    (&["ticket is not by its miner's worker"], |header| {
        header.ticket.as_mut().unwrap().vrf_proof = Bytes(vec![1; 96]);
    }),
    (&["ticket is not by its miner's worker"], |header| {
        header.ticket.as_mut().unwrap().vrf_proof = Bytes(Vec::new());
    }),
    (&["the block has no Ticket"], |header| header.ticket = None),
    (&["election proof is not by"], |header| {
        header.election_proof.as_mut().unwrap().vrf_proof = Bytes(vec![1; 96]);
    }),
    (&["claims 9"], |header| {
        header.election_proof.as_mut().unwrap().win_count = 9;
    }),
    (&["wrong timestamp"], |header| header.timestamp += 1),
    (&["wrong timestamp"], |header| header.timestamp -= 1),
    (&["wrong timestamp: 18446744073709551615 != "], |header| {
        header.timestamp = u64::MAX;
    }),
    (&["wrong timestamp"], |header| header.height += 1),
    (&["epoch 0 cannot follow 1"], |header| header.height = 0),
    (&["epoch -1 cannot follow 1"], |header| header.height = -1),
    (&["at most 2880 rounds may be null"], |header| {
        header.height = i64::MAX;
    }),
    (&["are not here; submit them first", "bafy"], |header| {
        header.parents = vec![nowhere()];
    }),
    (&["are not here; submit them first"], |header| {
        header.parents.clear();
    }),
    (&["are not here; submit them first"], |header| {
        header.parents.push(nowhere());
    }),
    (&["0999 is invalid: there is no such miner"], |header| {
        header.miner = Address::new_id(999);
    }),
    (&["beacon entries"], |header| header.beacon_entries.clear()),
    (&["bls aggregate signature was invalid"], |header| {
        header.bls_aggregate = header.block_sig.clone();
    }),
    (&["the block has no BLSAggregate"], |header| {
        header.bls_aggregate = None;
    }),
];

/// Refused, and nothing is different; or what the error says.
async fn refused(door: &Door, block: &Value, why: &str) -> String {
    let before = (door.ask("ChainHead", json!([])).await, door.pending().await);
    let answer = door.call("SyncSubmitBlock", json!([block])).await;
    let (code, text) = answer.expect_err(why);
    assert!(text.contains(why), "wanted {why}, got {text}");
    assert_eq!(code, 1, "{text}");
    let after = (door.ask("ChainHead", json!([])).await, door.pending().await);
    assert_eq!(after, before, "{why}");
    text
}

/// A node that knows the messages, and a maker whose next block has them, on one that both have.
async fn ready() -> (TestDaemon, Door, Maker) {
    let (node, [maker]) = taker().await;
    let door = Door::of(&node);
    for message in messages(0) {
        door.ask("MpoolPush", json!([message])).await;
    }
    submit(&door, &[maker.mine(&[])]).await;
    (node, door, maker)
}

#[tokio::test]
async fn every_lie_of_a_block_is_named_and_the_head_stays() {
    let (_node, door, maker) = ready().await;
    let valid = maker.mine(&messages(0));
    for (expected, lie) in LIES {
        let mut block = valid.clone();
        let header = block.header.as_mut().unwrap();
        lie(header);
        sign(header);
        let cid = header.cid().unwrap();
        let text = refused(&door, &json!(block), expected[0]).await;
        for part in *expected {
            assert!(text.contains(part), "wanted {part}, got {text}");
        }
        assert_eq!(door.ask("ChainHasObj", json!([cid])).await, false);
    }

    // Not signed, or not by its miner.
    let with = |signature: Option<Signature>| {
        let mut block = valid.clone();
        block.header.as_mut().unwrap().block_sig = signature;
        json!(block)
    };
    refused(&door, &with(None), "the block has no BlockSig").await;
    let mut forged = valid.header.as_ref().unwrap().block_sig.clone().unwrap();
    forged.data.0[5] ^= 1;
    refused(&door, &with(Some(forged)), "signature is not by its miner").await;
    let stranger = accounts(4)[2].key.sign(b"anything").unwrap();
    refused(
        &door,
        &with(Some(stranger)),
        "signature is not by its miner",
    )
    .await;

    // It is taken when all of it is right, and nothing happens when it comes again.
    submit(&door, std::slice::from_ref(&valid)).await;
    let head = door.ask("ChainHead", json!([])).await;
    let cid = valid.header.as_ref().unwrap().cid().unwrap();
    assert_eq!(head["Cids"], json!([cid]));
    assert!(door.pending().await.is_empty());
    submit(&door, &[valid]).await;
    assert_eq!(door.ask("ChainHead", json!([])).await, head);
}

#[tokio::test]
async fn the_messages_of_a_block_are_checked() {
    let (_node, door, maker) = ready().await;
    let [secp, bls] = messages(0);
    let valid = maker.mine(&[secp.clone(), bls.clone()]);
    let with = |change: &dyn Fn(&mut BlockMsg)| {
        let mut block = valid.clone();
        change(&mut block);
        json!(block)
    };
    let too_many = with(&|block| {
        let cid = block.secpk_messages[0];
        block.secpk_messages = vec![cid; 10_001];
    });
    refused(&door, &too_many, "a block has at most 10000 messages").await;
    let unknown = with(&|block| block.secpk_messages.push(nowhere()));
    refused(&door, &unknown, "it is not here; push it first").await;
    let left_out = with(&|block| block.secpk_messages.clear());
    refused(&door, &left_out, "messages did not match the block's root").await;
    let mixed = with(&|block| {
        std::mem::swap(&mut block.secpk_messages, &mut block.bls_messages);
    });
    refused(&door, &mixed, "cannot be read").await;

    // The aggregate is that of another message.
    let aggregate = with(&|block| {
        let header = block.header.as_mut().unwrap();
        let other = messages(1)[1].signature.clone();
        header.bls_aggregate = Some(lotus_chain::keys::aggregate([&other]).unwrap());
        sign(header);
    });
    refused(&door, &aggregate, "bls aggregate signature was invalid").await;

    // What no block may have, in a block that is right otherwise.
    let block_of = |messages: &[SignedMessage]| {
        let scratch = ChainStore::ephemeral().unwrap();
        let mut block = valid.clone();
        block.bls_messages.clear();
        block.secpk_messages = messages.iter().map(|m| m.cid().unwrap()).collect();
        let header = block.header.as_mut().unwrap();
        header.messages = put_messages(scratch.blocks(), &[], messages).unwrap();
        header.bls_aggregate = Some(lotus_chain::keys::aggregate([]).unwrap());
        sign(header);
        json!(block)
    };
    // The pool takes it because its sender vouches for it; a block cannot.
    let gap = messages(1)[0].clone();
    door.ask("MpoolPush", json!([gap])).await;
    refused(&door, &block_of(&[gap]), "wrong nonce (exp: 0, got: 1)").await;
    let twice = block_of(&[secp.clone(), secp]);
    refused(&door, &twice, "wrong nonce (exp: 1, got: 0)").await;
    submit(&door, &[valid]).await;
}

#[tokio::test]
async fn what_is_no_block_is_said_to_be_none() {
    let (_node, door, maker) = ready().await;
    let valid = json!(maker.mine(&messages(0)));
    refused(&door, &json!(null), "the block has no Header").await;
    refused(&door, &json!({}), "the block has no Header").await;
    refused(&door, &json!({"Header": null}), "the block has no Header").await;
    let with = |pointer: &str, value: Value| {
        let mut block = valid.clone();
        *block.pointer_mut(pointer).unwrap() = value;
        block.to_string()
    };
    let head = door.ask("ChainHead", json!([])).await;
    for broken in [
        "[]".to_owned(),
        "7".to_owned(),
        with("/Header/Height", json!("1")),
        with("/Header/Height", json!(1e300)),
        with("/Header/Parents", json!("bafy")),
        with("/Header/Parents/0", json!({"/": "nonsense"})),
        with("/Header/ParentStateRoot", json!({"/": 7})),
        with("/Header/ParentStateRoot", Value::Null),
        with("/Header/Ticket/VRFProof", json!("%%%")),
        with("/Header/ParentBaseFee", json!(100)),
        with("/SecpkMessages", json!([7])),
        "[".repeat(50_000) + &"]".repeat(50_000),
    ] {
        let short: String = broken.chars().take(100).collect();
        let answer = door.send("SyncSubmitBlock", &format!("[{broken}]")).await;
        let (code, text) = answer.expect_err(&short);
        assert_eq!(code, -32_700, "{short}: {text}");
        assert!(text.len() < 1000, "{text}");
    }
    assert_eq!(door.ask("ChainHead", json!([])).await, head);
    door.send("SyncSubmitBlock", &format!("[{valid}]"))
        .await
        .unwrap();
}
