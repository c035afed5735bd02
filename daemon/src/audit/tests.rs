//! Tests of the audit log: what is on disk, what survives, and what is found.

mod crash;
mod retention;
mod tamper;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// A file size at which a file is full after three records: they have about 290 bytes.
const THREE_RECORDS: u64 = 700;

/// A call number `n`.
pub(super) fn entry(n: u64) -> Entry {
    Entry {
        token: Some("5f0c".to_owned()),
        name: Some("curio".to_owned()),
        address: "127.0.0.1:40000".parse().unwrap(),
        transport: Transport::Ws,
        path: "/rpc/v1".into(),
        method: Some("Filecoin.WalletSign".into()),
        verdict: Verdict::Allowed,
        reason: None,
        request: Some(n.to_string()),
        outcome: Some(Outcome::Ok),
    }
}

fn key() -> Key {
    Key::from_bytes(&[42; 32])
}

/// A directory with a log that has no records yet.
struct Dir(TempDir);

impl Dir {
    fn new() -> Dir {
        let dir = Dir(tempfile::tempdir().unwrap());
        Log::create(&dir.path(), key(), &Settings::default()).unwrap();
        dir
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("audit")
    }

    fn open_with(&self, file_size: u64) -> Audit {
        let settings = Settings {
            file_size,
            ..Settings::default()
        };
        Audit::open(&self.path(), key(), &settings, Alerts::new()).unwrap()
    }

    fn open(&self) -> Audit {
        self.open_with(1 << 20)
    }

    fn open_error(&self) -> String {
        let settings = Settings::default();
        let opened = Audit::open(&self.path(), key(), &settings, Alerts::new());
        opened.unwrap_err().to_string()
    }

    fn verify(&self) -> Result<Summary, ReadError> {
        verify(&self.path(), &key())
    }

    fn current(&self) -> PathBuf {
        self.path().join("audit.jsonl")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Records these calls and closes the log.
async fn fill(audit: &Audit, calls: std::ops::RangeInclusive<u64>) {
    for n in calls {
        audit.record(entry(n)).accepted().await;
    }
    audit.close().await.unwrap();
}

fn requests(records: impl IntoIterator<Item = Record>) -> Vec<u64> {
    let number = |record: Record| record.request.unwrap().parse().unwrap();
    records.into_iter().map(number).collect()
}

#[tokio::test]
async fn a_record_is_one_line_of_json_that_only_the_owner_can_read() {
    let dir = Dir::new();
    let audit = dir.open();
    audit.record(entry(7)).durable().await.unwrap();
    let refused = Entry {
        token: None,
        name: None,
        method: None,
        verdict: Verdict::Unauthenticated,
        reason: Some("no token".into()),
        request: None,
        outcome: None,
        transport: Transport::Http,
        ..entry(0)
    };
    audit.record(refused).durable().await.unwrap();

    let text = fs::read_to_string(dir.current()).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let expected = json!({
        "seq": 1, "time": lines[0]["time"], "token": "5f0c", "name": "curio",
        "address": "127.0.0.1:40000", "transport": "ws", "path": "/rpc/v1",
        "method": "Filecoin.WalletSign", "verdict": "allowed", "reason": null, "request": "7",
        "outcome": "ok", "mac": lines[0]["mac"],
    });
    assert_eq!(lines[0], expected);
    let expected = json!({
        "seq": 2, "time": lines[1]["time"], "token": null, "name": null,
        "address": "127.0.0.1:40000", "transport": "http", "path": "/rpc/v1",
        "method": null, "verdict": "unauthenticated", "reason": "no token", "request": null,
        "outcome": null, "mac": lines[1]["mac"],
    });
    assert_eq!(lines[1], expected);
    assert_eq!(lines.len(), 2);
    let time = lines[0]["time"].as_str().unwrap();
    assert_eq!(time.len(), "2026-01-01T00:00:00.000Z".len(), "{time}");
    assert_eq!(lines[0]["mac"].as_str().unwrap().len(), 64);

    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), 0o700);
    assert_eq!(mode(dir.current()), 0o600);
    assert_eq!(mode(dir.path().join("head")), 0o600);
    assert_eq!(dir.names(), ["audit.jsonl", "head"]);
}

