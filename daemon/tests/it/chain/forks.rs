//! Two chains of which the heavier one wins, seen from outside: what is told, and what becomes of the
//! messages of the other one.

use lotus_core::types::{Address, Message, SignedMessage, TokenAmount};
use lotus_testutil::wire::Ws;
use lotus_testutil::{TestDaemon, TestNode, bounded};
use serde_json::{Value, json};

use super::door::{Door, accounts, signed};
use super::maker::{Maker, by_miners_only, submit, taker};

/// `InvokeContract`, with which a delegated key sends funds.
const INVOKE_CONTRACT: u64 = 3_844_450_837;

const FIL: i128 = 1_000_000_000_000_000_000;

/// A FIL from one of the four accounts: two secp256k1, a BLS and a delegated one.
fn one_fil(from: usize, to: usize) -> SignedMessage {
    let all = accounts(4);
    let (from, to) = (&all[from], all[to].address());
    let delegated = from.address().to_eth().is_some();
    // A delegated key reaches only who has an Ethereum address, as a number has.
    let to = if delegated { Address::new_id(101) } else { to };
    let message = Message {
        from: from.address(),
        to,
        value: TokenAmount::from_whole(1_u64),
        gas_limit: 10_000_000,
        gas_fee_cap: TokenAmount::from_atto(200_000_000),
        gas_premium: TokenAmount::from_atto(100),
        method: if delegated { INVOKE_CONTRACT } else { 0 },
        ..Message::default()
    };
    signed(from, message)
}

/// The chain as a listener knows it who only hears what changes.
struct Listener {
    ws: Ws,
    /// The keys of the tipsets, the head last.
    chain: Vec<Value>,
    reverted: Vec<Value>,
    applied: Vec<Value>,
}

impl Listener {
    async fn of(node: &TestDaemon) -> Listener {
        let mut ws = Ws::open(node.socket(), "/rpc/v1", &[]).await.unwrap();
        ws.send(r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.ChainNotify","params":[]}"#)
            .await;
        assert!(ws.receive_json().await["result"].is_u64());
        let current = ws.receive_json().await;
        let step = &current["params"][1][0];
        assert_eq!(step["Type"], "current");
        let chain = vec![step["Val"]["Cids"].clone()];
        let (reverted, applied) = (Vec::new(), Vec::new());
        Listener {
            ws,
            chain,
            reverted,
            applied,
        }
    }

    /// Listens until this is the head. Every step must fit to the one before it.
    async fn reaches(&mut self, head: &Value) {
        while self.chain.last() != Some(head) {
            let frame = bounded(self.ws.receive_json()).await;
            for step in frame["params"][1].as_array().unwrap() {
                let (key, block) = (&step["Val"]["Cids"], &step["Val"]["Blocks"][0]);
                match step["Type"].as_str().unwrap() {
                    "apply" => {
                        assert_eq!(Some(&block["Parents"]), self.chain.last());
                        self.chain.push(key.clone());
                        self.applied.push(key.clone());
                    }
                    "revert" => {
                        assert_eq!(Some(key), self.chain.last());
                        self.chain.pop();
                        if self.chain.is_empty() {
                            self.chain.push(block["Parents"].clone());
                        }
                        self.reverted.push(key.clone());
                    }
                    other => panic!("{other}"),
                }
            }
        }
    }
}

fn key(block: &lotus_core::types::BlockMsg) -> Value {
    json!([block.header.as_ref().unwrap().cid().unwrap()])
}

async fn sorted(door: &Door) -> Vec<String> {
    let mut pending: Vec<_> = door.pending().await.iter().map(Value::to_string).collect();
    pending.sort();
    pending
}

/// The story, with a restart of the node before the heavier chain comes, or without.
async fn the_lighter_chain_is_left(restart: bool) {
    let (mut node, [ours, theirs]): (_, [Maker; 2]) = taker().await;
    let mut door = Door::of(&node);
    let receiver = json!(accounts(4)[1].address());
    let before = door.balance(&receiver).await;
    let mine = [one_fil(0, 1), one_fil(2, 1), one_fil(3, 1)];
    let other = one_fil(1, 0);
    for message in mine.iter().chain([&other]) {
        door.ask("MpoolPush", json!([message])).await;
    }
    let cids: Vec<Value> = mine.iter().map(|m| json!(m.cid().unwrap())).collect();
    let mut waiting: Vec<_> = cids.iter().map(Value::to_string).collect();
    waiting.sort();
    let alone = json!(other.cid().unwrap());

    // One chain has three of the messages.
    let mut listener = Listener::of(&node).await;
    let first = [ours.mine(&mine[..2]), ours.mine(&mine[2..]), ours.mine(&[])];
    submit(&door, &first).await;
    let first: Vec<_> = first.iter().map(key).collect();
    listener.reaches(&first[2]).await;
    assert_eq!((&listener.applied, listener.reverted.len()), (&first, 0));
    assert_eq!(door.pending().await, std::slice::from_ref(&alone));
    assert_eq!(door.balance(&receiver).await, before + 3 * FIL);

    if restart {
        let repo = node.stop().await;
        node = TestNode::on(repo, by_miners_only()).await;
        door = Door::of(&node);
        listener = Listener::of(&node).await;
        assert_eq!(door.pending().await, std::slice::from_ref(&alone));
    }

    // The other one has the fourth, and is heavier in the end.
    let mut second = vec![theirs.mine(std::slice::from_ref(&other))];
    second.extend((0..4).map(|_| theirs.mine(&[])));
    submit(&door, &second).await;
    let second: Vec<_> = second.iter().map(key).collect();
    listener.reaches(&second[4]).await;
    let newest_first: Vec<_> = first.iter().rev().cloned().collect();
    assert_eq!(listener.reverted, newest_first);
    let applied = &listener.applied[listener.applied.len() - 5..];
    assert_eq!(applied, second);

    // What was in the first one waits again, signed as it was, and counts for the nonces.
    assert_eq!(sorted(&door).await, waiting);
    let nonce = door
        .ask("MpoolGetNonce", json!([mine[1].message.from]))
        .await;
    assert_eq!(nonce, 1);
    let found = door
        .ask("StateSearchMsg", json!([null, cids[0], -1, false]))
        .await;
    assert_eq!(found, Value::Null);
    let pending = door.ask("MpoolPending", json!([null])).await;
    let pending: Vec<SignedMessage> = serde_json::from_value(pending).unwrap();
    for message in &mine {
        assert!(pending.contains(message), "its signature has changed");
    }

    // It is mined again, once.
    let third = [theirs.mine(&pending), theirs.mine(&[])];
    submit(&door, &third).await;
    listener.reaches(&key(&third[1])).await;
    assert!(door.pending().await.is_empty());
    for cid in &cids {
        assert_eq!(door.exit_code(cid).await, 0);
        let found = door
            .ask("StateSearchMsg", json!([null, cid, -1, false]))
            .await;
        assert_eq!(found["TipSet"], key(&third[1]));
    }
    let sent = door.ask("StateReplay", json!([null, alone])).await;
    let fees: i128 = sent["GasCost"]["TotalCost"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let after = door.balance(&receiver).await;
    assert_eq!(after, before + 3 * FIL - FIL - fees);
}

#[tokio::test]
async fn the_messages_of_a_chain_that_was_left_are_mined_again_once() {
    the_lighter_chain_is_left(false).await;
}

#[tokio::test]
async fn a_restart_forgets_none_of_them() {
    the_lighter_chain_is_left(true).await;
}
