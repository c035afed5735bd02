//! Messages that nobody should send: each is refused with what is wrong with it, and the chain goes on.

use fvm_shared::bigint::BigInt;
use lotus_chain::accounts::Account;
use lotus_core::types::{Address, Bytes, Message, Signature, SignatureType, TokenAmount};
use lotus_testutil::TestNode;
use serde_json::{Value, json};

use super::door::{Door, accounts, signed};

/// `InvokeContract`, with which a delegated key sends funds.
const INVOKE_CONTRACT: u64 = 3_844_450_837;

/// A message that could be mined.
fn good(from: &Account, to: &Account, nonce: u64) -> Message {
    let delegated = from.address().to_eth().is_some();
    Message {
        from: from.address(),
        // A delegated key reaches only who has an Ethereum address, as a number has.
        to: if delegated {
            Address::new_id(101)
        } else {
            to.address()
        },
        nonce,
        value: TokenAmount::from_atto(7),
        gas_limit: 10_000_000,
        gas_fee_cap: TokenAmount::from_atto(200_000_000),
        gas_premium: TokenAmount::from_atto(100),
        method: if delegated { INVOKE_CONTRACT } else { 0 },
        ..Message::default()
    }
}

/// What is wrong with a message, and the message.
type Case = (i64, &'static str, Value);

fn two_to_the_256() -> BigInt {
    BigInt::from(2).pow(256)
}

/// Messages that are signed as they are, or could not be signed at all.
fn impossible(from: &Account, to: &Account) -> Vec<Case> {
    type Change = fn(&mut Message);
    let changes: Vec<(&'static str, Change)> = vec![
        ("'Version' unsupported", |m| m.version = 1),
        ("'To' address cannot be empty", |m| {
            m.to = Address::default()
        }),
        ("'From' address cannot be empty", |m| {
            m.from = Address::default();
        }),
        ("invalid 'To' address", |m| {
            let mut point = [0; 48];
            point[0] = 0xc0;
            m.to = Address::from_bls(&point).unwrap();
        }),
        (
            "'Value' field cannot be greater than total filecoin supply",
            |m| {
                m.value = TokenAmount::from_atto(two_to_the_256());
            },
        ),
        ("'Value' field cannot be negative", |m| {
            m.value = TokenAmount::from_atto(-two_to_the_256());
        }),
        ("'Value' field cannot be negative", |m| {
            m.value = TokenAmount::from_atto(-1);
        }),
        ("cannot send more filecoin than will ever exist", |m| {
            m.value = TokenAmount::from_whole(2_000_000_000_u64);
        }),
        ("'GasLimit' field -1 must be positive", |m| m.gas_limit = -1),
        ("must be positive", |m| m.gas_limit = i64::MIN),
        ("'GasLimit' field 0 must be positive", |m| m.gas_limit = 0),
        (
            "'GasLimit' field cannot be less than the cost of storing",
            |m| {
                m.gas_limit = 1;
            },
        ),
        ("greater than a block's gas limit (10000000001 >", |m| {
            m.gas_limit = 10_000_000_001;
        }),
        ("greater than a block's gas limit", |m| {
            m.gas_limit = i64::MAX
        }),
        ("'GasFeeCap' less than 'GasPremium'", |m| {
            m.gas_premium = TokenAmount::from_atto(200_000_001);
        }),
        ("'GasFeeCap' field cannot be negative", |m| {
            m.gas_fee_cap = TokenAmount::from_atto(-1);
        }),
        ("'GasPremium' field cannot be negative", |m| {
            m.gas_premium = TokenAmount::from_atto(-1);
        }),
        ("gas fee cap too low", |m| {
            m.gas_fee_cap = TokenAmount::from_atto(99);
            m.gas_premium = TokenAmount::from_atto(1);
        }),
        ("not enough funds", |m| {
            m.gas_fee_cap = TokenAmount::from_whole(1);
        }),
        ("mpool message too large", |m| {
            m.params = Bytes(vec![7; 10 << 20]);
        }),
        ("mpool message too large", |m| {
            m.params = Bytes(vec![7; 64 << 10]);
        }),
        // The power actor, nobody, and a key that has no account.
        ("04 is not a valid top-level sender", |m| {
            m.from = Address::new_id(4);
        }),
        ("actor not found", |m| m.from = Address::new_id(77_777)),
        ("actor not found", |m| m.from = Address::from_eth(&[9; 20])),
        ("signature verification failed", |m| {
            // The next account.
            m.from = Address::new_id(101);
        }),
    ];
    let base = signed(from, good(from, to, 0));
    changes
        .into_iter()
        .map(|(why, change)| {
            let mut message = base.message.clone();
            change(&mut message);
            let signable = message.cid().is_ok();
            let whole = match signable {
                true => signed(from, message),
                false => lotus_core::types::SignedMessage {
                    message,
                    ..base.clone()
                },
            };
            (1, why, serde_json::to_value(whole).unwrap())
        })
        .collect()
}

/// Messages whose signature is not that of their sender.
fn forged(senders: &[Account], to: &Account) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |message: &Message, signature: Signature| {
        let whole = json!({"Message": message, "Signature": signature});
        cases.push((1, "signature verification failed", whole));
    };
    for from in senders {
        let right = signed(from, good(from, to, 0));
        let (message, signature) = (&right.message, &right.signature);
        let with = |data: Vec<u8>| Signature {
            data: Bytes(data),
            ..signature.clone()
        };
        let mut flipped = signature.data.to_vec();
        flipped[7] ^= 1;
        add(message, with(flipped));
        let length = signature.data.len();
        add(message, with(signature.data[..length - 1].to_vec()));
        add(message, with([&signature.data[..], &[0]].concat()));
        add(message, with(Vec::new()));
        add(message, with(vec![0xff; length]));
        add(message, with(vec![0; length]));
        let other = Message {
            value: TokenAmount::from_atto(8),
            ..message.clone()
        };
        add(&other, signature.clone());
        for kind in [
            SignatureType::Secp256k1,
            SignatureType::Bls,
            SignatureType::Delegated,
        ] {
            if kind != signature.signature_type {
                let data = signature.data.clone();
                let signature_type = kind;
                add(
                    message,
                    Signature {
                        signature_type,
                        data,
                    },
                );
            }
        }
        // By somebody else.
        add(message, signed(to, good(to, to, 0)).signature);
    }
    cases
}

