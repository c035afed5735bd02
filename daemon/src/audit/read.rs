//! The files of a log, and the lines in them.

use std::collections::{BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::record::Record;

/// The file that records are appended to. When it is full it becomes [`rotated`].
pub(super) const CURRENT: &str = "audit.jsonl";

/// The longest line, in bytes. A record's texts are bounded well below it.
pub(super) const MAX_LINE: u64 = 64 * 1024;

/// Why a log cannot be read, or what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log is not as it was written.
    #[error(
        "the audit log was tampered with or damaged: {file}{at}: {what}",
        file = file.display(),
        at = line.map(|line| format!(":{line}")).unwrap_or_default()
    )]
    Tampered {
        /// In which file.
        file: PathBuf,
        /// In which line of it, from 1, if it is about a line.
        line: Option<u64>,
        /// What is wrong.
        what: Tampering,
    },
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Tampering {
    /// The line is nothing that a log holds.
    #[error("this line is no record")]
    NoRecord,
    /// The line is not one that this log could have written.
    #[error("record {expected} was expected; this line was changed or inserted")]
    Changed {
        /// The record that belongs here.
        expected: u64,
    },
    /// The line says that it is another record than belongs here.
    #[error(
        "record {expected} was expected and this is record {found}; records were removed, \
         inserted or reordered"
    )]
    OutOfOrder {
        /// The record that belongs here.
        expected: u64,
        /// The record that is here, by its own words.
        found: u64,
    },
    /// The log ends before its head.
    #[error("the log ends with record {last}, and record {head} was written; its tail is missing")]
    MissingTail {
        /// The last record that is there.
        last: u64,
        /// The last record that the head knows of.
        head: u64,
    },
    /// A file ends before its head.
    #[error("the file has {bytes} bytes, and {head} were written; its tail is missing")]
    Shorter {
        /// How many are there.
        bytes: u64,
        /// How many the head knows of.
        head: u64,
    },
    /// A whole file is gone.
    #[error("this file of the log is missing")]
    MissingFile,
    /// A file is there that the log has not reached yet.
    #[error("this file is not part of the log")]
    ForeignFile,
    /// The record that the head names is not the one at that place.
    #[error("record {seq} is not where the head says, or not the one that it names")]
    NotAsSealed {
        /// The head's record.
        seq: u64,
    },
    /// The head is gone.
    #[error("the head of the log is missing, so records may be missing at its end")]
    HeadMissing,
    /// The head was not written with this key.
    #[error("the head of the log was changed, or it was written with another key")]
    HeadForged,
}

impl ReadError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> ReadError {
        move |source| ReadError::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn tampered(file: PathBuf, line: Option<u64>, what: Tampering) -> ReadError {
        ReadError::Tampered { file, line, what }
    }
}

/// The path of file `number` once it is full. Numbers count from 1.
pub(super) fn rotated(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("audit.{number:06}.jsonl"))
}

/// The numbers of the full files in `dir`.
pub(super) fn rotated_numbers(dir: &Path) -> io::Result<BTreeSet<u64>> {
    let mut numbers = BTreeSet::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix("audit."))
            .and_then(|name| name.strip_suffix(".jsonl"))
            .and_then(|number| number.parse().ok());
        // Only as it is written: `+1`, or `01` is somebody else's file.
        numbers.extend(number.filter(|number| rotated(dir, *number).ends_with(&name)));
    }
    Ok(numbers)
}

/// Opens file `number`, whether it is full or the current one, and says under which path. `None` if
/// there is no such file. A daemon may rotate meanwhile.
pub(super) fn open(dir: &Path, number: u64) -> Result<Option<(PathBuf, File)>, ReadError> {
    let full = rotated(dir, number);
    let current = dir.join(CURRENT);
    loop {
        if let Some(file) = open_if_there(&full)? {
            return Ok(Some((full, file)));
        }
        let file = open_if_there(&current)?;
        // While the full file is not there, nothing but it is the current one.
        if !fs::exists(&full).map_err(ReadError::io(&full))? {
            return Ok(file.map(|file| (current, file)));
        }
    }
}

