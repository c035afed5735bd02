//! What grows with the chain's length.

use std::path::Path;
use std::time::{Duration, Instant};

use lotus_core::types::{Cid, Message, TokenAmount};
use serde_json::{Value, json};

use super::daemon::Daemon;
use super::report::Report;
use super::statistics::{Sample, millis, thousands};
use super::{headers, long};

const EPOCHS: [i64; 3] = [100, 10_000, 1_000_000];
/// How many epochs of each chain are executed at its begin, and at its end; those between them are
/// added by [`headers::extend`].
const EXECUTED: i64 = 90;
const LAST: i64 = 10;
/// The length of the chain that shows what an epoch costs. The HAMTs of its state have their depth.
const MADE: i64 = 5_000;
const CALLS: usize = 500;
const STARTS: usize = 10;
const TRANSFERS: usize = 50;

pub(crate) fn measure(lotus: &Path, report: &Report, short: bool) {
    let lengths = &EPOCHS[..if short { 2 } else { 3 }];
    let columns: Vec<_> = lengths
        .iter()
        .map(|epochs| {
            let column = column(lotus, *epochs);
            println!("{epochs} epochs: {column:?}");
            column
        })
        .collect();
    let mut table = format!(
        "Chains of so many tipsets. The first {EXECUTED} are executed, every other with a transfer, as \
         where blocks are made on demand, and so are the last {LAST}; the others are blocks without \
         messages that name the state of the last of the first, put into the store as they are: to execute a million would take hours \
         and more than 10 GB. Medians; calls one at a time over HTTP keep-alive, heights evenly over \
         the chain.\n\n|"
    );
    table += " epochs |";
    for epochs in lengths {
        table += &format!(" {} |", thousands(*epochs as f64));
    }
    table += "\n|";
    table += &"---|".repeat(lengths.len() + 1);
    for (row, (what, _)) in columns[0].iter().enumerate() {
        table += &format!("\n| {what} |");
        for column in &columns {
            table += &format!(" {} |", column[row].1);
        }
    }
    table += &format!("\n\n{}", made());
    report.part("Growth", &table);
}

/// What an epoch costs where every one is executed.
fn made() -> String {
    let repo = tempfile::TempDir::new().expect("a temporary directory");
    let start = Instant::now();
    long::make(repo.path(), MADE);
    let each = start.elapsed() / u32::try_from(MADE).unwrap_or(u32::MAX);
    format!(
        "Where all of {} epochs are executed, every other with a transfer, making one takes {} \
         without the signatures, and {} bytes of the database.",
        thousands(MADE as f64),
        millis(each),
        thousands(size(repo.path()) / MADE as f64),
    )
}

/// How many bytes the chain in `dir` has on the disk.
fn size(dir: &Path) -> f64 {
    let file = std::fs::metadata(dir.join("chain.redb"));
    file.expect("it is there").len() as f64
}

/// What is measured on a chain of one length: what, and how much.
fn column(lotus: &Path, epochs: i64) -> Vec<(&'static str, String)> {
    let repo = tempfile::TempDir::new().expect("a temporary directory");
    let datastore = repo.path().join("datastore");
    let start = Instant::now();
    let messages = long::make(&datastore, EXECUTED);
    headers::extend(&datastore, epochs - LAST);
    long::settle(&datastore, LAST);
    println!("{epochs} epochs made in {:.1?}", start.elapsed());

    let size = size(&datastore);
    drop(Daemon::start(lotus, repo.path(), &[]));
    let starts = Sample::of(STARTS, || Daemon::start(lotus, repo.path(), &[]).started);
    let daemon = Daemon::start(lotus, repo.path(), &[]);
    let idle = daemon.memory("VmRSS:");
    let mut rows = calls(&daemon, epochs, &messages);
    rows.push(("start, p50", millis(starts.percentile(50))));
    rows.push(("start, p95", millis(starts.percentile(95))));
    rows.push(("resident memory after the start", format!("{idle:.0} MB")));
    let resident = daemon.memory("VmRSS:");
    rows.push(("after these calls", format!("{resident:.0} MB")));
    rows.push(("database", format!("{:.1} MB", size / 1e6)));
    rows
}

fn calls(daemon: &Daemon, epochs: i64, messages: &[Cid]) -> Vec<(&'static str, String)> {
    let mut http = daemon.http();
    let accounts = long::addresses();
    let count = i64::try_from(CALLS).unwrap_or(i64::MAX);
    // Heights all over the chain, in an order that no cache likes.
    let height = |call: usize| {
        let call = i64::try_from(call).unwrap_or_default();
        (call * 7919 % count) * epochs / count
    };
    let account = |call: usize| accounts[call % accounts.len()];
    let unknown = |call: usize| Cid::of_dag_cbor(&call.to_be_bytes());
    let mut time = |method: &str, params: &dyn Fn(usize) -> Value| {
        let mut call = 0;
        let sample = Sample::of(CALLS, || {
            call += 1;
            http.time(method, params(call - 1))
        });
        millis(sample.percentile(50))
    };
    let rows = [
        ("`ChainHead`", time("ChainHead", &|_| json!([]))),
        (
            "`ChainGetTipSetByHeight`",
            time("ChainGetTipSetByHeight", &|call| json!([height(call), []])),
        ),
        (
            "`ChainGetTipSetAfterHeight`",
            time("ChainGetTipSetAfterHeight", &|call| {
                json!([height(call), []])
            }),
        ),
        (
            "`StateGetActor`",
            time("StateGetActor", &|call| json!([account(call), []])),
        ),
        (
            "`WalletBalance`",
            time("WalletBalance", &|call| json!([account(call)])),
        ),
        (
            "`StateSearchMsg`",
            time("StateSearchMsg", &|call| {
                json!([[], messages[call % messages.len()], -1, true])
            }),
        ),
        (
            "`StateSearchMsg`, of no message",
            time("StateSearchMsg", &|call| {
                json!([[], unknown(call), -1, true])
            }),
        ),
    ];
    let mut rows = rows.to_vec();
    let what = "a transfer, `MpoolPushMessage` to `StateWaitMsg`";
    rows.push((what, transfers(daemon, &accounts)));
    rows
}

/// How long it takes from a message to its receipt.
fn transfers(daemon: &Daemon, accounts: &[lotus_core::types::Address]) -> String {
    let mut http = daemon.http();
    let message = Message {
        from: accounts[0],
        to: accounts[1],
        value: TokenAmount::from_atto(5),
        ..Message::default()
    };
    let sample = Sample::of(TRANSFERS, || -> Duration {
        let start = Instant::now();
        let sent = http.call("MpoolPushMessage", json!([message, null]));
        let found = http.call("StateWaitMsg", json!([sent["CID"], 0, -1, true]));
        assert_eq!(found["Receipt"]["ExitCode"], 0);
        start.elapsed()
    });
    millis(sample.percentile(50))
}
