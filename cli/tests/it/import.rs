//! Importing a chain as an operator does: the flags, what is said, and what is left of a file that is
//! none.

mod kill;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::{Home, LOTUS, Said, said};
use crate::running::{Running, bounded, network};

/// A chain with money in an account, and a CAR file of it.
struct Exported {
    /// Where the file is.
    _home: Home,
    /// The file.
    file: PathBuf,
    /// The CIDs of its head.
    head: String,
    /// The epoch of its head.
    height: u64,
    /// An account, and what it has.
    account: String,
    balance: String,
}

fn exported() -> Exported {
    let (home, node) = network();
    let account = node.banner["chain"]["accounts"][1]["address"].as_str();
    let account = account.unwrap().to_owned();
    let sent = home.run(&format!("send {account} 1.5")).ok();
    let cid = sent.lines().last().unwrap();
    home.run(&format!("state wait-msg --confidence 0 {cid}"))
        .ok();
    let file = home.path().join("chain.car");
    let export = format!(
        "chain export --recent-stateroots 10 --skip-old-msgs {}",
        file.display()
    );
    home.run(&export).ok();
    let balance = home.run(&format!("wallet balance {account}")).ok();
    assert_eq!(balance, "1000001.5 FIL\n");
    let head = home.run("chain head").ok();
    let height = home.run("chain head --height").ok();
    drop(node);
    Exported {
        height: height.trim().parse().unwrap(),
        _home: home,
        file,
        head,
        account,
        balance,
    }
}

/// The files of the chain that a repo has.
fn files(home: &Home) -> Vec<String> {
    let Ok(entries) = fs::read_dir(home.repo().join("datastore")) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("tokens")).collect();
    names.sort();
    names
}

fn is_read_only(chain: &Value) -> bool {
    chain["blocks"].as_str().unwrap().contains("read-only")
}

const HALTING: &str = "Chain import complete, halting as requested...\n";

