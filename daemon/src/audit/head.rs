//! The head: how far the log certainly goes, sealed, so that a missing tail is noticed.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::chain::{self, Key, Seal, hex};
use crate::repo::write_atomic;

/// A larger file is no head. A real one has about 250 bytes.
const MAX_SIZE: u64 = 4096;

/// The last record that was durable when the head was written. What follows it is in the log only
/// as far as it got there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// That record's number; 0 if the log is empty.
    pub(super) seq: u64,
    /// The number of the file that it is in.
    pub(super) file: u64,
    /// Where in that file its line ends, in bytes.
    pub(super) offset: u64,
    /// Its seal.
    #[serde(with = "hex")]
    pub(super) last: Seal,
    /// Where the log begins, if retention has removed what was before.
    #[serde(default, skip_serializing_if = "Start::is_first")]
    pub(super) start: Start,
}

/// Where a log begins. What was before it was removed by the log itself, whose size or age is
/// bounded; only who has the key can say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Start {
    /// The number of the first file.
    pub(super) file: u64,
    /// The last record before it; 0 if there is none.
    pub(super) seq: u64,
    /// That record's seal.
    #[serde(with = "hex")]
    pub(super) last: Seal,
}

impl Start {
    /// Of a log from which nothing was removed.
    const FIRST: Start = Start {
        file: 1,
        seq: 0,
        last: chain::GENESIS,
    };

    fn is_first(&self) -> bool {
        *self == Start::FIRST
    }
}

impl Default for Start {
    fn default() -> Start {
        Start::FIRST
    }
}

/// What the head's file holds.
#[derive(Debug)]
pub(super) enum Read {
    /// A head that was written with this key.
    Valid(Head),
    /// There is no such file.
    Missing,
    /// Something else.
    Forged,
}

impl Head {
    /// Of a log without records.
    pub(super) const EMPTY: Head = Head {
        seq: 0,
        file: 1,
        offset: 0,
        last: chain::GENESIS,
        start: Start::FIRST,
    };

    /// Where the head of the log in `dir` is.
    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join("head")
    }

    pub(super) fn read(dir: &Path, key: &Key) -> io::Result<Read> {
        let path = Head::path(dir);
        match path.metadata() {
            Ok(metadata) if metadata.is_file() && metadata.len() <= MAX_SIZE => {}
            Ok(_) => return Ok(Read::Forged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Read::Missing),
            Err(error) => return Err(error),
        }
        let bytes = std::fs::read(path)?;
        let head = bytes
            .strip_suffix(b"\n")
            .filter(|line| key.check(line, &chain::HEAD).is_some())
            .and_then(|line| serde_json::from_slice(line).ok());
        Ok(head.map_or(Read::Forged, Read::Valid))
    }

    /// Replaces the head of the log in `dir`. It is durable when this returns, and so is what else
    /// happened to the directory.
    pub(super) fn write(&self, dir: &Path, key: &Key) -> io::Result<()> {
        let mut line = serde_json::to_vec(self).expect("strings and integers serialise");
        key.seal(&mut line, 0, &chain::HEAD);
        write_atomic(&Head::path(dir), &line, 0o600)
    }
}
