//! The audit trail: who called what, when, from where, and what the gate said.
//!
//! ```text
//! <repo>/audit/                0700
//!   audit.jsonl                one JSON object per line, 0600
//!   audit.000001.jsonl         the files before it, each full
//!   head                       the last durable record, sealed
//!   cut-<seq>                  what was no record at the end of the log after a crash
//! <repo>/keystore/…            the key: entry `audit-hmac`, 32 bytes
//! ```
//!
//! Each record carries an HMAC-SHA256 over the record before it (its HMAC) and itself, across files,
//! so none can be changed, removed, inserted or reordered without the key. The head seals how far
//! the log goes, so its tail cannot be removed either. [`verify()`] says where a log is not as it was
//! written; [`tail`] and [`records`] read it.
//!
//! A record passes three points. After [`Audit::record`] it is in memory. Microseconds later it is
//! in the file and survives `kill -9`. At the latest 50 ms later, or at once when somebody awaits
//! [`Receipt::durable`], it and its head are on the disk: it survives the loss of power and its
//! removal is found.
//!
//! The log is bounded: its oldest full files are removed when it gets too long, or they too old
//! ([`Settings`]). The head says so, sealed; a file that somebody else has removed is missed.
//!
//! A disk that fails does not stop the daemon. Records are kept in memory and written when they can
//! be; those that exceed the queue are counted, and the log then says so itself
//! ([`Verdict::Lost`]).

mod chain;
mod head;
mod log;
mod queue;
mod read;
mod record;
mod verify;
mod writer;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;

use crate::alerts::Alerts;
use crate::keystore::{Keystore, KeystoreError};
use log::Log;
use queue::Queue;
use writer::Writer;

pub use chain::{Key, KeyError};
pub use read::{ReadError, Records, Tampering, records, tail};
pub use record::{Entry, Outcome, Record, Transport, Verdict};
pub use verify::{Summary, verify};

/// How a log is written.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a file gets before the next one is begun, in bytes: 64 MiB.
    pub file_size: u64,
    /// How many records may wait to be written: 8192. Beyond that, who records waits.
    pub queue: usize,
    /// How long all files together may get, in bytes: 1 GiB; 0 for no bound. Before there is more,
    /// the oldest full files are removed.
    pub max_size: u64,
    /// How old the last record of a full file may get before the file is removed; zero, the
    /// default, for any age.
    pub max_age: Duration,
}

