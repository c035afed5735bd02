//! Processes that die and disks that are full. The test re-executes itself: [`writer`] is the
//! process that is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use fvm_ipld_encoding::CborStore;
use lotus_chain::store::{ChainStore, NullRound, StoreError};
use lotus_core::types::TipSet;
use multihash_codetable::Code;
use rand::RngExt;
use rustix::process::{Resource, Rlimit};

use super::builder::{Next, extend, message_cid};

const FILE: &str = "LOTUS_TEST_CHAIN_FILE";
const RUN: &str = "LOTUS_TEST_CHAIN_RUN";

/// How long a child may take for its next line.
const PATIENCE: Duration = Duration::from_secs(60);

fn child(name: &str, file: &Path, run: u64) -> Command {
    let program = std::env::current_exe().unwrap();
    // `sh` replaces itself with the test. Where a limit is set, writing beyond it is an error
    // instead of a signal.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(program)
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!("store::crash::{name}"))
        .env(FILE, file)
        .env(RUN, run.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// The file that this process is a child for.
fn task() -> Option<(PathBuf, u64)> {
    let file = std::env::var_os(FILE)?;
    Some((file.into(), std::env::var(RUN).ok()?.parse().ok()?))
}

fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").unwrap();
    stdout.flush().unwrap();
}

/// The next tipset on the head, with a message of the number of its height.
fn grow(store: &ChainStore, head: Option<&Arc<TipSet>>, salt: u64) -> Arc<TipSet> {
    let height = head.map_or(0, |head| head.height() as u64 + 1);
    let next = Next {
        messages: vec![height],
        salt,
        ..Next::default()
    };
    extend(store, head.map(|head| &**head), &next)
}

/// Makes blocks for ever, sometimes on the parent of the head, and says what is done.
#[test]
fn writer() {
    let Some((file, run)) = task() else { return };
    let store = ChainStore::open(&file).unwrap();
    let mut head = store.head().unwrap();
    for number in 0.. {
        let salt = run << 32 | number;
        if number % 5 == 4
            && let Some(old) = &head
            && let Some(parent) = store.parent(old).unwrap()
        {
            // A reorganisation: a sibling of the head replaces it.
            head = Some(grow(&store, Some(&parent), salt));
        } else {
            head = Some(grow(&store, head.as_ref(), salt));
        }
        let head = head.as_ref().unwrap();
        store.set_head(head).unwrap();
        say(&format!("ack {} {}", head.height(), head.cids()[0]));
        if number % 3 == 0 {
            let block = store
                .blocks()
                .put_cbor(&("flushed", salt), Code::Blake2b256);
            store.blocks().flush().unwrap();
            say(&format!("ack -1 {}", block.unwrap()));
        }
    }
}

