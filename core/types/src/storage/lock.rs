//! Which files of sectors are in use.

use crate::SectorId;
use crate::object;

/// All locks on the files of sectors (Lotus `storiface.SectorLocks`).
#[object]
#[derive(Eq, Hash)]
pub struct SectorLocks {
    /// One for each sector of which a file is in use.
    pub locks: Vec<SectorLock>,
}

/// The locks on the files of one sector (Lotus `storiface.SectorLock`): for each kind of file a
/// number, in the order unsealed, sealed, cache, update, update cache, piece.
#[object]
#[derive(Eq, Hash)]
pub struct SectorLock {
    /// Which sector.
    pub sector: SectorId,
    /// Writers of each kind of file; at most 1.
    pub write: Vec<u64>,
    /// Readers of each kind of file.
    pub read: Vec<u64>,
}
