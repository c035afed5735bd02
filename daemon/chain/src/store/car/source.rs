//! Where a CAR comes from.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where a CAR comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, or a pipe that has a name.
    File(PathBuf),
    /// Standard input, to its end.
    Stdin,
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Source {
    fn from(path: &P) -> Source {
        Source::File(path.as_ref().to_owned())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Stdin => f.write_str("standard input"),
        }
    }
}

impl Source {
    /// Opens it, and tells its size in bytes, unless that shows only at its end.
    pub(super) fn open(&self) -> io::Result<(Counted, Option<u64>)> {
        let (reader, total): (Box<dyn Read>, _) = match self {
            Source::Stdin => (Box::new(io::stdin().lock()), None),
            Source::File(path) => {
                let file = File::open(path)?;
                let metadata = file.metadata()?;
                if metadata.is_dir() {
                    return Err(io::Error::other("it is no file but a directory"));
                }
                let total = metadata.is_file().then_some(metadata.len());
                (Box::new(file), total)
            }
        };
        let bytes = Rc::default();
        Ok((Counted { reader, bytes }, total))
    }
}

/// Counts the bytes that have been read.
pub(super) struct Counted {
    reader: Box<dyn Read>,
    bytes: Rc<Cell<u64>>,
}

impl Counted {
    /// The count, which goes on.
    pub(super) fn count(&self) -> Rc<Cell<u64>> {
        self.bytes.clone()
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.set(self.bytes.get().saturating_add(read as u64));
        Ok(read)
    }
}