/// Everything that is reached from the head is there, and the indexes agree with it.
fn verify(store: &ChainStore) {
    let head = store.heaviest().unwrap();
    let mut tipset = Some(head.clone());
    let mut above: Option<Arc<TipSet>> = None;
    while let Some(this) = tipset {
        let height = this.height();
        let indexed = store.tipset_by_height(height, None, NullRound::Before);
        assert_eq!(indexed.unwrap(), this);
        let state = *this.parent_state().inner();
        let (_, inner): (String, cid::Cid) = store.blocks().get_cbor(&state).unwrap().unwrap();
        assert!(store.blocks().contains(&inner).unwrap());
        let found = store.search_message(&message_cid(height as u64)).unwrap();
        let found = found.unwrap_or_else(|| panic!("the message of {height} is lost"));
        assert_eq!(found.tipset, this);
        let executed = found.executed.map(|executed| executed.tipset);
        assert_eq!(executed, above);
        above = Some(this.clone());
        tipset = store.parent(&this).unwrap();
    }
    assert_eq!(above, store.genesis().unwrap());
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    const KILLS: u64 = 200;
    if task().is_some() {
        return;
    }
    // A killed process takes nothing from the kernel, so a disk in memory tells as much as another.
    let memory = Path::new("/dev/shm");
    let dir = match tempfile::tempdir_in(memory) {
        Ok(dir) => dir,
        Err(_) => tempfile::tempdir().unwrap(),
    };
    let file = dir.path().join("chain.redb");
    let mut random = rand::rng();
    let mut acknowledged = 0;
    for run in 0..KILLS {
        let mut process = child("writer", &file, run).spawn().unwrap();
        let (send, lines) = mpsc::channel();
        let stdout = process.stdout.take().unwrap();
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
        for _ in 0..random.random_range(1..12) {
            acks.push(lines.recv_timeout(PATIENCE).expect("the child works"));
        }
        // Some way into the next write.
        let spins = random.random_range(0..400_000u32);
        std::hint::black_box((0..spins).fold(0, |sum: u32, n| std::hint::black_box(sum ^ n)));
        process.kill().unwrap();
        process.wait().unwrap();
        reader.join().unwrap();
        acks.extend(lines.try_iter());
        acknowledged += acks.len();

        let store = ChainStore::open(&file).unwrap();
        let head = store.heaviest().unwrap();
        let mut last = None;
        for ack in &acks {
            let (height, cid) = ack.split_once(' ').unwrap();
            let cid: cid::Cid = cid.parse().unwrap();
            assert!(
                store.blocks().contains(&cid).unwrap(),
                "run {run}: {cid} is lost"
            );
            if height != "-1" {
                last = Some((height.parse::<i64>().unwrap(), cid));
            }
        }
        // The head is the last one acknowledged, or one that was written and not acknowledged: its
        // child, or its sibling.
        let (height, cid) = last.expect("the first line is a head");
        let is_head = |tipset: &TipSet| tipset.cids()[0].inner() == &cid;
        let parent = store.parent(&head).unwrap();
        assert!(
            is_head(&head)
                || parent.is_some_and(|parent| is_head(&parent))
                || head.height() == height,
            "run {run}: the head is {head:?} and not {cid} at {height}"
        );
        if run % 20 == 19 {
            verify(&store);
        }
    }
    assert!(acknowledged > KILLS as usize);
    verify(&ChainStore::open(&file).unwrap());
}

fn limit_files(bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: rustix::process::getrlimit(Resource::Fsize).maximum,
    };
    rustix::process::setrlimit(Resource::Fsize, limit).unwrap();
}

/// Makes blocks until the disk is full, says what it sees, and goes on when there is room.
#[test]
fn writer_on_a_small_disk() {
    let Some((file, _)) = task() else { return };
    let store = ChainStore::open(&file).unwrap();
    let genesis = grow(&store, None, 0);
    store.set_head(&genesis).unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    limit_files(Some(size + 512 * 1024));

    let mut head = genesis;
    let refused = loop {
        let next = grow(&store, Some(&head), 0);
        let big = (next.height(), vec![7u64; 2000]);
        store.blocks().put_cbor(&big, Code::Blake2b256).unwrap();
        match store.set_head(&next) {
            Ok(_) => head = next,
            Err(error) => {
                assert!(matches!(error, StoreError::Failed { .. }), "{error}");
                break next;
            }
        }
    };
    assert!(head.height() > 0);
    // Nothing of the failed move is there, and all before it is; what waits can be read.
    assert_eq!(store.heaviest().unwrap(), head);
    verify(&store);
    assert_eq!(store.tipset(refused.key()).unwrap(), refused);
    store.set_head(&refused).unwrap_err();

    // Room has been made: the same store works again.
    limit_files(None);
    store.set_head(&refused).unwrap();
    let last = grow(&store, Some(&refused), 0);
    store.set_head(&last).unwrap();
    verify(&store);
    say(&format!("ack {} {}", last.height(), last.cids()[0]));
}

#[test]
fn a_full_disk_is_an_error_and_the_chain_goes_on_after_it() {
    if task().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("chain.redb");
    let output = child("writer_on_a_small_disk", &file, 0).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    let (_, done) = stdout
        .split_once("ack ")
        .expect("the child came to its end");
    let (height, _) = done.split_once(' ').unwrap();
    let store = ChainStore::open(&file).unwrap();
    assert_eq!(store.heaviest().unwrap().height().to_string(), height);
    verify(&store);
}
