//! Running `lotus` and `lotus-miner` in a home directory that nobody else uses.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One of the two programs, and where its repo is.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) binary: &'static str,
    pub(crate) repo_variable: &'static str,
}

pub(crate) const LOTUS: Program = Program {
    binary: env!("CARGO_BIN_EXE_lotus"),
    repo_variable: "LOTUS_PATH",
};
pub(crate) const LOTUS_MINER: Program = Program {
    binary: env!("CARGO_BIN_EXE_lotus-miner"),
    repo_variable: "LOTUS_MINER_PATH",
};

/// A home directory with a place for a repo. Both are gone when it is dropped.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    program: Program,
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new(program: Program) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            program,
        }
    }

    /// As [`Home::new`], on a disk in memory if there is one: a process that is killed takes nothing
    /// from the kernel, so it tells as much as another, and much sooner.
    pub(crate) fn in_memory(program: Program) -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self {
            dir: dir.unwrap(),
            program,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.path().join("repo")
    }

    /// The program with an environment that holds nothing but its home and its repo.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(self.program.binary);
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .env(self.program.repo_variable, self.repo())
            .current_dir(self.path());
        command
    }

    /// Runs a command line, split at spaces, to its end.
    pub(crate) fn run(&self, line: &str) -> Said {
        said(&mut self.command(line.split_whitespace()))
    }

    /// As [`Home::run`], with something to read on stdin.
    pub(crate) fn run_with_stdin(&self, line: &str, stdin: &str) -> Said {
        let mut command = self.command(line.split_whitespace());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(stdin.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap().into()
    }
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    command.stdin(Stdio::null()).output().unwrap().into()
}

impl From<std::process::Output> for Said {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    /// The result of a command that must have succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The JSON result of a command that must have succeeded.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// The text behind `ERROR: ` of a command that must have failed, with nothing on stdout.
    #[track_caller]
    pub(crate) fn error(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:?}");
        let (_, error) = self.stderr.rsplit_once("ERROR: ").unwrap();
        error
            .strip_suffix("\n\n")
            .expect("a blank line ends an error")
            .to_owned()
    }
}
