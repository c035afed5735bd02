//! How much room there is.

use crate::object;

/// The room in a storage path (Lotus `fsutil.FsStat`), in bytes.
#[object]
#[derive(Copy, Eq, Hash)]
pub struct FsStat {
    /// The size of the file system.
    pub capacity: i64,
    /// What sectors may still take.
    pub available: i64,
    /// What is free on the file system.
    #[serde(rename = "FSAvailable")]
    pub fs_available: i64,
    /// What is promised to sectors that are being written.
    pub reserved: i64,
    /// What sectors may take in all; 0 is no limit.
    pub max: i64,
    /// What sectors take.
    pub used: i64,
}

/// How a storage path is (Lotus `storiface.HealthReport`).
#[object]
#[derive(Eq, Hash)]
pub struct HealthReport {
    /// The room in it.
    pub stat: FsStat,
    /// Why it cannot be used; empty if it can.
    pub err: String,
}
