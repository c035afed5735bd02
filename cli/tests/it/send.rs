//! Money moves, and stays moved.

use lotus_core::types::TokenAmount;
use serde_json::Value;

use crate::harness::Home;
use crate::running::{Running, network};

fn balance(home: &Home, address: &str) -> TokenAmount {
    let text = home.run(&format!("wallet balance {address}")).ok();
    text.trim_end().parse().unwrap()
}

/// The two accounts of [`network`], the default first.
fn accounts(node: &Running) -> [String; 2] {
    let of = |n: usize| node.banner["chain"]["accounts"][n]["address"].as_str();
    [0, 1].map(|n| of(n).unwrap().to_owned())
}

#[test]
fn one_fil_arrives_in_a_block_and_survives_a_crash() {
    let (home, node) = network();
    let [from, to] = accounts(&node);
    assert_eq!(home.run("wallet default").ok(), format!("{from}\n"));
    assert_eq!(
        home.run(&format!("wallet balance {from}")).ok(),
        "1000000 FIL\n"
    );

    let sent = home.run(&format!("send {to} 1")).ok();
    let lines: Vec<_> = sent.lines().collect();
    let expected = [
        format!("Sending message from: {from}"),
        format!("Sending message to: {to}"),
        "Using Method: 0".to_owned(),
    ];
    assert_eq!(lines[..3], expected);
    let cid = lines[3];
    let waited = home
        .run(&format!("state wait-msg --confidence 0 {cid}"))
        .ok();
    assert!(
        waited.starts_with("Executed in tipset: [bafy2bz"),
        "{waited}"
    );
    assert!(waited.contains("\nExit Code: 0\nGas Used: "), "{waited}");
    assert_eq!(home.run("mpool pending --cids").ok(), "");

    // What the sender has less is the amount and the fees: burnt, or the miner's.
    let replay = format!("rpc StateReplay [] {{\"/\":\"{cid}\"}}");
    let replay = home.run(&replay).json();
    let fees: TokenAmount = format!(
        "{} attofil",
        replay["GasCost"]["TotalCost"].as_str().unwrap()
    )
    .parse()
    .unwrap();
    let has = balance(&home, &from);
    let fil = TokenAmount::from_whole;
    assert_eq!(
        has.inner().clone() + fees.inner() + fil(1_u64).inner(),
        *fil(1_000_000_u64).inner()
    );
    assert_eq!(balance(&home, &to), fil(1_000_001_u64));
    let head = home.run("chain head").ok();
    let searched = home.run(&format!("state search-msg {cid}")).ok();

    node.kill();
    let node = Running::start(&home, "daemon --api 0 --accounts 2");
    assert_eq!(accounts(&node), [from.clone(), to.clone()]);
    assert_eq!(home.run("chain head").ok(), head);
    assert_eq!(balance(&home, &from), has);
    assert_eq!(balance(&home, &to), fil(1_000_001_u64));
    assert_eq!(home.run(&format!("state search-msg {cid}")).ok(), searched);
    let again = home.run(&format!("send --output json {to} 0.5")).json();
    assert_eq!(again["message"]["Nonce"], 1);
}

#[test]
fn what_cannot_be_sent_is_said_and_nothing_is_sent() {
    let (home, node) = network();
    let [_, to] = accounts(&node);
    for (line, why) in [
        (format!("send {to} 1000001"), "less than 1000001"),
        (format!("send {to} -1"), ""),
        (
            format!("send {to} 1.0000000000000000001"),
            "failed to parse amount",
        ),
        (format!("send {to} lots"), "failed to parse amount"),
        (
            "send nowhere 1".to_owned(),
            "failed to parse target address",
        ),
        (format!("send --from t01000000 {to} 1"), "actor not found"),
        (
            format!("send --params-hex xy {to} 1"),
            "the params is not hex",
        ),
    ] {
        let said = home.run(&line);
        assert_ne!(said.code, Some(0), "{line}: {said:?}");
        assert!(said.stderr.contains(why), "{line}: {said:?}");
    }
    assert_eq!(home.run("mpool pending").ok(), "");
    assert_eq!(home.run("chain head --height").ok(), "0\n");
    assert_eq!(balance(&home, &to), TokenAmount::from_whole(1_000_000_u64));
}

#[test]
fn a_nonce_that_is_missing_keeps_a_message_waiting() {
    let (home, node) = network();
    let [from, to] = accounts(&node);
    let sent = home.run(&format!("send --nonce 1 {to} 1")).ok();
    let cid = sent.lines().last().unwrap();
    assert_eq!(home.run("mpool pending --cids").ok(), format!("{cid}\n"));
    assert_eq!(
        home.run(&format!("mpool pending --cids --local --from {from}"))
            .ok(),
        format!("{cid}\n")
    );
    assert_eq!(
        home.run(&format!("mpool pending --cids --from {to}")).ok(),
        ""
    );
    let pending: Value = serde_json::from_str(&home.run("mpool pending").ok()).unwrap();
    assert_eq!(pending["Message"]["Nonce"], 1);
    home.run(&format!("send --nonce 0 {to} 1")).ok();
    home.run(&format!("state wait-msg --confidence 0 {cid}"))
        .ok();
    assert_eq!(balance(&home, &to), TokenAmount::from_whole(1_000_002_u64));
}
