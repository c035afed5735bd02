//! The repo's lock: one process, and one owner inside it, at a time.
//!
//! It is the lock of Lotus (`go-fs-lock`), so that Lotus's tools and this daemon exclude each other:
//! an empty file `repo.lock` under a POSIX record lock (`F_SETLK`) on the whole of it.
//!
//! POSIX locks have two traps, and both shape this file. They do not exclude within a process, so
//! there is a table of the directories this process holds. And closing *any* descriptor of the file
//! drops the process's lock, so nothing else in this program may open `repo.lock` while it is held.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::process::{Flock, FlockType, fcntl_getlk};

use super::Error;

/// The lock file's name inside the repo.
pub(super) const FILE: &str = "repo.lock";

/// How often acquiring starts again because another process released the lock in between.
const ATTEMPTS: usize = 100;

/// A held lock. Dropping it removes the file and lets go.
#[derive(Debug)]
pub(super) struct Lock {
    /// `Some` until dropped.
    file: Option<File>,
    path: PathBuf,
    _held: Held,
}

impl Lock {
    /// Takes the lock of the repo at `dir`, which must exist, without waiting.
    pub(super) fn acquire(dir: &Path) -> Result<Lock, Error> {
        let path = dir.join(FILE);
        let io = |source| Error::lock(&path, source);
        let locked = |holder| Error::Locked {
            path: dir.to_owned(),
            holder,
        };
        // Before the file is opened: closing it again would drop the lock that this process has.
        let held = Held::claim(&fs::metadata(dir).map_err(io)?).ok_or_else(|| {
            locked(Holder {
                pid: Some(std::process::id()),
                command: None,
            })
        })?;
        for _ in 0..ATTEMPTS {
            let file = open(&path).map_err(io)?;
            let opened = file.metadata().map_err(io)?;
            if opened.len() != 0 {
                return Err(Error::LockNotEmpty { path });
            }
            match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => {
                    let write = Flock::from(FlockType::WriteLock);
                    match fcntl_getlk(&file, &write).map_err(|errno| io(errno.into()))? {
                        Some(lock) => return Err(locked(Holder::of(&lock))),
                        None => continue,
                    }
                }
                Err(errno) => return Err(io(errno.into())),
            }
            // The holder before us may have removed the file after we opened it. Our lock would then
            // be on a file that the next process does not find.
            if is_at(&opened, &path) {
                return Ok(Lock {
                    file: Some(file),
                    path,
                    _held: held,
                });
            }
        }
        Err(io(io::Error::other(
            "it is being taken and released all the time",
        )))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        // Remove first, then unlock: the other way round, the file removed could be the one that
        // another process has just locked. If somebody has removed ours already, the file of that
        // name is not ours to remove. A file left behind is harmless.
        if file.metadata().is_ok_and(|ours| is_at(&ours, &self.path)) {
            let _ = fs::remove_file(&self.path);
        }
        drop(file);
        // The claim in the process's table is dropped last, after the descriptor.
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o666)
        .open(path)
}

/// Whether the open file is the one that `path` names now.
fn is_at(opened: &Metadata, path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| identity(&found) == identity(opened))
}

/// Device and inode: the same for every path that leads to a file or directory.
type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// The directories whose lock this process holds or is about to take.
static HELD: Mutex<BTreeSet<Identity>> = Mutex::new(BTreeSet::new());

/// An entry of [`HELD`], removed when dropped.
#[derive(Debug)]
struct Held(Identity);

impl Held {
    fn claim(dir: &Metadata) -> Option<Held> {
        let id = identity(dir);
        held().insert(id).then_some(Held(id))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        held().remove(&self.0);
    }
}

fn held() -> MutexGuard<'static, BTreeSet<Identity>> {
    // The set is never left half changed, so a panic elsewhere does not spoil it.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The process that holds a repo's lock, as far as it can be seen from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id; `None` if it runs where ids mean nothing here (another container, or another
    /// machine on a network file system).
    pub pid: Option<u32>,
    /// Its command line, where `/proc` tells it, shortened to one line.
    pub command: Option<String>,
}

impl Holder {
    fn of(lock: &Flock) -> Holder {
        let pid = lock
            .pid
            .and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
        Holder {
            pid,
            command: pid.and_then(command_line),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid, &self.command) {
            (Some(pid), _) if pid == std::process::id() => write!(f, "this process (pid {pid})"),
            (Some(pid), Some(command)) => write!(f, "process {pid} ({command})"),
            (Some(pid), None) => write!(f, "process {pid}"),
            (None, _) => f.write_str("a process in another container or on another machine"),
        }
    }
}

/// The most of a command line that an error shows, in characters.
const COMMAND_CHARS: usize = 200;