/// What is not even a message.
fn malformed(from: &Account, to: &Account) -> Vec<Case> {
    let right = serde_json::to_value(signed(from, good(from, to, 0))).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut whole = right.clone();
        *whole.pointer_mut(pointer).unwrap() = value;
        whole
    };
    let without = |pointer: &str, key: &str| {
        let mut whole = right.clone();
        let object = whole.pointer_mut(pointer).unwrap();
        object.as_object_mut().unwrap().remove(key).unwrap();
        whole
    };
    let decode = -32_700;
    let mut cases = vec![
        (1, "'To' address cannot be empty", without("/Message", "To")),
        (
            1,
            "'From' address cannot be empty",
            without("/Message", "From"),
        ),
        (1, "must be positive", without("/Message", "GasLimit")),
        (1, "GasFeeCap", without("/Message", "GasFeeCap")),
        (
            1,
            "signature verification failed",
            without("/Signature", "Data"),
        ),
        (
            1,
            "signature verification failed",
            with("/Signature/Data", Value::Null),
        ),
        (
            decode,
            "unknown signature type 9",
            with("/Signature/Type", json!(9)),
        ),
        (decode, "MpoolPush", with("/Signature/Data", json!("%%%"))),
        (
            decode,
            "MpoolPush",
            with("/Message/Params", json!("no base64!")),
        ),
        (
            decode,
            "MpoolPush",
            with("/Message/Params", json!([1, 300])),
        ),
        (
            decode,
            "MpoolPush",
            with("/Message/To", json!("f1nonsense")),
        ),
        (decode, "MpoolPush", with("/Message/To", json!(7))),
        (decode, "MpoolPush", with("/Message/Nonce", json!(-1))),
        (decode, "MpoolPush", with("/Message/Nonce", json!("0"))),
        (decode, "MpoolPush", with("/Message/Nonce", json!(1e30))),
        (decode, "MpoolPush", with("/Message/GasLimit", json!(1.5))),
        (decode, "MpoolPush", with("/Message/Value", json!("one"))),
        (
            decode,
            "MpoolPush",
            with("/Message/Value", json!({"/": "7"})),
        ),
        (decode, "MpoolPush", with("/Signature", Value::Null)),
        (decode, "MpoolPush", with("/Signature", json!([]))),
        (decode, "MpoolPush", json!("message")),
        (decode, "MpoolPush", json!([])),
    ];
    cases.push((decode, "MpoolPush", without("", "Signature")));
    cases
}

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
    assert_eq!(before.1, [early.clone()]);

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
