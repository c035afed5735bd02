//! `kill -9` at any moment of an import: the next start has all of the chain, or nothing of it.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use lotus_core::types::Cid;

use super::{Exported, HALTING, exported, files, is_read_only};
use crate::harness::{Home, LOTUS};
use crate::running::{PATIENCE, Running};

/// How often an import is killed while it reads, and how often after it has read everything.
const READING: usize = 30;
const WRITING: usize = 22;

/// How many threads kill at once.
const THREADS: usize = 3;

/// What makes a small chain a large file.
const PADDING: usize = 6 << 20;

/// The chain in a file with so many bytes of further blocks behind it.
pub(super) fn padded(file: &Path, bytes: usize) -> Vec<u8> {
    let mut car = fs::read(file).unwrap();
    let length = car.len() + bytes;
    for number in 0_u64.. {
        if car.len() >= length {
            break;
        }
        car.extend(section(&padding(number)));
    }
    car
}

/// A block like no other.
fn padding(number: u64) -> Vec<u8> {
    let words = (0..512).map(|word| (number * 512 + word).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    words.flat_map(u64::to_le_bytes).collect()
}

fn section(block: &[u8]) -> Vec<u8> {
    let cid = Cid::of_dag_cbor(block).inner().to_bytes();
    let mut length = unsigned_varint::encode::usize_buffer();
    let length = unsigned_varint::encode::usize(cid.len() + block.len(), &mut length);
    [length, &cid, block].concat()
}

/// An import that reads what this process feeds it with.
struct Import {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Import {
    fn start(home: &Home) -> Import {
        let args = ["daemon", "--import-chain", "-", "--halt-after-import"];
        let mut command = home.command(args);
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        Import {
            stdin: child.stdin.take().unwrap(),
            stdout: child.stdout.take().unwrap(),
            child,
        }
    }

    /// Kills it when it has taken these bytes, of which a few wait in the pipe.
    fn kill_within(mut self, bytes: &[u8]) {
        self.stdin.write_all(bytes).unwrap();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Kills it so long after it has taken everything, or when it says that it is complete; and
    /// returns whether it has said so, and after which time.
    fn kill_after(mut self, bytes: &[u8], patience: Duration) -> (bool, Duration) {
        self.stdin.write_all(bytes).unwrap();
        drop(self.stdin);
        let began = Instant::now();
        let (sender, said) = mpsc::channel();
        let reader = thread::spawn(move || {
            let mut text = vec![0; HALTING.len()];
            if self.stdout.read_exact(&mut text).is_ok() {
                assert_eq!(String::from_utf8(text).unwrap(), HALTING);
                let _ = sender.send(());
            }
        });
        let complete = said.recv_timeout(patience).is_ok();
        let took = began.elapsed();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        reader.join().unwrap();
        (complete, took)
    }
}

/// Asserts that the next start has all or nothing, and returns whether it has all.
fn start(home: &Home, source: &Exported, last: &Cid) -> bool {
    let node = Running::start(home, "daemon --api 0 --accounts 0");
    let chain = &node.banner["chain"];
    if !is_read_only(chain) {
        assert_eq!(chain["height"], 0);
        assert_eq!(files(home), ["chain.redb", "mpool.redb"]);
        return false;
    }
    assert_eq!(files(home), ["imported.redb"]);
    assert_eq!(home.run("chain head").ok(), source.head);
    let balance = home.run(&format!("wallet balance {}", source.account));
    assert_eq!(balance.ok(), source.balance);
    home.run(&format!("chain read-obj {last}")).ok();
    true
}

#[test]
fn the_next_start_has_all_of_the_chain_or_nothing() {
    let source = exported();
    let car = padded(&source.file, PADDING);
    let small = fs::metadata(&source.file).unwrap().len() as usize;
    let blocks = (car.len() - small) / section(&padding(0)).len();
    let last = Cid::of_dag_cbor(&padding(blocks as u64 - 1));

    // How long it takes from the last byte to the last word.
    let home = Home::in_memory(LOTUS);
    let (complete, writing) = Import::start(&home).kill_after(&car, PATIENCE);
    assert!(complete && start(&home, &source, &last));

    let round = |number: usize| {
        let home = Home::in_memory(LOTUS);
        let import = Import::start(&home);
        let complete = if number < READING {
            import.kill_within(&car[..car.len() * number / READING]);
            None
        } else {
            // A little longer than it took alone, for there are others now.
            let step = u32::try_from(number - READING).unwrap();
            let patience = writing * 3 / 2 * step / u32::try_from(WRITING).unwrap();
            Some(import.kill_after(&car, patience).0)
        };
        let has_all = start(&home, &source, &last);
        match complete {
            None => assert!(!has_all, "it had not seen the end: {number}"),
            Some(true) => assert!(has_all, "it had said so: {number}"),
            Some(false) => {}
        }
    };
    thread::scope(|scope| {
        let round = &round;
        for first in 0..THREADS {
            scope.spawn(move || (first..READING + WRITING).step_by(THREADS).for_each(round));
        }
    });
}
