//! What a crash leaves, and what a start makes of it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::*;

/// Names the directory of the log to the process that is to be killed.
const CHILD: &str = "LOTUS_AUDIT_CRASH_TEST";

#[test]
fn kill_9_loses_no_acknowledged_record_and_no_log() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return record_until_killed(Path::new(&dir));
    }
    let dir = Dir::new();
    let mut acknowledged = Vec::new();
    for round in 1..=12u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("audit::tests::crash::kill_9_loses_no_acknowledged_record_and_no_log")
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut of_this_round = 0;
        for line in lines {
            let line = line.unwrap();
            // The test harness speaks too.
            let Some((_, request)) = line.split_once("durable ") else {
                continue;
            };
            acknowledged.push(request.parse::<u64>().unwrap());
            of_this_round += 1;
            if of_this_round == 3 * round {
                // It goes on recording meanwhile. What it acknowledges until it is dead counts too.
                child.kill().unwrap();
            }
        }
        assert!(of_this_round >= 3 * round, "the child records");
        child.wait().unwrap();

        let summary = dir.verify().unwrap();
        assert!(summary.records >= acknowledged.len() as u64);
        // Acknowledged is also: known to the head, so its removal would be found.
        let sealed = (summary.records - summary.unsealed) as usize;
        let all = records(&dir.path())
            .unwrap()
            .map(Result::unwrap)
            .take(sealed);
        let all: BTreeSet<u64> = requests(all.filter(|r| r.request.is_some()))
            .into_iter()
            .collect();
        assert!(acknowledged.iter().all(|request| all.contains(request)));
    }
    drop(dir.open());
    assert_eq!(dir.verify().unwrap().unsealed, 0);
}

fn record_until_killed(dir: &Path) {
    let settings = Settings {
        file_size: 20_000,
        ..Settings::default()
    };
    let audit = Audit::open(dir, key(), &settings, Alerts::new()).unwrap();
    let first = verify(dir, &key()).unwrap().records * 1000;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        for n in first.. {
            let receipt = audit.record(entry(n));
            if n % 7 == 0 {
                receipt.durable().await.unwrap();
                writeln!(std::io::stdout(), "\ndurable {n}").unwrap();
            }
        }
    });
}

/// A log of `records` records whose head knows `sealed` of them: what a crash leaves.
async fn crashed(sealed: u64, records: u64) -> Dir {
    let dir = Dir::new();
    fill(&dir.open(), 1..=sealed).await;
    let head = fs::read(dir.path().join("head")).unwrap();
    fill(&dir.open(), sealed + 1..=records).await;
    fs::write(dir.path().join("head"), head).unwrap();
    dir
}

fn append(dir: &Dir, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(dir.current())
        .unwrap();
    file.write_all(bytes).unwrap();
}

#[tokio::test]
async fn records_behind_the_head_are_in_order_and_taken_over() {
    for sealed in [0, 3] {
        let dir = crashed(sealed, 5).await;
        let summary = dir.verify().unwrap();
        assert_eq!((summary.records, summary.unsealed), (5, 5 - sealed));
        fill(&dir.open(), 6..=6).await;
        let summary = dir.verify().unwrap();
        assert_eq!((summary.records, summary.unsealed), (6, 0));
        assert_eq!(requests(tail(&dir.path(), 9).unwrap()), [1, 2, 3, 4, 5, 6]);
    }
}

#[tokio::test]
async fn a_torn_record_behind_the_head_is_cut_off_kept_and_recorded() {
    let dir = crashed(3, 5).await;
    let torn = b"{\"seq\":6,\"time\":\"20";
    append(&dir, torn);
    let summary = dir.verify().unwrap();
    assert_eq!((summary.records, summary.torn), (5, torn.len() as u64));
    assert_eq!(tail(&dir.path(), 1).unwrap()[0].seq, 5);

    fill(&dir.open(), 6..=6).await;
    let summary = dir.verify().unwrap();
    assert_eq!((summary.records, summary.torn, summary.unsealed), (7, 0, 0));
    let recovered = &tail(&dir.path(), 2).unwrap()[0];
    assert_eq!(recovered.verdict, Verdict::Recovered);
    assert_eq!(recovered.count, Some(torn.len() as u64));
    assert_eq!(fs::read(dir.path().join("cut-6")).unwrap(), torn);
}

#[tokio::test]
async fn what_a_lost_write_left_behind_the_head_is_cut_off_at_the_first_hole() {
    let dir = crashed(3, 5).await;
    let mut content = fs::read(dir.current()).unwrap();
    let fourth = content
        .split_inclusive(|b| *b == b'\n')
        .take(3)
        .map(<[u8]>::len)
        .sum::<usize>();
    content[fourth..fourth + 100].fill(0);
    fs::write(dir.current(), &content).unwrap();
    fill(&dir.open(), 6..=6).await;
    let summary = dir.verify().unwrap();
    assert_eq!((summary.records, summary.unsealed), (5, 0));
    let cut = fs::read(dir.path().join("cut-4")).unwrap();
    assert_eq!(cut, content[fourth..]);
}

#[tokio::test]
async fn what_replacing_the_head_left_behind_is_removed() {
    let dir = Dir::new();
    fs::write(dir.path().join(".lotus-abc123"), "").unwrap();
    fill(&dir.open(), 1..=1).await;
    assert_eq!(dir.names(), ["audit.jsonl", "head"]);
}

#[test]
fn a_start_that_died_before_its_key_was_stored_is_repeated() {
    let dir = Dir::new();
    let keystore = Keystore::open(dir.0.path().join("keystore"), dir.0.path().into()).unwrap();
    Audit::start(&keystore, &dir.path(), &Settings::default(), Alerts::new()).unwrap();
    let key = Key::load(&keystore).unwrap().unwrap();
    assert_eq!(verify(&dir.path(), &key).unwrap().records, 0);
}

#[tokio::test]
async fn a_full_file_that_changed_its_length_is_refused() {
    let dir = Dir::new();
    fill(&dir.open_with(THREE_RECORDS), 1..=3).await;
    let full = dir.path().join("audit.000001.jsonl");
    let content = fs::read(&full).unwrap();
    fs::write(&full, &content[..content.len() - 1]).unwrap();
    let error = dir.open_error();
    assert!(
        error.contains("audit.000001.jsonl: the file has"),
        "{error}"
    );
    fs::write(&full, [&content[..], b"{}\n"].concat()).unwrap();
    let error = dir.open_error();
    assert!(
        error.contains("audit.000001.jsonl: record 3 is not where the head says"),
        "{error}"
    );
    fs::write(&full, &content).unwrap();
    fs::write(dir.path().join("audit.000002.jsonl"), b"{}\n").unwrap();
    let error = dir.open_error();
    assert!(
        error.contains("audit.000002.jsonl: this file is not part of the log"),
        "{error}"
    );
}
