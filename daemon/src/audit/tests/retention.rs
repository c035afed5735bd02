//! Logs that remove their oldest files, and logs from which somebody else did.

use super::*;

/// Eight files of three records.
const MAX_SIZE: u64 = 8 * THREE_RECORDS;

fn bounded(max_size: u64, max_age: Duration) -> Settings {
    Settings {
        file_size: THREE_RECORDS,
        max_size,
        max_age,
        ..Settings::default()
    }
}

impl Dir {
    fn open_bounded(&self, max_size: u64, max_age: Duration) -> Audit {
        let settings = bounded(max_size, max_age);
        Audit::open(&self.path(), key(), &settings, Alerts::new()).unwrap()
    }

    fn size(&self) -> u64 {
        let files = self.names().into_iter().filter(|name| name != "head");
        files
            .map(|name| self.path().join(name).metadata().unwrap().len())
            .sum()
    }

    /// The oldest full file.
    fn oldest(&self) -> PathBuf {
        self.path().join(&self.names()[0])
    }
}

#[tokio::test]
async fn a_log_stays_below_its_bound_and_is_as_it_was_written() {
    let dir = Dir::new();
    for round in 0..4 {
        let audit = dir.open_bounded(MAX_SIZE, Duration::ZERO);
        fill(&audit, round * 30 + 1..=round * 30 + 30).await;
        assert!(dir.size() <= MAX_SIZE, "{} bytes", dir.size());
        let summary = dir.verify().unwrap();
        assert_eq!(summary.removed + summary.records, round * 30 + 30);
        let kept: Vec<u64> = (summary.removed + 1..=round * 30 + 30).collect();
        assert!((12..30).contains(&kept.len()), "{} records", kept.len());
        let all = records(&dir.path()).unwrap().collect::<Result<Vec<_>, _>>();
        assert_eq!(requests(all.unwrap()), kept);
        assert_eq!(requests(tail(&dir.path(), 1000).unwrap()), kept);
    }
    // Without a bound nothing more goes.
    let before = dir.verify().unwrap();
    fill(&dir.open_bounded(0, Duration::ZERO), 121..=220).await;
    let after = dir.verify().unwrap();
    assert_eq!(after.removed, before.removed);
    assert_eq!(after.records, before.records + 100);
}

#[tokio::test]
async fn what_is_too_old_goes_when_its_file_is_full() {
    let dir = Dir::new();
    fill(&dir.open_bounded(0, Duration::from_secs(3600)), 1..=10).await;
    assert_eq!(dir.verify().unwrap().removed, 0);
    fill(&dir.open_bounded(0, Duration::from_nanos(1)), 11..=20).await;
    let summary = dir.verify().unwrap();
    assert!(summary.removed >= 12, "{summary:?}");
    assert!(summary.records > 0, "{summary:?}");
}

#[tokio::test]
async fn a_file_that_somebody_else_has_removed_is_missed_and_stays_missed() {
    let dir = Dir::new();
    fill(&dir.open_bounded(MAX_SIZE, Duration::ZERO), 1..=60).await;
    let good = dir.verify().unwrap();
    assert!(good.removed > 0);
    let oldest = dir.oldest();
    let content = fs::read(&oldest).unwrap();
    fs::remove_file(&oldest).unwrap();
    let missing = |result: Result<Summary, ReadError>| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("this file of the log is missing"), "{error}");
        assert!(error.contains(oldest.to_str().unwrap()), "{error}");
    };
    missing(dir.verify());
    assert!(dir.open_error().contains("missing"));
    fs::write(&oldest, &content).unwrap();

    // Also when it goes while the log is open: it is not passed over to make room.
    let audit = dir.open_bounded(MAX_SIZE, Duration::ZERO);
    audit.record(entry(61)).durable().await.unwrap();
    fs::remove_file(&oldest).unwrap();
    fill(&audit, 62..=120).await;
    missing(dir.verify());
    fs::write(&oldest, &content).unwrap();
    let summary = dir.verify().unwrap();
    assert_eq!(summary.removed, good.removed);
    assert_eq!(summary.removed + summary.records, 120);
}

/// Otherwise the next removal would hide the change.
#[tokio::test]
async fn a_file_whose_end_was_changed_is_kept() {
    let dir = Dir::new();
    fill(&dir.open_bounded(0, Duration::ZERO), 1..=60).await;
    let oldest = dir.oldest();
    let text = fs::read_to_string(&oldest).unwrap();
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.pop();
    fs::write(&oldest, lines.concat()).unwrap();
    fill(&dir.open_bounded(MAX_SIZE, Duration::ZERO), 61..=62).await;
    assert!(oldest.exists());
    dir.verify().unwrap_err();
    fs::write(&oldest, text).unwrap();
    fill(&dir.open_bounded(MAX_SIZE, Duration::ZERO), 63..=63).await;
    assert!(!oldest.exists());
    dir.verify().unwrap();
}

#[tokio::test]
async fn files_that_a_crash_left_are_not_counted_and_go() {
    let dir = Dir::new();
    fill(&dir.open_bounded(0, Duration::ZERO), 1..=60).await;
    let oldest = dir.oldest();
    let content = fs::read(&oldest).unwrap();
    fill(&dir.open_bounded(MAX_SIZE, Duration::ZERO), 61..=61).await;
    let good = dir.verify().unwrap();
    assert!(good.removed > 0 && !oldest.exists());
    // The head was moved, and the crash came before the file was removed.
    fs::write(&oldest, content).unwrap();
    assert_eq!(dir.verify().unwrap(), good);
    fill(&dir.open_bounded(MAX_SIZE, Duration::ZERO), 62..=62).await;
    assert!(!oldest.exists());
    dir.verify().unwrap();
}
