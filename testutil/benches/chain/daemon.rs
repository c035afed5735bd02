//! The real program, in a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::rpc::{self, Http};

/// Builds the program, and returns where it is.
pub(crate) fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--locked",
            // As the README builds it, so that it is not built once more.
            "--workspace",
            "--bin",
            "lotus",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "cannot build lotus"
    );
    let own = std::env::current_exe().expect("this program has a path");
    own.ancestors()
        .nth(2)
        .expect("target/release/deps")
        .join("lotus")
}

/// A running daemon, killed when it is dropped.
pub(crate) struct Daemon {
    process: Child,
    pub(crate) socket: SocketAddr,
    pub(crate) token: String,
    /// From the start of the process to the first answered `ChainHead`.
    pub(crate) started: Duration,
}

impl Daemon {
    pub(crate) fn start(lotus: &Path, repo: &Path, flags: &[&str]) -> Self {
        // What the last one left behind, which was killed.
        let _ = std::fs::remove_file(repo.join("api"));
        let start = Instant::now();
        let process = Command::new(lotus)
            .arg("--repo")
            .arg(repo)
            .args(["daemon", "--api", "0"])
            .args(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut daemon = Self {
            process,
            socket: ([127, 0, 0, 1], 0).into(),
            token: String::new(),
            started: Duration::ZERO,
        };
        loop {
            let waited = start.elapsed();
            assert!(waited < Duration::from_secs(300), "it does not start");
            if daemon.answers(repo) {
                daemon.started = start.elapsed();
                return daemon;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Whether it has answered `ChainHead`.
    fn answers(&mut self, repo: &Path) -> bool {
        let read = |name: &str| std::fs::read_to_string(repo.join(name)).ok();
        let (Some(address), Some(token)) = (read("api"), read("token")) else {
            return false;
        };
        let port = address.split('/').nth(4).and_then(|port| port.parse().ok());
        let Some(port) = port else {
            return false;
        };
        self.socket.set_port(port);
        self.token = token;
        let head = rpc::request("ChainHead", json!([]));
        let answer = Http::connect(self.socket, &self.token).and_then(|mut http| http.send(&head));
        answer.is_ok_and(|answer| rpc::result(&answer)["Height"].is_i64())
    }

    pub(crate) fn http(&self) -> Http {
        Http::connect(self.socket, &self.token).expect("it listens")
    }

    /// A line of `/proc/<pid>/status`, in MB of 10^6 bytes: `VmRSS` is what is resident, `VmHWM` the
    /// most that has been.
    pub(crate) fn memory(&self, line: &str) -> f64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let value = status.lines().find_map(|text| text.strip_prefix(line));
        let kib = value.and_then(|value| value.split_whitespace().next());
        let kib: f64 = kib.and_then(|kib| kib.parse().ok()).unwrap_or_default();
        kib * 1024.0 / 1e6
    }

    /// The time that all its threads have spent on the processors, in steps of 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = std::fs::read_to_string(path).expect("it runs");
        // After the name of the program, which is in parentheses: user and system time.
        let numbers = stat.rsplit(')').next().unwrap_or_default();
        let ticks = numbers.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}
