//! The blocks of a CAR, one after the other, each verified; and what is wrong with one that is none.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use cid::Cid;
use fvm_ipld_car::{Block, CarReader, Error as LibraryError};

use super::section::{self, LARGEST, Sections};
use super::snapshot::Metadata;
use super::source::Source;

/// How a CAR of version 2 begins: a section of ten bytes, the map `{"version": 2}`.
const PRAGMA: [u8; 11] = *b"\x0a\xa1\x67version\x02";

/// The largest block of finality certificates, in bytes. Mainnet's have some 100 MiB, and a quarter
/// more every year.
const LARGEST_F3: u64 = 1024 * 1024 * 1024;

/// What is wrong with a CAR.
#[derive(Debug, thiserror::Error)]
pub(super) enum CarError {
    /// It cannot be opened.
    #[error("{0}")]
    Open(std::io::Error),
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// Version 2, with an index beside the blocks.
    #[error("it is a CAR of version 2; convert it to version 1")]
    Version2,
    /// Its header names no blocks.
    #[error("it names no roots, so it is no chain")]
    NoRoots,
    /// It does not begin as a CAR does.
    #[error("it is no CAR file: {0}")]
    Header(String),
    /// It ends where it should not.
    #[error("it is cut off within its block {number}, at byte {at}")]
    CutOff {
        /// Which block it is, from 1.
        number: u64,
        /// Where the block begins.
        at: u64,
    },
    /// The hash of a block is another one's.
    #[error("its block {number}, at byte {at}, is damaged: it is not what its CID says")]
    Mismatch {
        /// Which block it is, from 1.
        number: u64,
        /// Where the block begins.
        at: u64,
    },
    /// Bytes that are no block.
    #[error("what should be its block {number}, at byte {at}, cannot be read: {why}")]
    Unreadable {
        /// Which block it is, from 1.
        number: u64,
        /// Where the block begins.
        at: u64,
        /// What the library says.
        why: String,
    },
}

/// Reads a CAR to its end.
pub(super) struct Reader {
    car: CarReader<Sections<Box<dyn Read>>>,
    /// The blocks of the head.
    pub(super) head: Vec<Cid>,
    /// A block that is left out.
    aside: Option<Cid>,
    number: u64,
    bytes: Rc<Cell<u64>>,
    /// The size of the file, in bytes, unless that shows only at its end.
    pub(super) total: Option<u64>,
}

impl Reader {
    pub(super) fn open(source: &Source) -> Result<Reader, CarError> {
        let (file, total) = source.open().map_err(CarError::Open)?;
        let bytes = file.count();
        let header = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => CarError::Header("it is cut off".to_owned()),
            _ => CarError::Header(error.to_string()),
        };
        let car = section::decompressed(file).map_err(header)?;
        let (start, car) = section::peeked(car, PRAGMA.len()).map_err(header)?;
        if start.is_empty() {
            return Err(CarError::Empty);
        }
        if start == PRAGMA {
            return Err(CarError::Version2);
        }
        let car: Box<dyn Read> = Box::new(car);
        let car = CarReader::new(Sections::new(car)).map_err(|error| match error {
            LibraryError::ParsingError(why) if why == "empty CAR file" => CarError::NoRoots,
            error => CarError::Header(text(error)),
        })?;
        Ok(Reader {
            head: car.header.roots.clone(),
            car,
            aside: None,
            number: 0,
            bytes,
            total,
        })
    }

    /// The roots that the file names.
    pub(super) fn roots(&self) -> &[Cid] {
        &self.car.header.roots
    }

    /// How many bytes of the file have been read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// The next block of the chain.
    pub(super) fn next(&mut self) -> Result<Option<Block>, CarError> {
        loop {
            let limit = match self.aside {
                Some(_) => LARGEST_F3,
                None => LARGEST,
            };
            let Some(block) = self.next_within(limit)? else {
                return Ok(None);
            };
            if self.aside == Some(block.cid) {
                self.aside = None;
                continue;
            }
            if self.number == 1
                && self.roots() == [block.cid]
                && let Some(metadata) = Metadata::read(&block.data)
            {
                self.head = metadata.head_tipset_key;
                self.aside = metadata.f3_data;
            }
            return Ok(Some(block));
        }
    }

    /// The next block, if it has no more than so many bytes.
    fn next_within(&mut self, limit: u64) -> Result<Option<Block>, CarError> {
        self.number += 1;
        let number = self.number;
        self.car.reader.begin(limit);
        let next = self.car.next().transpose();
        let sections = &self.car.reader;
        let at = sections.start();
        match next {
            Ok(Some(block)) => Ok(Some(block)),
            Ok(None) if sections.read() == 0 => Ok(None),
            // The library takes the end within a section's length for the end of the file.
            Ok(None) => Err(CarError::CutOff { number, at }),
            Err(_) if sections.ended() => Err(CarError::CutOff { number, at }),
            Err(LibraryError::InvalidFile(_)) => Err(CarError::Mismatch { number, at }),
            Err(error) => {
                let why = text(error);
                Err(CarError::Unreadable { number, at, why })
            }
        }
    }
}

/// What the library says, without its repeating what it is about.
fn text(error: LibraryError) -> String {
    match error {
        LibraryError::ParsingError(why)
        | LibraryError::InvalidFile(why)
        | LibraryError::Other(why) => why,
        LibraryError::Io(error) => error.to_string(),
        LibraryError::Cbor(error) => error.to_string(),
    }
}
