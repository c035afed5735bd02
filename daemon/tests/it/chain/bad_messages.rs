//! Messages that nobody should send: each is refused with what is wrong with it, and the chain goes on.

mod cases;

use lotus_core::types::{Address, Message, TokenAmount};
use lotus_testutil::TestNode;
use serde_json::{Value, json};

use super::door::{Door, accounts, signed};
use cases::{forged, good, impossible, malformed, two_to_the_256};

/// What must not change.
async fn seen(door: &Door) -> (Value, Vec<Value>) {
    let head = door.ask("ChainHead", json!([])).await;
    (head["Cids"].clone(), door.pending().await)
}

#[tokio::test]
async fn every_bad_message_is_refused_and_nothing_else_happens() {
    let node = TestNode::with_accounts(4).await;
    let door = Door::of(&node);
    let all = accounts(4);
    let [from, other, bls, delegated] = all.try_into().unwrap();
    // One that waits, because another nonce is missing.
    let early = signed(&other, good(&other, &from, 5));
    let early = door.ask("MpoolPush", json!([early])).await;
    let before = seen(&door).await;
    assert_eq!(before.1, std::slice::from_ref(&early));

    let senders = [from, bls, delegated];
    let mut cases = forged(&senders, &other);
    cases.extend(impossible(&senders[0], &other));
    cases.extend(malformed(&senders[0], &other));
    let mut wrong = Vec::new();
    for (code, why, message) in &cases {
        let single = format!("[{message}]");
        let batch = format!("[[{message}]]");
        for (method, params) in [
            ("MpoolPush", &single),
            ("MpoolPushUntrusted", &single),
            ("MpoolBatchPush", &batch),
            ("MpoolBatchPushUntrusted", &batch),
        ] {
            let answer = door.send(method, params).await;
            let why = if *why == "MpoolPush" { method } else { why };
            let as_it_should = matches!(&answer, Err((found, text))
                if found == code && text.contains(why) && text.len() < 1000);
            if !as_it_should {
                let short: String = params.chars().take(400).collect();
                wrong.push(format!("{method} {short}: wanted {why}, got {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let deep_object = r#"{"Message":"#.repeat(20_000) + "1" + &"}".repeat(20_000);
    for params in [
        "[]",
        "[null]",
        "[{}]",
        "[{\"Message\":{},\"Signature\":null}]",
        &deep,
        &format!("[{deep_object}]"),
    ] {
        for method in ["MpoolPush", "MpoolPushUntrusted", "MpoolPushMessage"] {
            let refused = door.send(method, params).await;
            let (code, text) = refused.expect_err(method);
            assert!((code == 1 || code <= -32_600) && !text.is_empty(), "{code}");
        }
    }
    assert_eq!(seen(&door).await, before, "nothing has changed");

    // The good ones still come through, from every kind of key.
    for from in &senders {
        let nonce = door.ask("MpoolGetNonce", json!([from.address()])).await;
        assert_eq!(nonce, 0);
        let message = signed(from, good(from, &other, 0));
        let cid = door.ask("MpoolPush", json!([message])).await;
        assert_eq!(door.exit_code(&cid).await, 0);
    }
    assert_eq!(door.pending().await, [early]);
    let has = door.balance(&json!(other.address())).await;
    assert_eq!(has, 1_000_000 * 1_000_000_000_000_000_000 + 3 * 7);
}

#[tokio::test]
async fn a_nonce_that_does_not_fit_is_refused_or_waits() {
    let node = TestNode::with_accounts(2).await;
    let door = Door::of(&node);
    let [from, to] = accounts(2).try_into().unwrap();
    let message = |nonce| json!([signed(&from, good(&from, &to, nonce))]);
    let first = door.ask("MpoolPush", message(0)).await;
    assert_eq!(door.exit_code(&first).await, 0);

    let too_low = "minimum expected nonce is 1, got 0: message nonce too low";
    for method in ["MpoolPush", "MpoolPushUntrusted"] {
        let (code, text) = door.call(method, message(0)).await.unwrap_err();
        assert_eq!((code, text.as_str()), (1, too_low));
    }
    for nonce in [2, 1 << 40, u64::MAX] {
        let gap = door.call("MpoolPushUntrusted", message(nonce)).await;
        let (code, text) = gap.unwrap_err();
        assert_eq!(code, 1);
        assert!(text.ends_with("unfulfilled nonce gap"), "{text}");
        assert!(text.contains("nextNonce: 1"), "{text}");
    }
    // Whoever pushes to his own node may leave gaps; they stop nobody, and close when they are filled.
    let last = door.ask("MpoolPush", message(u64::MAX)).await;
    let third = door.ask("MpoolPush", message(2)).await;
    assert_eq!(door.pending().await, [third.clone(), last.clone()]);
    let again = door.call("MpoolPush", message(2)).await.unwrap_err();
    assert!(again.1.contains("already in mpool"), "{again:?}");
    let nonce = door.ask("MpoolGetNonce", json!([from.address()])).await;
    assert_eq!(nonce, 1);
    let second = door.ask("MpoolPush", message(1)).await;
    assert_eq!(door.exit_code(&second).await, 0);
    assert_eq!(door.exit_code(&third).await, 0);
    assert_eq!(door.pending().await, [last]);
}

#[tokio::test]
async fn what_cannot_succeed_is_mined_and_fails_and_costs_its_gas_only() {
    let node = TestNode::with_accounts(2).await;
    let door = Door::of(&node);
    let [from, to] = accounts(2).try_into().unwrap();
    type Change = fn(&mut Message);
    // More than the sender has; somebody who does not exist; a method that an account does not have.
    let changes: [Change; 3] = [
        |m| m.value = TokenAmount::from_whole(5_000_000),
        |m| m.to = Address::new_id(999_999),
        |m| m.method = 77,
    ];
    let sender = json!(from.address());
    for (nonce, change) in changes.into_iter().enumerate() {
        let before = door.balance(&sender).await;
        let mut message = good(&from, &to, nonce as u64);
        change(&mut message);
        let most = i128::from(message.gas_limit) * 200_000_000;
        let cid = door.ask("MpoolPush", json!([signed(&from, message)])).await;
        assert_ne!(door.exit_code(&cid).await, 0, "{nonce}");
        let paid = before - door.balance(&sender).await;
        assert!((1..=most).contains(&paid), "{nonce}: {paid}");
    }
    // To oneself, by one's number: that is allowed.
    let id = door.ask("StateLookupID", json!([sender, null])).await;
    let own = Message {
        to: id.as_str().unwrap().parse().unwrap(),
        ..good(&from, &to, 3)
    };
    let cid = door.ask("MpoolPush", json!([signed(&from, own)])).await;
    assert_eq!(door.exit_code(&cid).await, 0);
    let has = door.balance(&json!(to.address())).await;
    assert_eq!(has, 1_000_000 * 1_000_000_000_000_000_000);
}

#[tokio::test]
async fn of_a_batch_those_before_a_bad_one_are_sent() {
    let node = TestNode::with_accounts(2).await;
    let door = Door::of(&node);
    let [from, to] = accounts(2).try_into().unwrap();
    let good = |nonce| signed(&from, good(&from, &to, nonce));
    let mut bad = good(1);
    bad.message.value = TokenAmount::from_whole(1);
    let batch = json!([[good(0), bad, good(2)]]);
    let (code, text) = door.call("MpoolBatchPush", batch).await.unwrap_err();
    assert_eq!(code, 1);
    assert!(text.contains("signature verification failed"), "{text}");
    assert_eq!(door.exit_code(&json!(good(0).cid().unwrap())).await, 0);
    assert!(door.pending().await.is_empty());
    let nonce = door.ask("MpoolGetNonce", json!([from.address()])).await;
    assert_eq!(nonce, 1);
    let rest = door
        .ask("MpoolBatchPush", json!([[good(1), good(2)]]))
        .await;
    assert_eq!(door.exit_code(&rest[1]).await, 0);
}

/// The node signs what it is given only if it could be mined.
#[tokio::test]
async fn what_the_node_would_have_to_sign_is_checked_first() {
    let node = TestNode::with_accounts(2).await;
    let door = Door::of(&node);
    let [from, to] = accounts(2).try_into().unwrap();
    let base = json!({
        "From": from.address(), "To": to.address(), "Value": "7", "Method": 0, "Params": null,
        "Nonce": 0, "GasLimit": 0, "GasFeeCap": "0", "GasPremium": "0", "Version": 0,
    });
    let before = seen(&door).await;
    let huge = format!("{}", two_to_the_256());
    let megabytes = data_encoding::BASE64.encode(&vec![7; 10 << 20]);
    let mut wrong = Vec::new();
    for (field, value, why) in [
        ("Nonce", json!(5), "expects message nonce to be 0, was 5"),
        ("Version", json!(1), "'Version' unsupported"),
        ("From", json!("f04"), "04 is not a valid top-level sender"),
        ("From", json!("f077777"), "actor not found"),
        ("From", json!("<empty>"), ""),
        ("To", json!("<empty>"), ""),
        ("Value", json!(huge), ""),
        ("Value", json!("-1"), ""),
        (
            "Value",
            json!("5000000000000000000000000"),
            "less than 5000000",
        ),
        ("GasLimit", json!(-1), "GasLimit"),
        (
            "GasLimit",
            json!(10_000_000_001_i64),
            "greater than a block's gas limit",
        ),
        ("GasLimit", json!(1), "cost of storing a message"),
        ("GasFeeCap", json!("-1"), "GasFeeCap"),
        ("GasPremium", json!("-1"), "GasPremium"),
        ("Params", json!(megabytes), "call ran out of gas"),
    ] {
        let mut message = base.clone();
        message[field] = value;
        for (method, params) in [
            ("MpoolPushMessage", json!([message, null])),
            ("MpoolBatchPushMessage", json!([[message], null])),
        ] {
            let answer = door.call(method, params).await;
            let as_it_should = matches!(&answer, Err((code, text))
                if *code > 0 && text.contains(why) && text.len() < 1000);
            if !as_it_should {
                wrong.push(format!("{method} {field}: wanted {why}, got {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(seen(&door).await, before, "nothing has changed");
    let sent = door.ask("MpoolPushMessage", json!([base, null])).await;
    assert_eq!(sent["Message"]["Nonce"], 0);
    assert_eq!(door.exit_code(&sent["CID"]).await, 0);
}
