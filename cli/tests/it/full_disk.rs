//! The disk under the chain is full: the daemon says so, goes on answering, loses nothing, and goes on
//! when there is room again. And databases of the future.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redb::TableDefinition;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Home, LOTUS};
use crate::rpc_client::{Refusal, Rpc};
use crate::running::{Running, network};

const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon whose datastore is a small disk of its own, or `None` where that is not allowed.
fn on_small_disk(home: &Home) -> Option<Running> {
    let datastore = home.repo().join("datastore");
    fs::create_dir_all(&datastore).unwrap();
    let mount = "mount -t tmpfs -o size=12m tmpfs \"$0\"";
    let isolated = |script: String| {
        let command = home.command::<&str>([]);
        let program = command.get_program().to_owned();
        let mut outer = std::process::Command::new("unshare");
        outer
            .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
            .arg(script)
            .arg(&datastore)
            .arg(program)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir(home.path());
        for (name, value) in command.get_envs() {
            outer.env(name, value.unwrap_or_default());
        }
        outer
    };
    let allowed = isolated(mount.to_owned()).output();
    if !allowed.is_ok_and(|tried| tried.status.success()) {
        let line =
            "SKIPPED: a full disk needs a file system in memory, and this user may not mount one\n";
        // Past the capture of the test's output: nobody shall think that it ran.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    }
    let line = "daemon --api 0 --accounts 2 --block-time 1s";
    Some(Running::spawn(isolated(format!(
        "{mount} && exec \"$1\" {line} \"$2\" \"$3\""
    ))))
}

/// The file that takes the room. The disk is only seen by the daemon; the kernel shows it here.
fn filler(home: &Home, daemon: &Running) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", daemon.pid()));
    let datastore = home.repo().join("datastore");
    let inside = datastore.strip_prefix("/").unwrap();
    root.join(inside).join("filler")
}

fn fill(file: &Path) {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .unwrap();
    while file.write_all(&[7; 4096]).is_ok() {}
}

fn height(rpc: &Rpc) -> i64 {
    rpc.ask("ChainHead", json!([]))["Height"].as_i64().unwrap()
}

fn stuck(rpc: &Rpc) -> bool {
    let health = rpc.get("/ext/health");
    health["checks"]["blocks"]["error"].is_string()
}

#[track_caller]
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < PATIENCE, "{what} did not happen");
    }
}

/// What a reader asks about the past.
fn read(rpc: &Rpc, upto: i64, who: &[Value]) -> Vec<Value> {
    let mut read = Vec::new();
    for height in 0..=upto {
        let tipset = rpc.ask("ChainGetTipSetByHeight", json!([height, null]));
        for who in who {
            read.push(rpc.ask("StateGetActor", json!([who, tipset["Cids"]])));
        }
        read.push(tipset);
    }
    read
}

