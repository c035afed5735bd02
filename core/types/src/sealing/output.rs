//! What steps of sealing put out.

use crate::Cid;
use crate::object;

/// The commitments of a sector (Lotus `storiface.SectorCids`); `null` where the step failed.
#[object]
#[derive(Copy, Eq, Hash)]
pub struct SectorCids {
    /// To its data (CommD).
    pub unsealed: Option<Cid>,
    /// To its replica (CommR).
    pub sealed: Option<Cid>,
}

/// The commitments of a sector after a snap deal put data in it (Lotus
/// `storiface.ReplicaUpdateOut`); `null` where the step failed.
#[object]
#[derive(Copy, Eq, Hash)]
pub struct ReplicaUpdateOut {
    /// To the new replica (CommR).
    pub new_sealed: Option<Cid>,
    /// To the new data (CommD).
    pub new_unsealed: Option<Cid>,
}

/// Where a piece begins (Lotus `api.SectorOffset`).
#[object]
#[derive(Copy, Eq, Hash)]
pub struct SectorOffset {
    /// The sector's number.
    pub sector: u64,
    /// Bytes from the sector's beginning, padding included.
    pub offset: u64,
}

/// A range of a sector's data (Lotus `storiface.Range`), in bytes without padding.
#[object]
#[derive(Copy, Eq, Hash)]
pub struct UnpaddedRange {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
}
