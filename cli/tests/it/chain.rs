//! Which chain a daemon has, and the commands that show it.

use std::fs;

use serde_json::Value;

use crate::harness::{Home, LOTUS};
use crate::running::{Running, network};

#[test]
fn the_commands_show_the_chain() {
    let (home, node) = network();
    let to = node.banner["chain"]["accounts"][1]["address"]
        .as_str()
        .unwrap();
    let sent = home.run(&format!("send --output json {to} 1")).json();
    let cid = sent["cid"]["/"].as_str().unwrap();
    home.run(&format!("state wait-msg --confidence 0 {cid}"))
        .ok();

    let height: u64 = home.run("chain head --height").ok().trim().parse().unwrap();
    assert!(height >= 2);
    let head = home.run("chain head").ok();
    let head = head.trim_end();
    let listed = home.run("chain list").ok();
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines[0].starts_with("0: ("), "{listed}");
    assert!(
        lines.last().unwrap().contains(&format!(" [ {head}: t0")),
        "{listed}"
    );
    let two = home.run("chain list --count 2 --height 1").ok();
    assert_eq!(two.lines().collect::<Vec<_>>(), lines[..2]);

    let block: Value =
        serde_json::from_str(&home.run(&format!("chain getblock {head}")).ok()).unwrap();
    assert_eq!(block["Height"], height);
    assert_eq!(block["ParentReceipts"][0]["ExitCode"], 0);
    assert_eq!(block["ParentMessages"][0]["/"], cid);
    let raw = home.run(&format!("chain get-block --raw {head}")).ok();
    assert!(!raw.contains("ParentMessages\""), "{raw}");
    let object = home.run(&format!("chain read-obj {head}")).ok();
    assert!(object.starts_with("90"), "an array of sixteen: {object}");
    let message = home.run(&format!("chain getmessage {cid}")).ok();
    assert!(message.contains(to), "{message}");
    let actor = home.run(&format!("state get-actor {to}")).ok();
    assert!(
        actor.contains("Balance:\t1000001 FIL\nNonce:\t\t0\n"),
        "{actor}"
    );
    assert!(actor.contains(" (fil/17/account)\n"), "{actor}");
    let id = home.run(&format!("state lookup {to}")).ok();
    assert_eq!(
        home.run(&format!("state lookup -r {id}")).ok(),
        format!("{to}\n")
    );
    let unknown = home.run(&format!("state search-msg {head}")).error();
    assert!(unknown.contains("failed to find message"), "{unknown}");
}

#[test]
fn a_chain_is_exported_and_served_read_only_elsewhere() {
    let (home, node) = network();
    let to = node.banner["chain"]["accounts"][1]["address"]
        .as_str()
        .unwrap();
    let sent = home.run(&format!("send {to} 1")).ok();
    let cid = sent.lines().last().unwrap();
    home.run(&format!("state wait-msg --confidence 0 {cid}"))
        .ok();
    let file = home.path().join("chain.car");
    let export = format!("chain export --recent-stateroots 10 {}", file.display());
    assert_eq!(home.run(&export).ok(), "");

    let other = Home::new(LOTUS);
    let line = format!("daemon --api 0 --import-chain {}", file.display());
    let copy = Running::start(&other, &line);
    assert_eq!(copy.banner["chain"]["network"], "localnet");
    assert_eq!(other.run("chain head").ok(), home.run("chain head").ok());
    assert_eq!(
        other.run(&format!("wallet balance {to}")).ok(),
        "1000001 FIL\n"
    );
    let own = other.run("wallet new").ok();
    let error = other
        .run(&format!("send --from {} {to} 1", own.trim_end()))
        .error();
    assert!(error.contains("read-only"), "{error}");

    let error = home
        .run("chain export --skip-old-msgs elsewhere.car")
        .error();
    assert_eq!(
        error,
        "must pass recent stateroots along with skip-old-msgs"
    );
}

#[test]
fn a_seed_phrase_gives_the_same_accounts_and_is_never_shown() {
    let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let home = Home::new(LOTUS);
    let file = home.path().join("seed");
    fs::write(&file, format!("{phrase}\n")).unwrap();
    let line = format!(
        "daemon --api 0 --accounts 1 --balance 5 --seed-file {}",
        file.display()
    );
    let node = Running::start(&home, &line);
    let accounts = node.banner["chain"]["accounts"].clone();
    assert!(!node.banner.to_string().contains("sausage"));
    let address = accounts[0]["address"].as_str().unwrap();
    assert_eq!(
        home.run(&format!("wallet balance {address}")).ok(),
        "5 FIL\n"
    );
    node.signal(rustix::process::Signal::TERM);
    let log = node.finished().stderr;
    assert!(!log.contains("sausage"), "{log}");

    let other = Home::new(LOTUS);
    let mut command = other.command(["daemon", "--api", "0", "--accounts", "1", "--ephemeral"]);
    command.env("LOTUS_SEED", phrase);
    let node = Running::spawn(command);
    assert_eq!(node.banner["chain"]["accounts"][0]["address"], address);
    assert!(!other.repo().join("datastore/chain.redb").exists());

    let error = home.run("daemon --api 0 --accounts 1").error();
    assert!(error.contains("another seed phrase"), "{error}");
    fs::write(&file, "legal winner sausage").unwrap();
    let error = home.run(&line).error();
    assert!(
        error.contains("BIP-39") && !error.contains("sausage"),
        "{error}"
    );
}

#[test]
fn blocks_come_by_themselves_if_the_operator_wants_them_to() {
    let home = Home::new(LOTUS);
    let line = "daemon --api 0 --accounts 1 --ephemeral --block-time 1s";
    let _node = Running::start(&home, line);
    let started = std::time::Instant::now();
    while home.run("chain head --height").ok() == "0\n" {
        assert!(started.elapsed().as_secs() < 30, "no block was made");
    }
    let error = Home::new(LOTUS).run("daemon --block-time soon");
    assert_eq!(error.code, Some(1), "{error:?}");
}
