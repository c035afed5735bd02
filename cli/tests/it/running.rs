//! A daemon that is running for the length of a test.

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::{Home, LOTUS, LOTUS_MINER, Said};

/// How long anything may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon, killed when it is dropped if it has not ended by then.
pub(crate) struct Running {
    child: Child,
    /// What it printed when it was ready.
    pub(crate) banner: Value,
}

/// A home in which `lotus daemon` is running, on a free port, with an empty wallet.
pub(crate) fn node() -> (Home, Running) {
    let home = Home::new(LOTUS);
    let node = Running::start(&home, "daemon --api 0 --accounts 0");
    (home, node)
}

/// A home in which `lotus daemon` is running, on a free port, with two accounts that have funds.
pub(crate) fn network() -> (Home, Running) {
    let home = Home::new(LOTUS);
    let node = Running::start(&home, "daemon --api 0 --accounts 2");
    (home, node)
}

/// A home in which `lotus-miner run` is running, on a free port.
pub(crate) fn miner() -> (Home, Running) {
    let home = Home::new(LOTUS_MINER);
    home.run("init").ok();
    let miner = Running::start(&home, "run --miner-api 0");
    (home, miner)
}

impl Running {
    /// Starts a daemon and waits until it says that it is ready.
    pub(crate) fn start(home: &Home, line: &str) -> Self {
        Self::spawn(home.command(line.split_whitespace()))
    }

    /// As [`Running::start`], with a command that somebody has prepared.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command
            .args(["--output", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let banner = bounded(move || {
            serde_json::Deserializer::from_reader(stdout)
                .into_iter::<Value>()
                .next()
        });
        match banner {
            Some(Ok(banner)) => Self { child, banner },
            other => {
                let _ = child.kill();
                let mut log = String::new();
                child
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut log)
                    .unwrap();
                panic!("the daemon is not ready: {other:?}\n{log}");
            }
        }
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.banner[key].as_str().unwrap()
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> SocketAddr {
        let (_, rest) = self.text("url").split_once("//").unwrap();
        rest.split_once('/').unwrap().0.parse().unwrap()
    }

    /// The most memory that it has had, in MiB.
    pub(crate) fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib: u64 = line
            .unwrap()
            .split_whitespace()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        kib / 1024
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(self) {}

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end. The log is in `stderr`.
    pub(crate) fn finished(mut self) -> Said {
        let mut stderr = self.child.stderr.take().unwrap();
        let log = bounded(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).map(|_| log)
        });
        let status = self.child.wait().unwrap();
        Said {
            code: status.code(),
            stdout: String::new(),
            stderr: log.unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does something that may block, and fails the test when it blocks for too long.
pub(crate) fn bounded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(PATIENCE).expect("done in time")
}
