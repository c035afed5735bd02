//! Storage paths: the directories in which a miner and its workers keep sectors.

mod file_type;
mod lock;
mod path;
mod sector;
mod space;

pub use file_type::SectorFileType;
pub use lock::{SectorLock, SectorLocks};
pub use path::{AcquireMode, PathType, StorageId, StorageInfo, StoragePath};
pub use sector::{SectorDeclaration, SectorStorageInfo};
pub use space::{FsStat, HealthReport};