fn open_if_there(path: &Path) -> Result<Option<File>, ReadError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError::io(path)(error)),
    }
}

/// One line of a file.
pub(super) enum Line<'a> {
    /// Complete, without its line feed.
    Complete(&'a [u8]),
    /// Longer than any record.
    TooLong,
    /// The file ends within it, after so many bytes.
    Torn(u64),
    /// There is none.
    End,
}

/// The lines of one file.
#[derive(Debug)]
pub(super) struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    /// The lines from the file's position on.
    pub(super) fn new(file: File) -> Lines {
        Lines {
            file: BufReader::with_capacity(256 * 1024, file),
            line: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> io::Result<Line<'_>> {
        self.line.clear();
        let mut limited = (&mut self.file).take(MAX_LINE);
        let read = limited.read_until(b'\n', &mut self.line)?;
        Ok(match self.line.split_last() {
            None => Line::End,
            Some((b'\n', line)) => Line::Complete(line),
            Some(_) if read as u64 == MAX_LINE => Line::TooLong,
            Some(_) => Line::Torn(read as u64),
        })
    }
}

/// The records of a log, file by file. They are not verified; see [`verify`](super::verify()).
#[derive(Debug)]
pub struct Records {
    dir: PathBuf,
    number: u64,
    /// Whether to stop at the end of this file.
    only: bool,
    line: u64,
    open: Option<(PathBuf, Lines)>,
    done: bool,
}

/// The records of the log in `dir` (`<repo>/audit`), from the first one.
///
/// # Errors
/// The directory cannot be read. Each record may be an error: an unreadable file, or a line that is
/// no record. It is the last item then.
pub fn records(dir: &Path) -> Result<Records, ReadError> {
    let numbers = rotated_numbers(dir).map_err(ReadError::io(dir))?;
    Ok(Records::new(
        dir,
        numbers.first().copied().unwrap_or(1),
        false,
    ))
}

/// The last `count` records of the log in `dir` (`<repo>/audit`), oldest first.
///
/// # Errors
/// The log cannot be read, or a line of a file that was read is no record.
pub fn tail(dir: &Path, count: usize) -> Result<Vec<Record>, ReadError> {
    let numbers = rotated_numbers(dir).map_err(ReadError::io(dir))?;
    let mut number = numbers.last().copied().unwrap_or(0) + 1;
    let mut kept: VecDeque<Record> = VecDeque::new();
    loop {
        let mut older = VecDeque::new();
        for record in Records::new(dir, number, true) {
            older.push_back(record?);
            if older.len() + kept.len() > count {
                older.pop_front();
            }
        }
        older.append(&mut kept);
        kept = older;
        number -= 1;
        if kept.len() >= count || !numbers.contains(&number) {
            return Ok(kept.into());
        }
    }
}

impl Records {
    fn new(dir: &Path, number: u64, only: bool) -> Records {
        Records {
            dir: dir.to_owned(),
            number,
            only,
            line: 0,
            open: None,
            done: false,
        }
    }

    fn step(&mut self) -> Result<Option<Record>, ReadError> {
        loop {
            let (path, lines) = match &mut self.open {
                Some(open) => open,
                None => match open(&self.dir, self.number)? {
                    Some((path, file)) => {
                        self.line = 0;
                        self.open.insert((path, Lines::new(file)))
                    }
                    None => return Ok(None),
                },
            };
            self.line += 1;
            let current = path.ends_with(CURRENT);
            let record = match lines.next().map_err(ReadError::io(path))? {
                Line::Complete(line) => serde_json::from_slice(line).ok(),
                Line::TooLong => None,
                // Its writer is not done with it, or did not live to be.
                Line::Torn(_) if current => return Ok(None),
                Line::Torn(_) => None,
                Line::End if current || self.only => return Ok(None),
                Line::End => {
                    self.number += 1;
                    self.open = None;
                    continue;
                }
            };
            return match record {
                Some(record) => Ok(Some(record)),
                None => Err(ReadError::tampered(
                    path.clone(),
                    Some(self.line),
                    Tampering::NoRecord,
                )),
            };
        }
    }
}

impl Iterator for Records {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.step().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}
