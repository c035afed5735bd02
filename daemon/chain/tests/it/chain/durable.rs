//! What is acknowledged stays.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use lotus_chain::chain::{Chain, ChainError};
use lotus_chain::devnet::BlockMode;
use lotus_core::types::TokenAmount;

use super::world::{World, options};

/// The directory of the child's chain.
const DIR: &str = "LOTUS_CHAIN_TEST_DEVNET";
/// How long a child may take for its next line.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_chain_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(Some(dir.path()), BlockMode::MinersOnly);
    let to = world.address(1);
    world
        .source
        .push([world.send(0, to, 0, 1), world.send(0, to, 1, 1)]);
    let holder = world.devnet.mine(0).unwrap();
    let head = world.devnet.mine(2).unwrap();
    let (genesis, execution) = (
        world.chain.genesis(),
        world.chain.executed(&holder).unwrap(),
    );
    let balance = world.balance(&to);
    drop(world);

    let world = World::open(Some(dir.path()), BlockMode::MinersOnly);
    assert_eq!(world.chain.head(), head);
    assert_eq!(world.chain.genesis(), genesis);
    assert_eq!(world.chain.executed(&holder).unwrap(), execution);
    assert_eq!(world.balance(&to), balance);
    world.source.push([world.send(0, to, 2, 1)]);
    let next = world.devnet.mine(0).unwrap();
    assert_eq!(next.parents(), *head.key());
    assert_eq!(world.chain.receipts(&next).unwrap().len(), 1);
}

#[test]
fn what_is_there_wins_over_what_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let genesis = Chain::open(&options(Some(dir.path()))).unwrap().genesis();
    let mut other = options(Some(dir.path()));
    other.accounts.clear();
    other.genesis_time = None;
    assert_eq!(Chain::open(&other).unwrap().genesis(), genesis);
    other.network_name = "elsewhere".to_owned();
    let error = Chain::open(&other).unwrap_err();
    assert!(matches!(error, ChainError::OtherNetwork { .. }));
    assert!(
        error.to_string().contains("'localnet' and not 'elsewhere'"),
        "{error}"
    );
}

/// Makes blocks with a message each for ever, and says what is done.
#[test]
fn producer() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let dir = PathBuf::from(dir);
    let world = World::open(Some(&dir), BlockMode::MinersOnly);
    let (from, to) = (world.address(0), world.address(1));
    loop {
        let head = world.chain.head();
        let sender = world.chain.state(&head).unwrap().actor(&from).unwrap();
        let nonce = sender.unwrap().sequence;
        let message = world.send(0, to, nonce, 1);
        world.source.push([message.clone()]);
        let head = world.devnet.mine(0).unwrap();
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "ack {} {}", head.height(), message.cid().unwrap()).unwrap();
        stdout.flush().unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    const KILLS: usize = 20;
    if std::env::var_os(DIR).is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for run in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .arg("chain::durable::producer")
            .env(DIR, dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (send, lines) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                // The first line follows the name of the test.
                if let Some((_, done)) = line.split_once("ack ")
                    && send.send(done.to_owned()).is_err()
                {
                    return;
                }
            }
        });
        let mut acks = Vec::new();
        for _ in 0..=run % 5 {
            acks.push(lines.recv_timeout(PATIENCE).expect("the child works"));
        }
        // Some way into the next block.
        let spins = u32::try_from(run).unwrap() * 200_000;
        std::hint::black_box((0..spins).fold(0, |sum: u32, n| std::hint::black_box(sum ^ n)));
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        acks.extend(lines.try_iter());

        let world = World::open(Some(dir.path()), BlockMode::MinersOnly);
        // So that the last message's outcome is on the chain.
        world.devnet.mine(0).unwrap();
        for ack in &acks {
            let (height, cid) = ack.split_once(' ').unwrap();
            let cid: cid::Cid = cid.parse().unwrap();
            let found = world.chain.search_message(&cid.into(), None, -1, false);
            let found = found
                .unwrap()
                .unwrap_or_else(|| panic!("run {run}: {ack} is lost"));
            assert_eq!(found.holder.height().to_string(), height);
            assert_eq!(found.receipt.exit_code, 0);
        }
        acknowledged += acks.len();
        assert_eq!(world.total(), TokenAmount::from_whole(2_000_000_000));
    }
    assert!(acknowledged >= KILLS);
}
