//! What the commands tell of the local network's miner.

use serde_json::Value;

use crate::running::network;

#[test]
fn the_miner_is_shown_as_lotus_shows_one() {
    let (home, node) = network();
    assert_eq!(node.banner["chain"]["miner"], "t01000");
    assert_eq!(home.run("state list-miners").ok(), "t01000\n");
    assert_eq!(home.run("state sector-size t01000").ok(), "2 KiB (2048)\n");
    assert_eq!(home.run("state power").ok(), "4096(4 KiB)\n");
    assert_eq!(
        home.run("state power t01000").ok(),
        "4096(4 KiB) / 4096(4 KiB) ~= 100.0000%\n"
    );
    let error = home.run("state power t0100").error();
    assert!(
        error.contains("does not correspond to a miner actor"),
        "{error}"
    );

    let json = home.run("state miner-info --output json t01000").json();
    let worker = json["info"]["Worker"].as_str().unwrap();
    let shown = home.run("state miner-info t01000").ok();
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[0].starts_with("Available Balance: 0 FIL"), "{shown}");
    let rest = [
        &format!("Owner:\t{worker}"),
        &format!("Worker:\t{worker}"),
        &format!("Beneficiary:\t{worker}"),
        "PeerID:\t",
        "Multiaddrs:\t",
        "Consensus Fault End:\t-1",
        "SectorSize:\t2 KiB (2048)",
        "Byte Power:   4 KiB / 4 KiB (100.0000%)",
        "Actual Power: 4 Ki / 4 Ki (100.0000%)",
        "",
    ];
    assert_eq!(lines[1..11], rest);
    assert!(lines[11].starts_with("Proving Period Start:\t"), "{shown}");
    assert!(lines[11].ends_with(" ago)"), "{shown}");
    let error = home.run("state miner-info t0100").error();
    assert!(error.contains("unknown actor code"), "{error}");
}

#[test]
fn a_state_is_shown_with_the_names_of_its_fields() {
    let (home, node) = network();
    let to = node.banner["chain"]["accounts"][1]["address"]
        .as_str()
        .unwrap();
    let sent = home.run(&format!("send {to} 1")).ok();
    let cid = sent.lines().last().unwrap();
    home.run(&format!("state wait-msg --confidence 0 {cid}"))
        .ok();

    let state: Value = serde_json::from_str(&home.run("state read-state t01000").ok()).unwrap();
    let locked = state["LockedFunds"].as_str().unwrap();
    assert!(
        locked.len() > 18,
        "whole FIL of rewards are locked: {locked}"
    );
    assert_eq!(state["DeadlineCronActive"], true);
    let power: Value = serde_json::from_str(&home.run("state read-state t04").ok()).unwrap();
    assert_eq!(
        (&power["MinerCount"], &power["TotalRawBytePower"]),
        (&1.into(), &"4096".into())
    );
    let account: Value =
        serde_json::from_str(&home.run(&format!("state read-state {to}")).ok()).unwrap();
    assert_eq!(account["Address"], to);
    let whole = home.run("state read-state --output json t099").json();
    assert_eq!(whole["State"]["Address"], "t099");
    let error = home.run("state read-state t0777777").error();
    assert!(error.contains("actor not found"), "{error}");
}
