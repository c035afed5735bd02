//! What is between a CAR file and its reader: a limit to the size of a section, and a count that
//! tells an end from a file that was cut off.

use std::io::{self, BufRead, BufReader, Read};

/// The first bytes of a frame of Zstandard, and those of a frame that its readers skip; snapshots
/// begin with either.
const ZSTD: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
const SKIPPED: [u8; 3] = [0x2A, 0x4D, 0x18];

/// The largest section, in bytes: the limit of go-car. A block of Filecoin is smaller than a fourth
/// of it.
const LARGEST: u64 = 8 * 1024 * 1024;

/// A reader that counts what has been read of the current section.
pub(super) struct Sections<R> {
    reader: R,
    read: u64,
}

impl<R: Read> Sections<R> {
    pub(super) fn new(reader: R) -> Sections<R> {
        Sections { reader, read: 0 }
    }

    /// The next byte begins a section.
    pub(super) fn begin(&mut self) {
        self.read = 0;
    }

    /// How many bytes of the section have been read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }
}

impl<R: Read> Read for Sections<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = LARGEST.saturating_sub(self.read);
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a section is larger than {LARGEST} bytes"),
            ));
        }
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let read = self.reader.read(&mut buffer[..most]).map_err(|error| {
            match error.kind() {
                // The library would take it for the end of the file.
                io::ErrorKind::UnexpectedEof => io::Error::other("it is cut off"),
                _ => error,
            }
        })?;
        self.read += read as u64;
        Ok(read)
    }
}

/// Undoes the compression, if there is one: that is told by the content, not by a name.
pub(super) fn decompressed<'a>(file: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut file = BufReader::with_capacity(128 * 1024, file);
    let start = file.fill_buf()?;
    let skipped = start.len() > 4 && start[0] & 0xF0 == 0x50 && start[1..4] == SKIPPED;
    if start.starts_with(&ZSTD) || skipped {
        let decoder = zstd::stream::read::Decoder::with_buffer(file)?;
        return Ok(Box::new(BufReader::with_capacity(128 * 1024, decoder)));
    }
    Ok(Box::new(file))
}
