//! Where the files of a sector are.

use super::{SectorFileType, StorageId};
use crate::object;

/// A file of a sector that is in a storage path (Lotus `storiface.Decl`).
#[object]
#[derive(Copy, Eq, Hash, PartialOrd, Ord)]
pub struct SectorDeclaration {
    /// The ID of the miner's actor.
    pub miner: u64,
    /// The sector's number.
    pub number: u64,
    /// Which of its files.
    pub sector_file_type: SectorFileType,
}

/// A storage path that has a file of a sector, or from which one can be fetched (Lotus
/// `storiface.SectorStorageInfo`). The lists are those of [`StorageInfo`](super::StorageInfo).
#[object]
#[derive(Eq, Hash)]
pub struct SectorStorageInfo {
    /// The path's id.
    #[serde(rename = "ID")]
    pub id: StorageId,
    /// Under which URLs the file can be fetched.
    #[serde(rename = "URLs")]
    pub urls: Vec<String>,
    /// Under which URLs files of the path can be fetched.
    #[serde(rename = "BaseURLs")]
    pub base_urls: Vec<String>,
    /// How much the path is preferred.
    pub weight: u64,
    /// Whether sectors may be sealed in it.
    pub can_seal: bool,
    /// Whether sealed sectors may stay in it.
    pub can_store: bool,
    /// Whether this is the file's main copy.
    pub primary: bool,
    /// The only kinds of files that may be in it; all if empty.
    #[nil]
    pub allow_types: Vec<String>,
    /// Kinds of files that may not be in it.
    #[nil]
    pub deny_types: Vec<String>,
    /// The only miners whose sectors may be in it; all if empty.
    #[nil]
    pub allow_miners: Vec<String>,
    /// Miners whose sectors may not be in it.
    #[nil]
    pub deny_miners: Vec<String>,
}