#[tokio::test]
async fn a_caller_s_texts_cannot_swell_the_log_or_carry_a_token_in_the_path() {
    let dir = Dir::new();
    let audit = dir.open();
    let hostile = Entry {
        path: "/rpc/v1?token=secret".into(),
        method: Some("é\n".repeat(100_000).into()),
        request: Some("\"\\\"".repeat(100_000)),
        ..entry(0)
    };
    audit.record(hostile).durable().await.unwrap();
    let [record] = &tail(&dir.path(), 9).unwrap()[..] else {
        panic!("one record")
    };
    assert_eq!(record.path.as_deref(), Some("/rpc/v1"));
    assert!(record.method.as_ref().unwrap().starts_with("é\né"));
    assert!(fs::metadata(dir.current()).unwrap().len() < 3000);
    assert_eq!(dir.verify().unwrap().records, 1);
}

#[tokio::test]
async fn full_files_get_numbers_and_the_chain_goes_on_across_them_and_starts() {
    let dir = Dir::new();
    fill(&dir.open_with(THREE_RECORDS), 1..=7).await;
    fill(&dir.open_with(THREE_RECORDS), 8..=11).await;

    let names = [
        "audit.000001.jsonl",
        "audit.000002.jsonl",
        "audit.000003.jsonl",
    ];
    assert_eq!(dir.names()[..3], names);
    assert_eq!(dir.names()[3..], ["audit.jsonl", "head"]);
    let summary = dir.verify().unwrap();
    assert_eq!(
        (summary.records, summary.files, summary.unsealed),
        (11, 4, 0)
    );
    let all: Vec<Record> = records(&dir.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(summary.first, Some(all[0].time));
    assert_eq!(summary.last, Some(all[10].time));
    assert_eq!(
        all.iter().map(|r| r.seq).collect::<Vec<_>>(),
        Vec::from_iter(1..=11)
    );
    assert_eq!(requests(all), Vec::from_iter(1..=11));
    for count in 0..=12 {
        let last = requests(tail(&dir.path(), count).unwrap());
        assert_eq!(
            last,
            Vec::from_iter(12 - count.min(11) as u64..=11),
            "{count}"
        );
    }
}

#[tokio::test]
async fn a_log_whose_last_file_is_just_full_goes_on() {
    let dir = Dir::new();
    fill(&dir.open_with(THREE_RECORDS), 1..=3).await;
    assert_eq!(dir.names(), ["audit.000001.jsonl", "head"]);
    assert_eq!(dir.verify().unwrap().records, 3);
    assert_eq!(requests(tail(&dir.path(), 2).unwrap()), [2, 3]);
    fill(&dir.open_with(THREE_RECORDS), 4..=4).await;
    assert_eq!(dir.names(), ["audit.000001.jsonl", "audit.jsonl", "head"]);
    assert_eq!(dir.verify().unwrap().records, 4);
}

#[test]
fn an_empty_log_is_in_order() {
    let dir = Dir::new();
    assert_eq!(dir.verify().unwrap(), Summary::default());
    assert_eq!(tail(&dir.path(), 5).unwrap(), []);
    drop(dir.open());
    assert_eq!(dir.verify().unwrap(), Summary::default());
}

#[test]
fn eight_threads_lose_nothing_and_keep_their_order() {
    const EACH: u64 = 5000;
    let dir = Dir::new();
    let audit = dir.open_with(4 << 20);
    let begun = Instant::now();
    thread::scope(|scope| {
        for thread in 0..8 {
            let audit = &audit;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    for n in 0..EACH {
                        audit.record(entry(thread * EACH + n)).accepted().await;
                    }
                });
            });
        }
    });
    let queued = begun.elapsed();
    drop(audit);
    let rate = |time: Duration| (8.0 * EACH as f64 / time.as_secs_f64()) as u64;
    println!(
        "queued {}/s, durable {}/s",
        rate(queued),
        rate(begun.elapsed())
    );

    assert_eq!(dir.verify().unwrap().records, 8 * EACH);
    let all = requests(records(&dir.path()).unwrap().map(Result::unwrap));
    assert_eq!(BTreeSet::from_iter(&all).len() as u64, 8 * EACH);
    for thread in 0..8 {
        let own = |n: &&u64| **n / EACH == thread;
        assert!(all.iter().filter(own).is_sorted());
    }
}

