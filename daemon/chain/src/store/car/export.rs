//! CAR files out.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use fvm_ipld_car::{Block, CarHeader, CarWriter};
use lotus_types::TipSet;

use super::links::Walk;
use crate::store::{ChainStore, StoreError, tipsets};

/// What to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// Of how many epochs before the head there are states, receipts and events. The state of the
    /// genesis is always there, and so are all headers.
    pub recent_epochs: i64,
    /// Whether messages of older epochs are left out.
    pub skip_old_messages: bool,
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many blocks were written.
    pub blocks: u64,
    /// How many bytes of blocks they have, before compression.
    pub bytes: u64,
    /// The epoch that was written last; the chain is walked from its head to the genesis.
    pub epoch: i64,
}

impl ChainStore {
    /// Writes the chain that ends with `head` as a CAR file (version 1) whose roots are the head's
    /// blocks (Lotus `ChainExport`). `progress` is called for every tipset.
    ///
    /// # Errors
    /// A block is not here, or `writer` fails.
    pub fn export(
        &self,
        head: &TipSet,
        export: Export,
        writer: impl Write,
        progress: &mut dyn FnMut(Exported),
    ) -> Result<Exported, StoreError> {
        let roots: Vec<_> = head.cids().iter().map(|cid| *cid.inner()).collect();
        let mut car = CarWriter::new(CarHeader::from(roots), writer).map_err(failed)?;
        let mut done = Exported::default();
        let mut write = |done: &mut Exported, cid: cid::Cid, data: Vec<u8>| {
            done.blocks += 1;
            done.bytes += data.len() as u64;
            car.write(Block { cid, data }).map_err(failed)
        };
        let recent = head.height().saturating_sub(export.recent_epochs.max(0));
        let mut walk = Walk::of_at_most(usize::MAX);
        let mut tipset = head.clone();
        loop {
            done.epoch = tipset.height();
            let is_genesis = tipset.height() == 0;
            let is_recent = tipset.height() > recent;
            for (cid, header) in tipset.cids().iter().zip(tipset.blocks()) {
                let block = tipsets::read(&self.blocks, "block header", cid)?;
                write(&mut done, *cid.inner(), block)?;
                let mut parts = Vec::new();
                if is_recent || !export.skip_old_messages {
                    parts.push(("message", &header.messages));
                }
                if is_recent || is_genesis {
                    parts.push(("block of the state", &header.parent_state_root));
                    parts.push(("receipt", &header.parent_message_receipts));
                }
                if is_genesis {
                    // Lotus's genesis has a parent that is no block of the chain, but is there.
                    let parents = header.parents.iter().filter(|cid| {
                        self.blocks
                            .contains(cid.inner())
                            .is_ok_and(|contains| contains)
                    });
                    parts.extend(parents.map(|cid| ("parent of the genesis", cid)));
                }
                for (what, root) in parts {
                    walk.reach(&self.blocks, what, root.inner(), |cid, block| {
                        write(&mut done, cid, block)
                    })?;
                }
            }
            progress(done);
            match self.parent(&tipset)? {
                Some(parent) => tipset = (*parent).clone(),
                None => break,
            }
        }
        car.flush().map_err(failed)?;
        Ok(done)
    }
}

/// The level of compression: Zstandard's own default.
const LEVEL: i32 = 0;

impl ChainStore {
    /// Writes the chain that ends with `head` into a file, compressed if its name ends in `.zst`. The
    /// file appears when it is complete; until then, and after an error, what was there stays.
    ///
    /// # Errors
    /// As [`ChainStore::export`].
    pub fn export_to(
        &self,
        path: &Path,
        head: &TipSet,
        export: Export,
        progress: &mut dyn FnMut(Exported),
    ) -> Result<Exported, StoreError> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let wrong = |error: io::Error| StoreError::Export(format!("{}: {error}", path.display()));
        let mut file = tempfile::Builder::new()
            .prefix(".lotus-")
            .tempfile_in(directory)
            .map_err(wrong)?;
        let buffer = BufWriter::with_capacity(128 * 1024, file.as_file_mut());
        let done = if path.extension().is_some_and(|extension| extension == "zst") {
            let mut encoder = zstd::stream::write::Encoder::new(buffer, LEVEL).map_err(wrong)?;
            encoder.include_checksum(true).map_err(wrong)?;
            let done = self.export(head, export, &mut encoder, progress)?;
            encoder
                .finish()
                .and_then(|mut buffer| buffer.flush())
                .map_err(wrong)?;
            done
        } else {
            let mut buffer = buffer;
            let done = self.export(head, export, &mut buffer, progress)?;
            buffer.flush().map_err(wrong)?;
            done
        };
        file.as_file().sync_all().map_err(wrong)?;
        file.persist(path).map_err(|error| wrong(error.error))?;
        let synced = fs::File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(wrong)?;
        Ok(done)
    }
}

fn failed(error: fvm_ipld_car::Error) -> StoreError {
    StoreError::Export(error.to_string())
}