#[test]
fn a_full_disk_stops_the_blocks_and_nothing_else() {
    let home = Home::new(LOTUS);
    let Some(daemon) = on_small_disk(&home) else {
        return;
    };
    let rpc = Rpc::of(&home, &daemon);
    let account = |n: usize| daemon.banner["chain"]["accounts"][n]["address"].clone();
    let message = json!({
        "From": account(0), "To": account(1), "Value": "3", "Method": 0, "Params": null, "Nonce": 0,
        "Version": 0, "GasLimit": 0, "GasFeeCap": "0", "GasPremium": "0",
    });
    let push = || rpc.call("MpoolPushMessage", json!([message, null]));
    let before: i128 = rpc
        .ask("WalletBalance", json!([account(1)]))
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut accepted = vec![push().unwrap()["CID"].clone()];
    rpc.ask("StateWaitMsg", json!([accepted[0], 0, -1, false]));
    assert!(!stuck(&rpc));

    let filler = filler(&home, &daemon);
    fill(&filler);
    until("that blocks cannot be made", || {
        fill(&filler);
        stuck(&rpc)
    });
    let stopped = height(&rpc);
    let past = read(&rpc, stopped, &[account(0), account(1)]);
    // A message is on the disk, or refused with the reason.
    let mut refused = 0;
    for _ in 0..20 {
        match push() {
            Ok(sent) => accepted.push(sent["CID"].clone()),
            Err(Refusal::Error(code, text)) => {
                assert_eq!(code, 1, "{text}");
                assert!(text.contains("mpool.redb"), "{text}");
                assert!(text.contains("No space left on device"), "{text}");
                refused += 1;
            }
            Err(Refusal::Gone) => panic!("the daemon is gone"),
        }
    }
    assert!(refused > 0, "the disk was full");
    assert_eq!(height(&rpc), stopped);
    assert_eq!(read(&rpc, stopped, &[account(0), account(1)]), past);
    let pending = rpc.ask("MpoolPending", json!([null]));
    assert_eq!(pending.as_array().unwrap().len(), accepted.len() - 1);
    assert!(stuck(&rpc));
    let readiness = rpc.get("/ext/health/readiness");
    assert_eq!(readiness["healthy"], true, "{readiness}");

    // Room has been made.
    fs::remove_file(&filler).unwrap();
    until("a block", || height(&rpc) > stopped + 1);
    assert!(!stuck(&rpc));
    accepted.push(push().unwrap()["CID"].clone());
    for cid in &accepted {
        let found = rpc.ask("StateWaitMsg", json!([cid, 0, -1, false]));
        assert_eq!(found["Receipt"]["ExitCode"], 0);
    }
    assert_eq!(read(&rpc, stopped, &[account(0), account(1)]), past);
    let after: i128 = rpc
        .ask("WalletBalance", json!([account(1)]))
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(after, before + 3 * accepted.len() as i128);
    let nonce = rpc.ask("MpoolGetNonce", json!([account(0)]));
    assert_eq!(nonce, accepted.len());

    daemon.signal(Signal::TERM);
    let log = daemon.finished().stderr;
    let said = log
        .lines()
        .find(|line| line.contains("a block could not be made"));
    let said = said.unwrap_or_else(|| panic!("{log}"));
    assert!(said.contains("chain.redb"), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
}

#[test]
fn a_database_of_a_newer_version_is_named_and_left_alone() {
    let (home, daemon) = network();
    let address = daemon.banner["chain"]["accounts"][1]["address"].clone();
    let to = address.as_str().unwrap();
    let sent = home.run(&format!("send {to} 1")).ok();
    let cid = sent.lines().last().unwrap();
    home.run(&format!("state wait-msg --confidence 0 {cid}"))
        .ok();
    let waiting = home.run(&format!("send --nonce 5 {to} 1")).ok();
    let waiting = waiting.lines().last().unwrap().to_owned();
    daemon.kill();
    for name in ["chain.redb", "mpool.redb"] {
        let file = home.repo().join("datastore").join(name);
        let set = |version: u64| {
            let database = redb::Database::open(&file).unwrap();
            let transaction = database.begin_write().unwrap();
            let mut table = transaction
                .open_table(TableDefinition::<&str, u64>::new("meta"))
                .unwrap();
            let old = table.insert("version", version).unwrap();
            let old = old.expect("it says its version").value();
            drop(table);
            transaction.commit().unwrap();
            old
        };
        let own = set(99);
        let error = home.run("daemon --api 0 --accounts 2").error();
        let path = file.display().to_string();
        for part in [&*path, "99", &own.to_string(), "use the version that wrote"] {
            assert!(error.contains(part), "{name}, {part}: {error}");
        }
        set(own);
    }
    let _daemon = Running::start(&home, "daemon --api 0 --accounts 2");
    let balance = home.run(&format!("wallet balance {to}")).ok();
    assert_eq!(balance, "1000001 FIL\n");
    let pending = home.run("mpool pending --cids").ok();
    assert_eq!(pending, format!("{waiting}\n"));
}
