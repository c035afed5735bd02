//! `kill -9` of `lotus daemon` while it makes blocks of what is being sent: nothing that was said to
//! anybody is lost, and every attoFIL is where it should be. The engine alone is killed hundreds of
//! times by its own tests; here it is the program.

use std::collections::HashMap;
use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lotus_core::types::Address;
use lotus_testutil::wire::Ws;
use serde_json::{Value, json};

use crate::harness::{Home, LOTUS};
use crate::rpc_client::Rpc;
use crate::running::{Running, bounded};

/// How often it dies.
const KILLS: usize = 30;

const FIL: i128 = 1_000_000_000_000_000_000;

/// Whom nobody else pays.
fn receiver() -> String {
    Address::from_eth(&[7; 20]).to_string()
}

/// What a daemon has said before it died.
enum Said {
    /// A message waits: its CID, its sender, its nonce.
    Pushed(Value, String, u64),
    /// A tipset is the head: its height and its key.
    Head(i64, Value),
}

/// Sends until the daemon is gone.
fn send(rpc: &Rpc, from: &str, said: &mpsc::Sender<Said>) {
    let message = json!({
        "From": from, "To": receiver(), "Value": "3", "Method": 0, "Params": null, "Nonce": 0,
        "Version": 0, "GasLimit": 0, "GasFeeCap": "0", "GasPremium": "0",
    });
    while let Ok(sent) = rpc.call("MpoolPushMessage", json!([message, null])) {
        let nonce = sent["Message"]["Nonce"].as_u64().unwrap();
        let pushed = Said::Pushed(sent["CID"].clone(), from.to_owned(), nonce);
        if said.send(pushed).is_err() {
            return;
        }
    }
}

/// Listens for heads until the daemon is gone.
fn listen(rpc: &Rpc, said: &mpsc::Sender<Said>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let mut ws = Ws::open(rpc.socket, "/rpc/v1", &[]).await.unwrap();
        let request = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.ChainNotify","params":[]}"#;
        if !ws.try_send(request).await {
            return;
        }
        while let Some(frame) = ws.event().await {
            let Ok(text) = frame.into_text() else { return };
            let Ok(frame) = serde_json::from_str::<Value>(&text) else {
                return;
            };
            let Some(steps) = frame["params"][1].as_array() else {
                continue;
            };
            for step in steps {
                assert_ne!(step["Type"], "revert", "nobody else makes blocks");
                let height = step["Val"]["Height"].as_i64().unwrap();
                let _ = said.send(Said::Head(height, step["Val"]["Cids"].clone()));
            }
        }
    });
}

/// Nothing is in the repo that a crash has left half done.
fn assert_tidy(home: &Home) {
    for directory in [home.repo(), home.repo().join("datastore")] {
        for entry in fs::read_dir(directory).unwrap() {
            let name = entry.unwrap().file_name();
            let name = name.to_string_lossy();
            assert!(!name.ends_with(".new") && !name.starts_with('.'), "{name}");
        }
    }
}

/// All FIL that there is in the state before the head's messages.
fn total(rpc: &Rpc) -> i128 {
    let head = rpc.ask("ChainHead", json!([]))["Cids"].clone();
    let actors = rpc.ask("StateListActors", json!([head]));
    let actors = actors.as_array().unwrap().iter();
    let balances = actors.map(|actor| {
        let actor = rpc.ask("StateGetActor", json!([actor, head]));
        actor["Balance"].as_str().unwrap().parse::<i128>().unwrap()
    });
    balances.sum()
}

fn balance(rpc: &Rpc, address: &str) -> i128 {
    let balance = rpc.ask("WalletBalance", json!([address]));
    balance.as_str().unwrap().parse().unwrap()
}

