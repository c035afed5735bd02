//! From an empty directory to the first answer, and the memory that it then takes.

use std::path::Path;
use std::time::Duration;

use super::daemon::Daemon;
use super::report::Report;
use super::statistics::{Sample, millis};

const STARTS: usize = 100;

/// How long a daemon does nothing before its memory is measured.
const IDLE: Duration = Duration::from_secs(5);

pub(crate) fn measure(lotus: &Path, report: &Report) {
    let fresh = || tempfile::TempDir::new().expect("a temporary directory");
    let empty = Sample::of(STARTS, || {
        let repo = fresh();
        Daemon::start(lotus, repo.path(), &[]).started
    });
    let ephemeral = Sample::of(STARTS, || {
        let repo = fresh();
        Daemon::start(lotus, repo.path(), &["--ephemeral"]).started
    });
    let repo = fresh();
    drop(Daemon::start(lotus, repo.path(), &[]));
    let again = Sample::of(STARTS, || Daemon::start(lotus, repo.path(), &[]).started);
    let daemon = Daemon::start(lotus, repo.path(), &[]);
    std::thread::sleep(IDLE);
    let resident = daemon.memory("VmRSS:");

    let mut table = format!(
        "From the start of the process `lotus daemon` to the answer of the first `ChainHead`, {STARTS} \
         starts each. The goal is 200 ms from an empty directory.\n\n\
         | | p50 | p95 |\n|---|---|---|\n"
    );
    for (what, sample) in [
        ("an empty directory", empty),
        ("an empty directory, `--ephemeral`", ephemeral),
        ("the same repo again, after `kill -9`", again),
    ] {
        let (p50, p95) = (sample.percentile(50), sample.percentile(95));
        table += &format!("| {what} | {} | {} |\n", millis(p50), millis(p95));
    }
    table += &format!(
        "\nResident memory, after {} s without a call: {resident:.0} MB. The goal is 60 MB.",
        IDLE.as_secs()
    );
    report.part("Start", &table);
}
