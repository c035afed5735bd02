//! The log on disk: appending, making durable, rotating, and what a start finds.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Settings;
use super::chain::{Key, Seal};
use super::head::Head;
use super::read::{self, CURRENT, Line, Lines, ReadError, Tampering, rotated};
use super::record::Record;
use super::verify::{check_files, read_head};

mod retention;

/// The end of a log, to which records are appended.
#[derive(Debug)]
pub(super) struct Log {
    dir: PathBuf,
    key: Key,
    settings: Settings,
    /// The head as it is on the disk.
    head: Head,
    /// When it was last looked for files that are too many or too old.
    expired: Instant,
    /// The current file; `None` until there is something to write in it.
    file: Option<File>,
    /// Its number.
    number: u64,
    /// How much of it is durable and under the head.
    durable: u64,
    /// What follows: kept until it is durable too, so that it can be written again.
    pending: Vec<u8>,
    /// How much of that is in the file.
    written: usize,
    /// The last record, pending or not.
    seq: u64,
    seal: Seal,
}

impl Log {
    /// Begins a log in `dir`, which is made if it is missing. A log without records is begun anew.
    pub(super) fn create(dir: &Path, key: Key, settings: &Settings) -> io::Result<Log> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Head::EMPTY.write(dir, &key)?;
        Ok(Log::after(dir, key, settings, Head::EMPTY))
    }

    /// Whether there are records in `dir`.
    pub(super) fn has_records(dir: &Path) -> io::Result<bool> {
        match fs::metadata(dir.join(CURRENT)) {
            Ok(current) if current.len() > 0 => return Ok(true),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match read::rotated_numbers(dir) {
            Ok(numbers) => Ok(!numbers.is_empty()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn after(dir: &Path, key: Key, settings: &Settings, head: Head) -> Log {
        Log {
            dir: dir.to_owned(),
            key,
            settings: settings.clone(),
            expired: Instant::now(),
            file: None,
            number: head.file,
            durable: head.offset,
            pending: Vec::new(),
            written: 0,
            seq: head.seq,
            seal: head.last,
            head,
        }
    }

    /// Opens the log in `dir` and finds its end: the records up to the head, which are there or it
    /// is an error, and what was written after it as far as that is a chain. What follows is cut
    /// off and kept in a file of its own; its length is returned.
    ///
    /// Only the part after the head is read. `verify` reads all.
    pub(super) fn open(dir: &Path, key: Key, settings: &Settings) -> Result<(Log, u64), ReadError> {
        let head = read_head(dir, &key)?;
        remove_unfinished(dir).map_err(ReadError::io(dir))?;
        let numbers = read::rotated_numbers(dir).map_err(ReadError::io(dir))?;
        check_files(dir, &head, &numbers)?;
        // A file is full only once it is under the head, to its end.
        let last = numbers.last().copied().unwrap_or(0);
        if last > head.file {
            let path = rotated(dir, last);
            return Err(ReadError::tampered(path, None, Tampering::ForeignFile));
        }
        let mut log = Log::after(dir, key, settings, head);
        if last == log.number {
            let path = rotated(dir, last);
            let length = path.metadata().map_err(ReadError::io(&path))?.len();
            if length != log.durable {
                return Err(ReadError::tampered(path, None, log.short_or_long(length)));
            }
            log.number += 1;
            log.durable = 0;
        }
        let cut = log.open_current()?;
        log.expire();
        Ok((log, cut))
    }

    fn short_or_long(&self, length: u64) -> Tampering {
        match length < self.durable {
            true => Tampering::Shorter {
                bytes: length,
                head: self.durable,
            },
            false => Tampering::NotAsSealed { seq: self.seq },
        }
    }

    fn open_current(&mut self) -> Result<u64, ReadError> {
        let path = self.dir.join(CURRENT);
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            // `check_files` has found that none is needed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(ReadError::io(&path)(error)),
        };
        let length = file.metadata().map_err(ReadError::io(&path))?.len();
        if length < self.durable {
            return Err(ReadError::tampered(path, None, self.short_or_long(length)));
        }
        let cut = self
            .recover(&mut file, length)
            .map_err(ReadError::io(&path))?;
        self.file = Some(file);
        Ok(cut)
    }

    /// Takes over what follows the head, and cuts off what is no record.
    fn recover(&mut self, file: &mut File, length: u64) -> io::Result<u64> {
        file.seek(SeekFrom::Start(self.durable))?;
        let mut lines = Lines::new(file.try_clone()?);
        while let Line::Complete(line) = lines.next()? {
            let Some(seal) = self.key.check(line, &self.seal) else {
                break;
            };
            self.pending.extend_from_slice(line);
            self.pending.push(b'\n');
            self.seal = seal;
            self.seq += 1;
            if self.pending.len() > 1 << 20 {
                self.adopt(file)?;
            }
        }
        self.adopt(file)?;
        let cut = length - self.durable;
        if cut > 0 {
            let kept = self.dir.join(format!("cut-{}", self.seq + 1));
            let mut kept = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(kept)?;
            file.seek(SeekFrom::Start(self.durable))?;
            io::copy(&mut (&mut *file).take(cut), &mut kept)?;
            kept.sync_all()?;
            file.set_len(self.durable)?;
            file.sync_all()?;
        }
        Ok(cut)
    }

    /// Makes records durable that an earlier process has written.
    fn adopt(&mut self, file: &File) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        file.sync_data()?;
        self.seal_pending()
    }

    /// Appends a record. It is in memory only.
    pub(super) fn append(&mut self, record: &mut Record) {
        self.seq += 1;
        self.seal = record.write(self.seq, &self.key, &self.seal, &mut self.pending);
    }

    /// Whether the current file should be ended by [`Log::commit`] before more is appended.
    pub(super) fn is_full(&self) -> bool {
        self.durable + self.pending.len() as u64 >= self.settings.file_limit()
    }

    /// Writes what was appended. From here on it survives the death of the process.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.written == self.pending.len() {
            return Ok(());
        }
        let file = match &self.file {
            Some(file) => file,
            None => {
                let file = OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .mode(0o600)
                    .open(self.dir.join(CURRENT))?;
                // The file, and the rename that made room for it.
                File::open(&self.dir)?.sync_all()?;
                self.file.insert(file)
            }
        };
        // At its place, not at the end: after a failure the same bytes go there again.
        let place = self.durable + self.written as u64;
        file.write_all_at(&self.pending[self.written..], place)?;
        self.written = self.pending.len();
        Ok(())
    }

    /// Makes what was appended durable and moves the head there. From here on it survives the loss
    /// of power, and cannot be removed unnoticed. Begins a new file if this one is full.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        self.flush()?;
        if let (Some(file), false) = (&self.file, self.pending.is_empty()) {
            if let Err(error) = file.sync_data() {
                // The kernel may have dropped what it could not write.
                self.written = 0;
                return Err(error);
            }
            self.seal_pending()?;
        }
        if self.durable >= self.settings.file_limit() {
            self.rotate()?;
            self.expire();
        } else if self.expired.elapsed() >= retention::INTERVAL {
            self.expire();
        }
        Ok(())
    }

    /// Moves the head behind what is pending.
    fn seal_pending(&mut self) -> io::Result<()> {
        let durable = self.durable + self.pending.len() as u64;
        let head = Head {
            seq: self.seq,
            file: self.number,
            offset: durable,
            last: self.seal,
            start: self.head.start.clone(),
        };
        head.write(&self.dir, &self.key)?;
        self.head = head;
        self.durable = durable;
        self.pending.clear();
        self.written = 0;
        Ok(())
    }

    /// Gives the current file its number. The next one is made when there is something to write.
    fn rotate(&mut self) -> io::Result<()> {
        let full = rotated(&self.dir, self.number);
        if fs::exists(&full)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(self.dir.join(CURRENT), full)?;
        self.file = None;
        self.number += 1;
        self.durable = 0;
        Ok(())
    }
}

/// Removes what replacing the head left behind when the process was killed.
fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(".lotus-") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
