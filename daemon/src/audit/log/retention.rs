//! What a log removes of itself: its oldest full files, when it is too long or they are too old.
//!
//! The head says first where the log begins from now on, so that a removal by the log can be told
//! from one by somebody else; then the files go. A crash in between leaves files that the log no
//! longer counts, and the next look removes them.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::super::head::{Head, Start};
use super::super::read::{self, CURRENT, Line, Lines, MAX_LINE, rotated};
use super::super::record::Record;
use super::Log;

/// How often it is looked for files that are too old, at most.
pub(super) const INTERVAL: Duration = Duration::from_secs(3600);

impl Log {
    /// Removes the oldest full files while the log is longer than it may become, or they are older.
    /// A failure is logged and keeps them: recording is what matters.
    pub(super) fn expire(&mut self) {
        self.expired = Instant::now();
        if let Err(error) = self.remove_oldest() {
            tracing::warn!(target: "audit", %error, "old files of the audit log are kept");
        }
    }

    fn remove_oldest(&mut self) -> io::Result<()> {
        let start = self.new_start()?;
        if start != self.head.start {
            let records = start.seq - self.head.start.seq;
            let head = Head {
                start,
                ..self.head.clone()
            };
            head.write(&self.dir, &self.key)?;
            self.head = head;
            tracing::info!(target: "audit", records, "the oldest files of the audit log are removed");
        }
        let gone = read::rotated_numbers(&self.dir)?;
        for number in gone.range(..self.head.start.file) {
            fs::remove_file(rotated(&self.dir, *number))?;
        }
        Ok(())
    }

    /// Where the log should begin.
    fn new_start(&self) -> io::Result<Start> {
        let mut start = self.head.start.clone();
        let (bound, age) = (self.settings.max_size, self.settings.max_age);
        if bound == 0 && age.is_zero() {
            return Ok(start);
        }
        let mut total = self.settings.file_limit();
        for number in start.file..self.number {
            // One that somebody has removed must not be passed over: it would never be missed.
            total += rotated(&self.dir, number).metadata()?.len();
        }
        // The file with the record that the head names stays: a start looks for it.
        while start.file < self.head.file {
            let last = last_record(&rotated(&self.dir, start.file))?;
            let too_long = bound > 0 && total > bound;
            let too_old = !age.is_zero()
                && Duration::try_from(Timestamp::now().duration_since(last.time))
                    .is_ok_and(|passed| passed > age);
            if !too_long && !too_old {
                break;
            }
            if !self.is_followed(start.file, &last)? {
                let file = rotated(&self.dir, start.file);
                let why = format!("{} does not end as it did", file.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            total -= rotated(&self.dir, start.file).metadata()?.len();
            start = Start {
                file: start.file + 1,
                seq: last.seq,
                last: last.seal,
            };
        }
        Ok(start)
    }

    /// Whether the first record after file `number` is chained to `last`.
    fn is_followed(&self, number: u64, last: &Record) -> io::Result<bool> {
        let next = match number + 1 == self.number {
            true => self.dir.join(CURRENT),
            false => rotated(&self.dir, number + 1),
        };
        Ok(match Lines::new(File::open(next)?).next()? {
            Line::Complete(line) => self.key.check(line, &last.seal).is_some(),
            _ => false,
        })
    }
}

/// The last record of a full file.
fn last_record(path: &Path) -> io::Result<Record> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(MAX_LINE + 1);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let end = end.strip_suffix(b"\n").unwrap_or(&end);
    let line = end.rsplit(|byte| *byte == b'\n').next();
    serde_json::from_slice(line.unwrap_or_default()).map_err(|_| {
        let why = format!("{} does not end in a record", path.display());
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}
