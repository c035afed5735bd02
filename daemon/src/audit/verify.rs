//! Whether a log is as it was written, from its first record to its head and beyond.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::chain::{Key, Seal};
use super::head::{self, Head};
use super::read::{self, CURRENT, Line, Lines, ReadError, Tampering, rotated};
use super::record::{Record, Verdict};

/// What a log holds that is as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Summary {
    /// How many records.
    pub records: u64,
    /// How many there were before them, in files that the log itself has removed because of its
    /// bounds.
    pub removed: u64,
    /// In how many files.
    pub files: u64,
    /// When the first one was recorded.
    pub first: Option<Timestamp>,
    /// When the last one was recorded.
    pub last: Option<Timestamp>,
    /// How many more calls there were, by the log's own words, while it could not be written.
    pub lost: u64,
    /// How many of the records follow the head: written, and not yet durable. Whether more of these
    /// were removed cannot be known. 0 after a regular shutdown.
    pub unsealed: u64,
    /// How many bytes of an unfinished record are at the end, after the head: what a crash leaves.
    /// The next start cuts them off.
    pub torn: u64,
}

/// Verifies the log in `dir` (`<repo>/audit`): that no record was changed, removed, inserted or
/// reordered, and that no file and no tail is missing. A daemon may append to it meanwhile.
///
/// What cannot be found: a change by somebody who has the key, and a whole directory that was put
/// back to an earlier state, head and all. Both need a copy of the log elsewhere.
///
/// # Errors
/// [`ReadError::Tampered`] says in which file and line, and what; [`ReadError::Io`] if a file cannot
/// be read.
pub fn verify(dir: &Path, key: &Key) -> Result<Summary, ReadError> {
    // First: what it names is in the files already.
    let mut head = read_head(dir, key)?;
    loop {
        let start = head.start.file;
        let result = walk(dir, key, head);
        if result.is_ok() {
            return result;
        }
        // A daemon may have removed old files meanwhile; it has said so before.
        head = read_head(dir, key)?;
        if head.start.file <= start {
            return result;
        }
    }
}

fn walk(dir: &Path, key: &Key, head: Head) -> Result<Summary, ReadError> {
    let numbers = read::rotated_numbers(dir).map_err(ReadError::io(dir))?;
    check_files(dir, &head, &numbers)?;

    let mut number = head.start.file;
    let mut walk = Walk {
        dir,
        key,
        seal: head.start.last,
        summary: Summary {
            removed: head.start.seq,
            ..Summary::default()
        },
        head,
    };
    while let Some((path, file)) = read::open(dir, number)? {
        // A daemon may make it a full one now and begin another; all that the head named is in it.
        let last = path.ends_with(CURRENT);
        walk.file(number, path, Lines::new(file))?;
        number += 1;
        if last {
            break;
        }
    }
    walk.finish(number)
}

/// The head of the log in `dir`.
pub(super) fn read_head(dir: &Path, key: &Key) -> Result<Head, ReadError> {
    let path = Head::path(dir);
    match Head::read(dir, key).map_err(ReadError::io(&path))? {
        head::Read::Valid(head) => Ok(head),
        head::Read::Missing => Err(ReadError::tampered(path, None, Tampering::HeadMissing)),
        head::Read::Forged => Err(ReadError::tampered(path, None, Tampering::HeadForged)),
    }
}

/// Whether every file is there that the head speaks of.
pub(super) fn check_files(
    dir: &Path,
    head: &Head,
    numbers: &BTreeSet<u64>,
) -> Result<(), ReadError> {
    let last = numbers.last().copied().unwrap_or(0);
    if let Some(missing) =
        (head.start.file..head.file.max(last)).find(|number| !numbers.contains(number))
    {
        let path = rotated(dir, missing);
        return Err(ReadError::tampered(path, None, Tampering::MissingFile));
    }
    if head.offset > 0 && read::open(dir, head.file)?.is_none() {
        let current = dir.join(CURRENT);
        return Err(ReadError::tampered(current, None, Tampering::MissingFile));
    }
    Ok(())
}

/// One walk along the chain.
struct Walk<'a> {
    dir: &'a Path,
    key: &'a Key,
    head: Head,
    seal: Seal,
    summary: Summary,
}

impl Walk<'_> {
    /// The number of the last record so far.
    fn seq(&self) -> u64 {
        self.summary.removed + self.summary.records
    }

    fn file(&mut self, number: u64, path: PathBuf, mut lines: Lines) -> Result<(), ReadError> {
        self.summary.files += 1;
        let (mut line, mut offset) = (0, 0);
        loop {
            line += 1;
            let wrong = |what| Err(ReadError::tampered(path.clone(), Some(line), what));
            let expected = self.seq() + 1;
            match lines.next().map_err(ReadError::io(&path))? {
                Line::End => return Ok(()),
                Line::Complete(text) => {
                    offset += text.len() as u64 + 1;
                    if let Err(what) = self.record(text) {
                        return wrong(what);
                    }
                }
                // A crash leaves this only behind the head, in the current file.
                Line::Torn(bytes) if expected > self.head.seq && path.ends_with(CURRENT) => {
                    self.summary.torn = bytes;
                    return Ok(());
                }
                Line::Torn(_) | Line::TooLong => return wrong(Tampering::Changed { expected }),
            }
            let at = (number, offset, self.seal);
            let sealed = (self.head.file, self.head.offset, self.head.last);
            if expected == self.head.seq && at != sealed {
                return wrong(Tampering::NotAsSealed { seq: expected });
            }
        }
    }

    fn record(&mut self, line: &[u8]) -> Result<(), Tampering> {
        let expected = self.seq() + 1;
        let seal = self.key.check(line, &self.seal);
        let record: Option<Record> = serde_json::from_slice(line).ok();
        let (seal, record) = match (seal, record) {
            (Some(seal), Some(record)) if record.seq == expected => (seal, record),
            (_, Some(record)) if record.seq != expected => {
                let found = record.seq;
                return Err(Tampering::OutOfOrder { expected, found });
            }
            _ => return Err(Tampering::Changed { expected }),
        };
        self.seal = seal;
        self.summary.records += 1;
        self.summary.first.get_or_insert(record.time);
        self.summary.last = Some(record.time);
        if record.verdict == Verdict::Lost {
            self.summary.lost += record.count.unwrap_or(0);
        }
        Ok(())
    }

    /// After the last file, which is the one before `next`.
    fn finish(mut self, next: u64) -> Result<Summary, ReadError> {
        let (last, head) = (self.seq(), self.head.seq);
        if last < head {
            let path = match rotated(self.dir, next.saturating_sub(1)) {
                full if full.exists() => full,
                _ => self.dir.join(CURRENT),
            };
            let what = Tampering::MissingTail { last, head };
            return Err(ReadError::tampered(path, None, what));
        }
        self.summary.unsealed = last - head;
        Ok(self.summary)
    }
}
