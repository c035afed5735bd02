//! Processes that die and disks that are full. The test re-executes itself: [`child`] is the
//! process that writes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use lotus_daemon::auth::store::{StoreError, TokenStore};
use lotus_testutil::PATIENCE;
use rand::RngExt;
use rustix::process::{Resource, Rlimit};

use super::{open, path};
use crate::store::record;

const FILE: &str = "LOTUS_TEST_STORE_FILE";
const RUN: &str = "LOTUS_TEST_STORE_RUN";

fn child(name: &str, file: &Path, run: u32) -> Command {
    let program = std::env::current_exe().unwrap();
    // `sh` replaces itself with the test. Where a limit is set, writing beyond it is an error
    // instead of a signal.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(program)
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!("store::embedded::crash::{name}"))
        .env(FILE, file)
        .env(RUN, run.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// The file that this process is a child for.
fn task() -> Option<(std::path::PathBuf, u32)> {
    let file = std::env::var_os(FILE)?;
    Some((file.into(), std::env::var(RUN).ok()?.parse().ok()?))
}

fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").unwrap();
    stdout.flush().unwrap();
}

/// Inserts and revokes for ever, and says what is done.
#[tokio::test]
async fn writer() {
    let Some((file, run)) = task() else { return };
    let store = open(&file).await.unwrap();
    for number in 0.. {
        let id = format!("{run}-{number}");
        store.insert(&record(&id)).await.unwrap();
        say(&format!("ack inserted {id}"));
        if number % 2 == 0 {
            let ids = [id.clone()];
            store.revoke(&ids, 7).await.unwrap();
            say(&format!("ack revoked {id}"));
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    const KILLS: u32 = 60;
    if task().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = path(&dir);
    let mut acknowledged: Vec<(String, bool)> = Vec::new();
    let mut random = rand::rng();
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
        let mut lines_of_run = Vec::new();
        for _ in 0..random.random_range(1..20) {
            lines_of_run.push(lines.recv_timeout(PATIENCE).expect("the child works"));
        }
        // Some way into the next write.
        let spins = random.random_range(0..200_000u32);
        std::hint::black_box((0..spins).fold(0, |sum: u32, n| std::hint::black_box(sum ^ n)));
        process.kill().unwrap();
        process.wait().unwrap();
        reader.join().unwrap();
        lines_of_run.extend(lines.try_iter());
        acknowledged.extend(lines_of_run.iter().map(|line| {
            let (what, id) = line.split_once(' ').unwrap();
            (id.to_owned(), what == "revoked")
        }));

        let store = open(&file).await.unwrap();
        for (id, revoked) in &acknowledged {
            let record = store.get(id).await.unwrap();
            let record = record.unwrap_or_else(|| panic!("run {run}: {id} is lost"));
            assert!(
                !revoked || record.revoked == Some(7),
                "run {run}: {id} lives"
            );
        }
        // At most one write per run was not acknowledged.
        let inserted = acknowledged.iter().filter(|(_, revoked)| !revoked).count();
        let found = store.list().await.unwrap().len();
        assert!((inserted..=inserted + 1 + run as usize).contains(&found));
    }
    assert!(acknowledged.len() > KILLS as usize);
}

/// Inserts and revokes until the disk is full, then says what it sees, then goes on.
#[tokio::test]
async fn writer_on_a_small_disk() {
    const BATCH: u64 = 200;
    let Some((file, _)) = task() else { return };
    let store = open(&file).await.unwrap();
    let size = std::fs::metadata(&file).unwrap().len();
    limit_files(Some(size + 256 * 1024));

    let mut inserted = 0;
    let error = loop {
        let batch = (0..BATCH).map(|number| record(&(inserted + number).to_string()));
        match store.insert_all(batch.collect()).await {
            Ok(()) => inserted += BATCH,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    assert!(inserted > 0);
    // What is there can still be read, and nothing of the failed batch is there.
    assert_eq!(store.list().await.unwrap().len() as u64, inserted);
    let all: Vec<String> = (0..inserted).map(|number| number.to_string()).collect();
    // A revocation of everything needs more room than there is; so does none of it happen.
    let error = store.revoke(&all, 7).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    let list = store.list().await.unwrap();
    assert!(list.iter().all(|record| record.revoked.is_none()));

    // Room has been made: the same store works again.
    limit_files(None);
    store.revoke(&all, 8).await.unwrap();
    store.insert(&record("last")).await.unwrap();
    say(&format!("ack {inserted}"));
}

fn limit_files(bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: rustix::process::getrlimit(Resource::Fsize).maximum,
    };
    rustix::process::setrlimit(Resource::Fsize, limit).unwrap();
}

#[tokio::test]
async fn a_full_disk_fails_loudly_and_halves_nothing() {
    if task().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let output = child("writer_on_a_small_disk", &path(&dir), 0)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    let (_, rest) = stdout
        .split_once("ack ")
        .expect("the child came to its end");
    let inserted: usize = rest.lines().next().unwrap().parse().unwrap();

    let list = open(&path(&dir)).await.unwrap().list().await.unwrap();
    assert_eq!(list.len(), inserted + 1);
    let revoked = list.iter().filter(|record| record.revoked == Some(8));
    assert_eq!(revoked.count(), inserted);
}