#[test]
fn nothing_that_was_said_is_lost() {
    let home = Home::new(LOTUS);
    // By their CIDs: senders and nonces.
    let mut pushed: HashMap<String, (Value, String, u64)> = HashMap::new();
    let mut heads: HashMap<i64, Value> = HashMap::new();
    for run in 0..=KILLS {
        // On demand, every second, and at last once more on demand, to its end.
        let mode = if run % 2 == 0 { "0" } else { "1s" };
        let line = format!("daemon --api 0 --accounts 4 --block-time {mode}");
        let daemon = Running::start(&home, &line);
        assert_tidy(&home);
        let rpc = Rpc::of(&home, &daemon);
        let accounts = daemon.banner["chain"]["accounts"].as_array().unwrap();
        let accounts = accounts.iter().map(|account| account["address"].as_str());
        // A secp256k1 key and the BLS one.
        let accounts: Vec<String> = accounts
            .map(|address| address.unwrap().to_owned())
            .collect();
        let senders = [accounts[0].clone(), accounts[2].clone()];

        for (height, key) in &heads {
            let there = rpc.ask("ChainGetTipSetByHeight", json!([height, null]));
            assert_eq!(
                there["Cids"], *key,
                "run {run}: the head at {height} is lost"
            );
        }
        // What was acknowledged counts for the nonces, in the chain or in the pool.
        for (cid, from, nonce) in pushed.values() {
            let message = rpc.ask("ChainGetMessage", json!([cid]));
            assert_eq!(message["Nonce"], *nonce, "run {run}");
            let next = rpc.ask("MpoolGetNonce", json!([from]));
            assert!(next.as_u64() > Some(*nonce), "run {run}: {nonce} is lost");
        }
        if run % 8 == 0 {
            assert_eq!(total(&rpc), 2_000_000_000 * FIL);
        }
        if run == KILLS {
            verify(&rpc, &senders, &pushed);
            return;
        }

        let (sender, said) = mpsc::channel();
        let mut clients: Vec<_> = Vec::new();
        for from in senders.clone() {
            let (rpc, sender) = (rpc.clone(), sender.clone());
            clients.push(thread::spawn(move || send(&rpc, &from, &sender)));
        }
        clients.push(thread::spawn(move || listen(&rpc, &sender)));
        // Some words later, at another one each time.
        let mut heard = Vec::new();
        for _ in 0..=run % 9 {
            heard.push(said.recv_timeout(Duration::from_secs(60)).unwrap());
        }
        daemon.kill();
        heard.extend(said.iter());
        for client in clients {
            bounded(move || client.join().unwrap());
        }
        for said in heard {
            match said {
                Said::Pushed(cid, from, nonce) => {
                    pushed.insert(cid.to_string(), (cid, from, nonce));
                }
                Said::Head(height, key) => {
                    let before = heads.insert(height, key.clone());
                    assert!(before.is_none_or(|before| before == key));
                }
            }
        }
    }
}

/// Everything is mined, once, and everybody has what that leaves him.
fn verify(rpc: &Rpc, senders: &[String], pushed: &HashMap<String, (Value, String, u64)>) {
    assert!(pushed.len() > KILLS, "{}", pushed.len());
    for (cid, ..) in pushed.values() {
        let found = rpc.ask("StateWaitMsg", json!([cid, 0, -1, false]));
        assert_eq!(found["Message"], *cid);
        assert_eq!(found["Receipt"]["ExitCode"], 0);
    }
    assert_eq!(rpc.ask("MpoolPending", json!([null])), json!([]));

    // The whole chain: what was pushed and not acknowledged before the daemon died may be in it too.
    let mut spent: HashMap<String, i128> = HashMap::new();
    let mut nonces: HashMap<String, Vec<u64>> = HashMap::new();
    let mut got = 0;
    let mut tipset = rpc.ask("ChainHead", json!([]));
    while tipset["Height"].as_i64() > Some(0) {
        let messages = rpc.ask("ChainGetParentMessages", json!([tipset["Cids"][0]]));
        for included in messages.as_array().unwrap() {
            let replay = rpc.ask("StateReplay", json!([null, included["Cid"]]));
            let cost = replay["GasCost"]["TotalCost"].as_str().unwrap();
            let message = &included["Message"];
            let from = message["From"].as_str().unwrap().to_owned();
            *spent.entry(from.clone()).or_default() += 3 + cost.parse::<i128>().unwrap();
            let nonces = nonces.entry(from).or_default();
            nonces.push(message["Nonce"].as_u64().unwrap());
            got += 3;
        }
        let parents = &tipset["Blocks"][0]["Parents"];
        tipset = rpc.ask("ChainGetTipSet", json!([parents]));
    }
    for sender in senders {
        let mut nonces = nonces.remove(sender).unwrap();
        nonces.sort_unstable();
        let expected: Vec<u64> = (0..nonces.len() as u64).collect();
        assert_eq!(nonces, expected, "each nonce once");
        assert_eq!(
            balance(rpc, sender),
            1_000_000 * FIL - spent[sender],
            "{sender}"
        );
    }
    assert_eq!(balance(rpc, &receiver()), got);
    assert_eq!(total(rpc), 2_000_000_000 * FIL);
}