impl Settings {
    /// How long a file gets: an eighth of all at the most, so that one that is removed is a small
    /// part.
    fn file_limit(&self) -> u64 {
        match self.max_size {
            0 => self.file_size,
            max => self.file_size.min(max / 8),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            file_size: 64 << 20,
            queue: 8192,
            max_size: 1 << 30,
            max_age: Duration::ZERO,
        }
    }
}

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The key cannot be read or stored.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There are records, and not the key that they are sealed with.
    #[error(
        "the audit log in {dir} has records, and its key (file {key} of the repo) is missing; \
         restore it from a backup, or move the directory away to begin a new log",
        dir = dir.display(), key = chain::entry_file()
    )]
    KeyMissing {
        /// The log's directory.
        dir: PathBuf,
    },
    /// The log is unreadable, or not as it was left.
    #[error(
        "{reason}; nothing was changed. Keep {dir} as evidence or restore it from a backup; to begin \
         a new log, move it and the file {key} of the repo away",
        dir = dir.display(), key = chain::entry_file()
    )]
    Log {
        /// The log's directory.
        dir: PathBuf,
        /// What is wrong.
        reason: ReadError,
    },
    /// A new log could not be made.
    #[error("cannot begin the audit log in {dir}: {source}", dir = dir.display())]
    Create {
        /// The log's directory.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A record is not durable: the disk fails, or the log was closed. It may become so later, unless
/// the log counts it as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call could not be recorded in the audit log; see the alerts (lotus log alerts)")]
pub struct NotRecorded;

/// Records were not written before the daemon ended, because the disk failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} records of the audit log could not be written")]
pub struct Unwritten(pub u64);

/// The audit log of one daemon, open for recording. The repo's lock must be held: there is one
/// writer.
pub struct Audit {
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Audit {
    /// Opens the log in `dir` (`<repo>/audit`) with the key in `keystore`, or begins it and makes
    /// its key. `alerts` gets `audit.write` while the disk fails.
    ///
    /// Only what was written after the head is checked here; a start does not read the whole log.
    ///
    /// # Errors
    /// The key is missing or unreadable, the log is unreadable or shorter than it was, or files of
    /// it are missing. Nothing is changed then.
    pub fn start(
        keystore: &Keystore,
        dir: &Path,
        settings: &Settings,
        alerts: Alerts,
    ) -> Result<Audit, OpenError> {
        if let Some(key) = Key::load(keystore)? {
            return Audit::open(dir, key, settings, alerts);
        }
        let failed = |source| OpenError::Create {
            dir: dir.to_owned(),
            source,
        };
        if Log::has_records(dir).map_err(failed)? {
            return Err(OpenError::KeyMissing {
                dir: dir.to_owned(),
            });
        }
        let (key, entry) = Key::generate();
        let log = Log::create(dir, key, settings).map_err(failed)?;
        // After the log: a start that was killed before this one leaves a log without records, which
        // is begun anew.
        keystore.put(chain::ENTRY, &entry).map_err(stored)?;
        Audit::write(log, settings, alerts).map_err(failed)
    }

    /// Opens the log in `dir` that was begun with `key`.
    ///
    /// # Errors
    /// As [`Audit::start`].
    pub fn open(
        dir: &Path,
        key: Key,
        settings: &Settings,
        alerts: Alerts,
    ) -> Result<Audit, OpenError> {
        let wrong = |reason| OpenError::Log {
            dir: dir.to_owned(),
            reason,
        };
        let (log, cut) = Log::open(dir, key, settings).map_err(wrong)?;
        let audit = Audit::write(log, settings, alerts)
            .map_err(|source| wrong(ReadError::io(dir)(source)))?;
        if cut > 0 {
            tracing::warn!(target: "audit", bytes = cut, "the audit log ended in no record");
            let record = Record::recovered(cut, Timestamp::now());
            audit.queue.push_record(record);
        }
        Ok(audit)
    }

    fn write(log: Log, settings: &Settings, alerts: Alerts) -> io::Result<Audit> {
        let queue = Arc::new(Queue::new(settings.queue));
        let writer = Writer {
            queue: queue.clone(),
            log,
            alerts,
        };
        let thread = thread::Builder::new().name("audit".to_owned());
        let thread = thread.spawn(|| writer.run())?;
        Ok(Audit {
            queue,
            writer: Mutex::new(Some(thread)),
        })
    }

    /// Records a call. Never blocks and never drops: the record is queued when this returns, so it
    /// may be called from `Drop`. Who can wait awaits [`Receipt::accepted`], the back pressure, or
    /// [`Receipt::durable`].
    pub fn record(&self, entry: Entry) -> Receipt<'_> {
        Receipt {
            queue: &self.queue,
            ticket: self.queue.push(entry),
        }
    }

    /// How many records were lost since the start, because the disk failed for so long that the
    /// queue was full, or because they came after [`Audit::close`].
    pub fn lost(&self) -> u64 {
        self.queue.lost()
    }

    /// How many attempts to write failed since the start.
    pub fn failed(&self) -> u64 {
        self.queue.failed()
    }

    /// Writes all records, makes them durable, and ends the log.
    ///
    /// # Errors
    /// The disk fails, and so many records were not written.
    pub async fn close(&self) -> Result<(), Unwritten> {
        self.queue.close();
        match self.queue.closed().await {
            0 => Ok(()),
            left => Err(Unwritten(left)),
        }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.queue.close();
        let writer = self.writer.get_mut();
        if let Some(writer) = writer.unwrap_or_else(PoisonError::into_inner).take() {
            // A panic of the writer was reported when it happened.
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit").finish_non_exhaustive()
    }
}

fn stored(error: KeystoreError) -> OpenError {
    OpenError::Key(error.into())
}

/// What [`Audit::record`] gives in return.
#[derive(Debug)]
#[must_use = "await `accepted` where it is possible: it is what keeps the queue bounded"]
pub struct Receipt<'a> {
    queue: &'a Queue,
    ticket: Option<u64>,
}

impl Receipt<'_> {
    /// Waits while more records than the queue's size are before this one. Returns at once as long
    /// as the disk keeps up.
    pub async fn accepted(self) {
        if let Some(ticket) = self.ticket {
            self.queue.accepted(ticket).await;
        }
    }

    /// Waits until the record is on the disk and under the head. It hurries the writer, so this
    /// takes about as long as the disk does; calls that wait at the same time share that.
    ///
    /// # Errors
    /// The disk fails, the record was lost, or the log is closed. It does not wait for a disk to
    /// recover.
    pub async fn durable(self) -> Result<(), NotRecorded> {
        match self.ticket {
            Some(ticket) => self.queue.durable(ticket).await,
            None => Err(NotRecorded),
        }
    }
}

#[cfg(test)]
mod tests;