#[test]
fn a_repo_keeps_the_chain_that_was_imported_into_it() {
    let source = exported();
    let home = Home::new(LOTUS);
    let file = source.file.display();
    let import = format!("daemon --import-snapshot {file} --halt-after-import");
    assert_eq!(home.run(&import).ok(), HALTING);
    assert_eq!(files(&home), ["imported.redb"]);
    assert!(!home.repo().join("repo.lock").exists());

    let node = Running::start(&home, "daemon --api 0");
    let chain = &node.banner["chain"];
    assert_eq!(
        (&chain["network"], is_read_only(chain)),
        (&"localnet".into(), true)
    );
    assert_eq!(home.run("chain head").ok(), source.head);
    let balance = home.run(&format!("wallet balance {}", source.account));
    assert_eq!(balance.ok(), source.balance);
    let listed = home.run("chain list").ok();
    assert!(listed.starts_with("0: ("), "{listed}");
    let block = home.run(&format!("chain get-block {}", source.head)).json();
    assert_eq!(block["Height"], source.height);
    let again = home.path().join("again.car");
    let export = format!("chain export --recent-stateroots 10 {}", again.display());
    home.run(&export).ok();
    drop(node);

    let error = home
        .run(&format!("daemon --api 0 --import-chain {file}"))
        .error();
    for part in [
        "has a chain already",
        "imported.redb",
        "--remove-existing-chain",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let line = format!(
        "daemon --output json --import-chain {} --remove-existing-chain --halt-after-import",
        again.display()
    );
    let json = home.run(&line).json();
    assert_eq!(
        (&json["height"], &json["network"]),
        (&source.height.into(), &"localnet".into())
    );

    let node = Running::start(&home, "daemon --api 0 --accounts 0 --remove-existing-chain");
    assert!(!is_read_only(&node.banner["chain"]));
    drop(node);
    assert_eq!(files(&home), ["chain.redb", "mpool.redb"]);
}

#[test]
fn flags_that_make_no_sense_together_are_named() {
    let home = Home::new(LOTUS);
    let error = |line: &str| home.run(line).error();
    assert_eq!(
        error("daemon --import-chain a.car --import-snapshot b.car"),
        "cannot specify both 'import-snapshot' and 'import-chain'"
    );
    let text = error("daemon --halt-after-import");
    assert!(text.contains("--import-chain"), "{text}");
    for flag in ["--import-chain a.car", "--import-snapshot a.car"] {
        let text = error(&format!("daemon --accounts 3 {flag}"));
        assert!(
            text.contains("--accounts") && text.contains("--import"),
            "{text}"
        );
    }
    let text = error("daemon --import-chain https://example.org/latest.zst");
    assert!(
        text.contains("curl -fL https://example.org/latest.zst | "),
        "{text}"
    );
    assert!(!home.repo().exists());
}

/// `lotus` with a command line, fed with these bytes.
fn fed(home: &Home, line: &str, bytes: &[u8]) -> Said {
    let mut command = home.command(line.split_whitespace());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that has seen enough reads no further.
    let _ = stdin.write_all(bytes);
    drop(stdin);
    bounded(move || child.wait_with_output().unwrap()).into()
}

#[test]
fn a_chain_comes_from_standard_input_too() {
    let source = exported();
    let bytes = fs::read(&source.file).unwrap();
    let home = Home::new(LOTUS);
    let line = "daemon --import-chain - --halt-after-import";
    let error = fed(&home, line, &bytes[..bytes.len() / 2]).error();
    assert!(
        error.starts_with("standard input cannot be imported: "),
        "{error}"
    );
    assert_eq!(files(&home), [""; 0]);
    assert_eq!(fed(&home, line, &bytes).ok(), HALTING);
    let _node = Running::start(&home, "daemon --api 0");
    assert_eq!(home.run("chain head").ok(), source.head);
}

#[test]
fn a_signal_ends_an_import_that_waits_for_its_file() {
    let home = Home::new(LOTUS);
    let mut command = home.command(["daemon", "--api", "0", "--import-chain", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("GOLOG_LOG_LEVEL", "info");
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    // It has begun when the database is there.
    let database = home.repo().join("datastore/importing.redb");
    bounded(move || {
        while !database.exists() {
            std::thread::yield_now();
        }
    });
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let said: Said = bounded(move || child.wait_with_output().unwrap()).into();
    drop(stdin);
    let error = said.error();
    assert!(error.contains("ended by a signal"), "{error}");
    let node = Running::start(&home, "daemon --api 0 --accounts 0");
    assert!(!is_read_only(&node.banner["chain"]));
    assert_eq!(files(&home), ["chain.redb", "mpool.redb"]);
}

/// Every file is refused with its name and what is wrong, and leaves the repo as it was.
#[test]
fn a_file_that_is_no_chain_leaves_nothing_behind() {
    let source = exported();
    let whole = fs::read(&source.file).unwrap();
    let mut damaged = whole.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let version_2 = b"\x0a\xa1\x67version\x02 and so on";
    // Where the header ends the first block begins, with the two bytes of its length.
    let header = 1 + usize::from(whole[0]);
    let mut endless = whole[..header].to_vec();
    endless.extend([0xFF, 0xFF, 0xFF, 0xFF, 0x7F]);
    endless.resize(20 << 20, 7);
    let no_roots = b"\x11\xa2\x65roots\x80\x67version\x01";
    let files_and_reasons: [(&str, &[u8], &str); 9] = [
        ("empty.car", b"", "it is empty"),
        ("page.html", b"<html>404</html>", "it is no CAR file"),
        ("two.car", version_2, "a CAR of version 2"),
        ("rootless.car", no_roots, "it names no roots"),
        (
            "headless.car",
            &whole[..header],
            "it does not have block header",
        ),
        ("half.car", &whole[..whole.len() / 2], "cut off"),
        ("damaged.car", &damaged, "is damaged"),
        (
            "garbage.car",
            &[&whole[..], b"\x03abc"].concat(),
            "cannot be read",
        ),
        ("endless.car", &endless, "larger than 8388608 bytes"),
    ];
    let home = Home::new(LOTUS);
    for (name, bytes, reason) in files_and_reasons {
        fs::write(home.path().join(name), bytes).unwrap();
        let error = home
            .run(&format!("daemon --api 0 --import-chain {name}"))
            .error();
        let start = format!("{name} cannot be imported: ");
        assert!(
            error.starts_with(&start) && error.contains(reason),
            "{error}"
        );
        assert!(error.ends_with("nothing of it is kept"), "{error}");
        assert_eq!(files(&home), [""; 0], "{name}");
    }
    let absent = home.run("daemon --api 0 --import-chain absent.car").error();
    assert!(
        absent.starts_with("absent.car cannot be imported: No such file"),
        "{absent}"
    );
    let line = format!("daemon --api 0 --import-chain {}", source.file.display());
    let _node = Running::start(&home, &line);
    assert_eq!(home.run("chain head").ok(), source.head);
}

/// The limit to the size of a file stands for a disk that is full.
#[test]
fn a_full_disk_is_an_error_and_leaves_the_chain_that_was_there() {
    let source = exported();
    let big = kill::padded(&source.file, 4 << 20);
    let home = Home::new(LOTUS);
    fs::write(home.path().join("big.car"), &big).unwrap();
    let import = "daemon --api 0 --import-chain big.car --remove-existing-chain";
    let first = format!(
        "daemon --import-chain {} --halt-after-import",
        source.file.display()
    );
    home.run(&first).ok();

    let mut command = Command::new("sh");
    // Of 512 bytes each. Where a limit is set, writing beyond it is an error instead of a signal.
    let script = "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"";
    command.args(["-c", script, LOTUS.binary]);
    command.args(import.split_whitespace());
    command
        .env_clear()
        .env("HOME", home.path())
        .env(LOTUS.repo_variable, home.repo())
        .current_dir(home.path());
    let error = said(&mut command).error();
    assert!(
        error.contains("importing.redb cannot be used: File too large"),
        "{error}"
    );
    assert_eq!(files(&home), ["imported.redb"]);
    let node = Running::start(&home, "daemon --api 0");
    assert_eq!(home.run("chain head").ok(), source.head);
    drop(node);
    let _node = Running::start(&home, import);
    assert_eq!(home.run("chain head").ok(), source.head);
}