#[tokio::test]
async fn without_anybody_waiting_a_record_becomes_durable_soon() {
    let dir = Dir::new();
    let audit = dir.open();
    audit.record(entry(1)).accepted().await;
    let begun = Instant::now();
    while dir.verify().unwrap() == Summary::default() || dir.verify().unwrap().unsealed > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_log_can_be_verified_and_read_while_it_is_written_and_rotated() {
    let dir = Dir::new();
    let audit = dir.open_with(2000);
    let writing = async {
        for n in 1..=1000 {
            let receipt = audit.record(entry(n));
            match n % 50 {
                0 => receipt.durable().await.unwrap(),
                _ => receipt.accepted().await,
            }
        }
        audit.close().await.unwrap();
    };
    let reader = {
        let path = dir.path();
        thread::spawn(move || {
            loop {
                let records = verify(&path, &key()).unwrap().records;
                tail(&path, 10).unwrap();
                if records == 1000 {
                    return;
                }
            }
        })
    };
    writing.await;
    reader.join().unwrap();
}

#[tokio::test]
async fn a_disk_that_fails_stops_nobody_and_hides_nothing() {
    let dir = Dir::new();
    let alerts = Alerts::new();
    let settings = Settings {
        queue: 3,
        ..Settings::default()
    };
    let audit = Audit::open(&dir.path(), key(), &settings, alerts.clone()).unwrap();
    audit.record(entry(1)).durable().await.unwrap();

    // The head has no place any more.
    let away = dir.0.path().join("away");
    fs::rename(dir.path(), &away).unwrap();
    assert_eq!(audit.record(entry(2)).durable().await, Err(NotRecorded));
    assert!(audit.failed() >= 1);
    let [alert] = &alerts.list()[..] else {
        panic!("one alert")
    };
    assert_eq!(
        (&*alert.kind.system, &*alert.kind.subsystem),
        ("audit", "write")
    );
    assert!(alert.active);
    for n in 3..=9 {
        audit.record(entry(n)).accepted().await;
    }
    assert_eq!(audit.lost(), 4, "three of seven have room");

    fs::rename(&away, dir.path()).unwrap();
    let begun = Instant::now();
    while alerts.list()[0].active {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    audit.record(entry(10)).durable().await.unwrap();
    let summary = dir.verify().unwrap();
    assert_eq!((summary.records, summary.lost), (7, 4));
    let all: Vec<Record> = records(&dir.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!((all[5].verdict, all[5].count), (Verdict::Lost, Some(4)));
    let calls = all.into_iter().filter(|record| record.request.is_some());
    assert_eq!(requests(calls), [1, 2, 3, 4, 5, 10]);
}

#[tokio::test]
async fn closing_on_a_failed_disk_ends_and_says_what_is_missing() {
    let dir = Dir::new();
    let audit = dir.open();
    fs::rename(dir.path(), dir.0.path().join("away")).unwrap();
    for n in 1..=3 {
        audit.record(entry(n)).accepted().await;
    }
    assert_eq!(audit.close().await, Err(Unwritten(3)));
}

#[tokio::test]
async fn after_closing_nothing_is_recorded_and_that_is_said() {
    let dir = Dir::new();
    let audit = dir.open();
    fill(&audit, 1..=2).await;
    assert_eq!(audit.record(entry(3)).durable().await, Err(NotRecorded));
    assert_eq!(audit.lost(), 1);
    assert_eq!(audit.close().await, Ok(()), "again");
    assert_eq!(dir.verify().unwrap().records, 2);
}

#[tokio::test]
async fn the_key_is_made_once_and_a_log_is_not_begun_over_another() {
    let repo = tempfile::tempdir().unwrap();
    let keystore = Keystore::open(repo.path().join("keystore"), repo.path().to_owned()).unwrap();
    let dir = repo.path().join("audit");
    let start = || Audit::start(&keystore, &dir, &Settings::default(), Alerts::new());
    assert!(Key::load(&keystore).unwrap().is_none());
    fill(&start().unwrap(), 1..=1).await;
    fill(&start().unwrap(), 2..=2).await;
    let key = Key::load(&keystore).unwrap().unwrap();
    assert_eq!(verify(&dir, &key).unwrap().records, 2);
    let entry = keystore.get("audit-hmac").unwrap();
    assert_eq!(entry.key_type().as_str(), "audit-hmac");
    assert_eq!(entry.private_key().len(), 32);
    assert!(!format!("{key:?}").contains(char::is_numeric));

    keystore.delete("audit-hmac").unwrap();
    let error = start().unwrap_err();
    assert!(matches!(error, OpenError::KeyMissing { .. }), "{error}");
    keystore.put("audit-hmac", &entry).unwrap();
    fs::rename(&dir, repo.path().join("away")).unwrap();
    let error = start().unwrap_err().to_string();
    assert!(error.contains("the head of the log is missing"), "{error}");
    assert!(!dir.exists(), "nothing was begun");
}
