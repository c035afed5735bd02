//! A PostgreSQL server of the test's own: in a temporary directory, on a Unix socket there.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A server that ends with this value. It keeps its data while it is stopped.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    /// Whom it runs as: PostgreSQL refuses to run as root.
    user: Option<(u32, u32)>,
    dir: TempDir,
    databases: AtomicU32,
}

impl PostgresServer {
    /// Starts a server, or says on stderr that PostgreSQL is not installed and gives `None`.
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs tests must see which were skipped"
    )]
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!(
                "SKIPPED: PostgreSQL is not installed; on Debian: apt-get install postgresql"
            );
            return None;
        };
        let server = Self {
            programs,
            user: is_root().then(unprivileged_user),
            dir: TempDir::new().expect("a temporary directory"),
            databases: AtomicU32::new(0),
        };
        if let Some((user, group)) = server.user {
            std::os::unix::fs::chown(server.dir.path(), Some(user), Some(group))
                .expect("root may give its directory away");
        }
        let data = server.data();
        let data = data.to_str().expect("temporary paths are UTF-8");
        server.run("initdb", &["-D", data, "-U", "lotus", "-A", "trust", "-N"]);
        server.resume();
        Some(server)
    }

    /// A server that tests running at the same time share.
    pub fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<PostgresServer>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// The URL of a new, empty database. It has a password in it, which the server does not ask
    /// for.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("createdb", &["-h", self.socket_dir(), "-U", "lotus", &name]);
        let socket_dir = self.socket_dir().replace('/', "%2F");
        format!("postgres://lotus:hunter2@{socket_dir}/{name}")
    }

    /// Runs SQL as an operator would, and gives what it prints.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.run(
            "psql",
            &["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
        )
    }

    /// Stops the server at once, as its crash would.
    pub fn stop(&self) {
        self.control("stop", &["-m", "immediate"]);
    }

    /// Starts it again after [`stop`](Self::stop).
    pub fn resume(&self) {
        // Nobody needs these data after a crash of the machine.
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c max_connections=200",
            self.socket_dir()
        );
        let log = self.dir.path().join("log");
        let log = log.to_str().expect("temporary paths are UTF-8");
        self.control("start", &["-l", log, "-o", &options]);
    }

    /// Lets all processes of the server hang, or go on: it accepts connections and says nothing.
    ///
    /// # Errors
    /// When `/proc` does not tell which processes these are.
    pub fn hang(&self, hang: bool) -> io::Result<()> {
        let main = std::fs::read_to_string(self.data().join("postmaster.pid"))?;
        let main = main.lines().next().unwrap_or_default().to_owned();
        let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children"))?;
        let signal = if hang { Signal::STOP } else { Signal::CONT };
        for pid in std::iter::once(main.as_str()).chain(children.split_whitespace()) {
            let pid = pid.parse().ok().and_then(Pid::from_raw);
            let pid = pid.ok_or(io::ErrorKind::InvalidData)?;
            match kill_process(pid, signal) {
                // One that has just ended.
                Ok(()) | Err(rustix::io::Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn socket_dir(&self) -> &str {
        let dir = self.dir.path().to_str();
        dir.expect("temporary paths are UTF-8")
    }

    fn control(&self, action: &str, arguments: &[&str]) {
        let data = self.data();
        let data = data.to_str().expect("temporary paths are UTF-8");
        let all = [&[action, "-w", "-s", "-t", "30", "-D", data], arguments].concat();
        self.run("pg_ctl", &all);
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let result = self.try_run(program, arguments);
        result.unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    fn try_run(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        // Files rather than pipes: the server inherits them, so a pipe would never end.
        let output = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        let file = || output.reopen().map_err(|error| error.to_string());
        let mut command = Command::new(self.programs.join(program));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(file()?)
            .stderr(file()?);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        let status = command.status().map_err(|error| error.to_string())?;
        let text = std::fs::read_to_string(output.path()).unwrap_or_default();
        if status.success() {
            Ok(text)
        } else {
            Err(format!("{status}: {text}"))
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // It may have been left hanging or stopped.
        let _ = self.hang(false);
        let data = self.data();
        let data = data.to_str().unwrap_or_default();
        let _ = self.try_run(
            "pg_ctl",
            &["stop", "-w", "-s", "-m", "immediate", "-D", data],
        );
    }
}

/// Where the newest installed server's programs are.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let paths = versions.flatten().map(|entry| entry.path());
    let newest = paths
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| version(path))?;
    Some(newest.join("bin"))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// User and group of `postgres`, which the Debian package makes, else of `nobody`.
fn unprivileged_user() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres")
        .or_else(|| ids("nobody"))
        .unwrap_or((65_534, 65_534))
}