fn command_line(pid: u32) -> Option<String> {
    let raw = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&raw);
    let one_line: String = text
        .trim_end_matches('\0')
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(COMMAND_CHARS)
        .collect();
    (!one_line.is_empty()).then_some(one_line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    const DIR: &str = "LOTUS_TEST_LOCK_DIR";
    const ROUNDS: &str = "LOTUS_TEST_LOCK_ROUNDS";

    /// Runs the test `name` of this binary in a process of its own, where [`DIR`] makes it act.
    fn child(name: &str, dir: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                &format!("repo::lock::tests::{name}"),
                "--nocapture",
            ])
            .env(DIR, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// Starts a process that holds the lock until its standard input closes.
    fn holder(dir: &Path) -> Child {
        let mut child = child("child_that_holds", dir).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap().contains("HOLDING")),
            "the child took the lock"
        );
        child
    }

    /// The other half of [`holder`]; does nothing in an ordinary test run.
    #[test]
    fn child_that_holds() {
        let Some(dir) = std::env::var_os(DIR) else {
            return;
        };
        let lock = Lock::acquire(Path::new(&dir)).unwrap();
        println!("HOLDING");
        let _ = io::stdin().read_line(&mut String::new());
        drop(lock);
    }

    #[test]
    fn another_process_is_refused_and_the_holder_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = holder(dir.path());
        let text = Lock::acquire(dir.path()).unwrap_err().to_string();
        assert!(
            text.starts_with("repo is already locked (process is already running)"),
            "{text}"
        );
        assert!(
            text.contains(&format!("process {} (", child.id())),
            "{text}"
        );
        assert!(
            text.contains("child_that_holds"),
            "the command line: {text}"
        );

        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        assert!(
            !dir.path().join(FILE).exists(),
            "a clean release removes the file"
        );
        Lock::acquire(dir.path()).unwrap();
    }

    #[test]
    fn a_killed_holder_leaves_a_file_that_harms_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = holder(dir.path());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(dir.path().join(FILE).exists());
        Lock::acquire(dir.path()).unwrap();
    }

    #[test]
    fn the_same_process_is_refused_under_any_name_and_keeps_its_lock() {
        let dir = tempfile::tempdir().unwrap();
        let alias = dir.path().join("alias");
        std::os::unix::fs::symlink(dir.path(), &alias).unwrap();
        let lock = Lock::acquire(dir.path()).unwrap();
        let text = Lock::acquire(&alias).unwrap_err().to_string();
        assert!(
            text.contains(&format!("this process (pid {})", std::process::id())),
            "{text}"
        );

        // The refused attempt must not have dropped the lock for other processes.
        let output = child("child_that_holds", dir.path()).output().unwrap();
        assert!(!output.status.success(), "another process got the lock");
        drop(lock);
        Lock::acquire(dir.path()).unwrap();
    }

    #[test]
    fn a_file_with_content_is_not_a_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        fs::write(&path, "4711").unwrap();
        let text = Lock::acquire(dir.path()).unwrap_err().to_string();
        assert!(
            text.contains("non-zero size") && text.contains(path.to_str().unwrap()),
            "{text}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"4711");
        fs::remove_file(&path).unwrap();
        Lock::acquire(dir.path()).expect("the failed attempt left no claim behind");
    }

    #[test]
    fn a_lock_file_removed_by_hand_is_replaced_and_the_new_one_survives_our_release() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::acquire(dir.path()).unwrap();
        fs::remove_file(dir.path().join(FILE)).unwrap();
        let mut child = holder(dir.path());
        drop(lock);
        assert!(dir.path().join(FILE).exists(), "the other process's file");
        Lock::acquire(dir.path()).unwrap_err();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Takes and releases the lock again and again; holders check that they are alone.
    #[test]
    fn child_that_contends() {
        let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
            return;
        };
        let rounds: usize = std::env::var(ROUNDS).unwrap().parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut taken = 0;
        while taken < rounds {
            assert!(
                Instant::now() < deadline,
                "took the lock {taken} times only"
            );
            let Ok(_lock) = Lock::acquire(&dir) else {
                std::thread::yield_now();
                continue;
            };
            fs::create_dir(dir.join("alone")).expect("nobody else holds the lock");
            fs::remove_dir(dir.join("alone")).unwrap();
            taken += 1;
        }
    }

    #[test]
    fn removing_the_file_never_lets_two_processes_in() {
        let dir = tempfile::tempdir().unwrap();
        let children: Vec<Child> = (0..4)
            .map(|_| {
                child("child_that_contends", dir.path())
                    .env(ROUNDS, "300")
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }
}
