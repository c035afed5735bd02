//! A directory in which sectors are kept, and what may be kept in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::go;
use crate::object;
use crate::open_enum::text_enum;

/// The id of a storage path (Lotus `storiface.ID`), a UUID in its `sectorstore.json`.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct StorageId(#[serde(deserialize_with = "go::zero")] pub String);

impl std::fmt::Display for StorageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// A storage path, as the miner's index of sectors knows it (Lotus `storiface.StorageInfo`).
///
/// In the lists, kinds of files are named `unsealed`, `sealed`, `cache`, `update`, `update-cache`
/// and `piece`; miners are given by their addresses.
#[object]
#[derive(Eq, Hash)]
pub struct StorageInfo {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: StorageId,
    /// Under which URLs its files can be fetched: `http://<host>/remote`.
    #[serde(rename = "URLs")]
    pub urls: Vec<String>,
    /// How much it is preferred when a file is placed; 0 is never.
    pub weight: u64,
    /// How many bytes may be in it; 0 is no limit.
    pub max_storage: u64,
    /// Whether sectors may be sealed in it.
    pub can_seal: bool,
    /// Whether sealed sectors may stay in it.
    pub can_store: bool,
    /// The groups of paths that it is in.
    #[nil]
    pub groups: Vec<String>,
    /// The groups that may fetch from it; all if empty.
    #[nil]
    pub allow_to: Vec<String>,
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

/// A storage path, as the worker that has it sees it (Lotus `storiface.StoragePath`).
#[object]
#[derive(Eq, Hash)]
pub struct StoragePath {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: StorageId,
    /// How much it is preferred when a file is placed.
    pub weight: u64,
    /// The directory on the worker's machine.
    pub local_path: String,
    /// Whether sectors may be sealed in it.
    pub can_seal: bool,
    /// Whether sealed sectors may stay in it.
    pub can_store: bool,
}

text_enum! {
    /// What a storage path is wanted for (Lotus `storiface.PathType`).
    pub enum PathType {
        /// To keep sealed sectors.
        Storage = "storage",
        /// To seal sectors in.
        Sealing = "sealing",
    }
}

text_enum! {
    /// What becomes of the original when a file is fetched (Lotus `storiface.AcquireMode`).
    pub enum AcquireMode {
        /// It is deleted.
        Move = "move",
        /// It stays.
        Copy = "copy",
    }
}
