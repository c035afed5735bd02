//! A process that a test kills: the program of the test itself, run again for one test only, which is
//! the child's work. It says `ack …` of everything that is done and may not be lost.

use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Resource, Rlimit};

const PLACE: &str = "LOTUS_TEST_CHILD_PLACE";
const RUN: &str = "LOTUS_TEST_CHILD_RUN";

/// How long a child may take for its next line.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the test `name` as a child that works in `place`.
fn command(name: &str, place: &Path, run: u64) -> Command {
    let program = std::env::current_exe().unwrap();
    // `sh` replaces itself with the test. Where a limit is set, writing beyond it is an error
    // instead of a signal.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(program)
        .args(["--exact", "--nocapture", "--test-threads=1", name])
        .env(PLACE, place)
        .env(RUN, run.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// If this process is a child: where it works, and which one it is.
pub(crate) fn task() -> Option<(PathBuf, u64)> {
    let place = std::env::var_os(PLACE)?;
    Some((place.into(), std::env::var(RUN).ok()?.parse().ok()?))
}

/// The child says what is done.
pub(crate) fn ack(done: impl Display) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "ack {done}").unwrap();
    stdout.flush().unwrap();
}

/// What a child has said is done. The first line follows the name of the test.
fn acked(line: &str) -> Option<&str> {
    line.split_once("ack ").map(|(_, done)| done)
}

/// Runs a child until it ends by itself, and returns what it said was done.
pub(crate) fn finish(name: &str, place: &Path) -> Vec<String> {
    let output = command(name, place, 0).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    let acks = stdout.lines().filter_map(acked);
    acks.map(str::to_owned).collect()
}

/// A child that works for ever.
pub(crate) struct Child {
    process: std::process::Child,
    acks: mpsc::Receiver<String>,
    reader: JoinHandle<()>,
}

impl Child {
    pub(crate) fn start(name: &str, place: &Path, run: u64) -> Child {
        let mut process = command(name, place, run).spawn().unwrap();
        let (send, acks) = mpsc::channel();
        let stdout = process.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                if let Some(done) = acked(&line)
                    && send.send(done.to_owned()).is_err()
                {
                    return;
                }
            }
        });
        Child {
            process,
            acks,
            reader,
        }
    }

    /// Kills it when it has said `count` times that something is done and counted to `spins`, which
    /// is some way into the next. Returns everything that it said.
    pub(crate) fn kill_after(self, count: usize, spins: u32) -> Vec<String> {
        self.kill_when(|acks| acks.len() >= count, spins)
    }

    /// As [`Child::kill_after`], when what it has said is enough.
    pub(crate) fn kill_when(
        mut self,
        enough: impl Fn(&[String]) -> bool,
        spins: u32,
    ) -> Vec<String> {
        let mut acks = Vec::new();
        while !enough(&acks) {
            acks.push(self.acks.recv_timeout(PATIENCE).expect("the child works"));
        }
        std::hint::black_box((0..spins).fold(0, |sum: u32, n| std::hint::black_box(sum ^ n)));
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.reader.join().unwrap();
        acks.extend(self.acks.try_iter());
        acks
    }
}

/// Makes the disk of this process as small as that: no file grows beyond `bytes`.
pub(crate) fn limit_files(bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: rustix::process::getrlimit(Resource::Fsize).maximum,
    };
    rustix::process::setrlimit(Resource::Fsize, limit).unwrap();
}
