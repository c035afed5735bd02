//! What is between a CAR file and its reader: limits to what a section and what compression may
//! become, and a count that tells an end from a file that was cut off.

use std::cell::Cell;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::rc::Rc;

use super::source::Counted;

/// The first bytes of a frame of Zstandard, and those of a frame that its readers skip; snapshots
/// begin with either.
const ZSTD: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
const SKIPPED: [u8; 3] = [0x2A, 0x4D, 0x18];

/// The largest section, in bytes: the limit of go-car. A block of Filecoin is smaller than a fourth
/// of it.
pub(super) const LARGEST: u64 = 8 * 1024 * 1024;

/// What compression may become: so many bytes, and so many times what it was. Chains become three
/// times as large, and a genesis, which repeats itself, ten times.
const INFLATED_BYTES: u64 = 64 * 1024 * 1024;
const INFLATED_TIMES: u64 = 100;

/// How much is read at once.
const BUFFER: usize = 128 * 1024;

/// A reader that counts what has been read of the current section.
pub(super) struct Sections<R> {
    reader: R,
    /// The first byte of the section.
    start: u64,
    read: u64,
    limit: u64,
    ended: bool,
}

impl<R: Read> Sections<R> {
    pub(super) fn new(reader: R) -> Sections<R> {
        Sections {
            reader,
            start: 0,
            read: 0,
            limit: LARGEST,
            ended: false,
        }
    }

    /// The next byte begins a section, which may have so many bytes.
    pub(super) fn begin(&mut self, limit: u64) {
        self.start = self.start.saturating_add(self.read);
        self.read = 0;
        self.limit = limit;
    }

    /// The first byte of the section, counted from 0 and after decompression.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// How many bytes of the section have been read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Whether there is nothing more.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }
}

impl<R: Read> Read for Sections<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.limit.saturating_sub(self.read);
        if left == 0 && !buffer.is_empty() {
            let why = format!("it would be larger than {} bytes", self.limit);
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let read = match self.reader.read(&mut buffer[..most]) {
            Ok(read) => read,
            // The library would take it for the end of the file.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                self.ended = true;
                return Err(io::Error::other("it is cut off"));
            }
            Err(error) => return Err(error),
        };
        self.ended |= read == 0 && most > 0;
        self.read += read as u64;
        Ok(read)
    }
}

/// Undoes the compression, if there is one: that is told by the content, not by a name.
pub(super) fn decompressed(file: Counted) -> io::Result<Box<dyn Read>> {
    let compressed = file.count();
    let (start, file) = peeked(file, ZSTD.len() + 1)?;
    let skipped = start.len() > 4 && start[0] & 0xF0 == 0x50 && start[1..4] == SKIPPED;
    let file = BufReader::with_capacity(BUFFER, file);
    if start.starts_with(&ZSTD) || skipped {
        let inflated = Inflated {
            decoder: zstd::stream::read::Decoder::with_buffer(file)?,
            compressed,
            bytes: 0,
        };
        return Ok(Box::new(BufReader::with_capacity(BUFFER, inflated)));
    }
    Ok(Box::new(file))
}

/// The first bytes, as many as there are up to `most`, and a reader that still has them.
pub(super) fn peeked<R: Read>(mut reader: R, most: usize) -> io::Result<(Vec<u8>, impl Read)> {
    let mut start = Vec::with_capacity(most);
    reader.by_ref().take(most as u64).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}

/// What was compressed, unless it is a bomb.
struct Inflated<R> {
    decoder: R,
    /// How many bytes of the file have been read.
    compressed: Rc<Cell<u64>>,
    bytes: u64,
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.bytes = self.bytes.saturating_add(read as u64);
        let most = self.compressed.get().saturating_mul(INFLATED_TIMES);
        if self.bytes > most.max(INFLATED_BYTES) {
            let why = format!(
                "it becomes more than {INFLATED_TIMES} times as large when it is decompressed, \
                 which no chain does"
            );
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        Ok(read)
    }
}
