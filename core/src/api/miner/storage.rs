//! The storage paths of the miner and its workers, and the index of what is in them.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    FsStat, HealthReport, PathType, SectorDeclaration, SectorFileType, SectorId, SectorLocks,
    SectorStorageInfo, StorageId, StorageInfo,
};
use crate::{Error, Permissions, permissioned};

/// Lotus `api/api_storage.go`, group Storage.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Storage {
    /// Opens a storage path of this machine, and records it in `storage.json`.
    ///
    /// `path` is the directory; an error if it has no `sectorstore.json`.
    #[method(name = "StorageAddLocal", perm = admin)]
    async fn storage_add_local(&self, path: String) -> Result<(), Error>;

    /// Adds a storage path of the caller to the index, or updates what the index knows of it.
    #[method(name = "StorageAttach", perm = admin)]
    async fn storage_attach(&self, info: StorageInfo, stat: FsStat) -> Result<(), Error>;

    /// Checks a token (without `Bearer `) and returns the permissions that it carries.
    ///
    /// As `AuthVerify`; workers ask it before they let somebody fetch a file.
    #[method(name = "StorageAuthVerify", perm = read)]
    async fn storage_auth_verify(&self, token: String) -> Result<Permissions, Error>;

    /// Lists the storage paths that can take new files of a sector, best first.
    ///
    /// `file_types` are the files, `sector_size` is in bytes, `miner` is the ID of the miner's
    /// actor. An error if there is none.
    #[method(name = "StorageBestAlloc", perm = admin)]
    async fn storage_best_alloc(
        &self,
        file_types: SectorFileType,
        sector_size: u64,
        path_type: PathType,
        miner: u64,
    ) -> Result<Vec<StorageInfo>, Error>;

    /// Tells the index that a storage path has files of a sector.
    ///
    /// `primary` says that they are the main copy, not one that was fetched.
    #[method(name = "StorageDeclareSector", perm = admin)]
    async fn storage_declare_sector(
        &self,
        storage: StorageId,
        sector: SectorId,
        file_types: SectorFileType,
        primary: bool,
    ) -> Result<(), Error>;

    /// Removes one of a storage path's URLs from the index, and with its last one the path and all
    /// that is in it.
    #[method(name = "StorageDetach", perm = admin)]
    async fn storage_detach(&self, storage: StorageId, url: String) -> Result<(), Error>;

    /// Closes a storage path of this machine, and removes it from `storage.json` and the index.
    /// Its files stay. `path` is the directory.
    #[method(name = "StorageDetachLocal", perm = admin)]
    async fn storage_detach_local(&self, path: String) -> Result<(), Error>;

    /// Tells the index that a storage path no longer has files of a sector.
    #[method(name = "StorageDropSector", perm = admin)]
    async fn storage_drop_sector(
        &self,
        storage: StorageId,
        sector: SectorId,
        file_types: SectorFileType,
    ) -> Result<(), Error>;

    /// Lists the storage paths that have files of a sector.
    ///
    /// With `allow_fetch` also those that could fetch them, with room for `sector_size` bytes and
    /// what belongs to them.
    #[method(name = "StorageFindSector", perm = admin)]
    async fn storage_find_sector(
        &self,
        sector: SectorId,
        file_types: SectorFileType,
        sector_size: u64,
        allow_fetch: bool,
    ) -> Result<Vec<SectorStorageInfo>, Error>;

    /// Lists which files of sectors are in use.
    #[method(name = "StorageGetLocks", perm = admin)]
    async fn storage_get_locks(&self) -> Result<SectorLocks, Error>;

    /// Returns what the index knows of a storage path. An error if there is no such path.
    #[method(name = "StorageInfo", perm = admin)]
    async fn storage_info(&self, storage: StorageId) -> Result<StorageInfo, Error>;

    /// Lists what is in each storage path.
    #[method(name = "StorageList", perm = admin)]
    async fn storage_list(&self) -> Result<BTreeMap<StorageId, Vec<SectorDeclaration>>, Error>;

    /// Lists the directories of this machine's storage paths.
    #[method(name = "StorageLocal", perm = admin)]
    async fn storage_local(&self) -> Result<BTreeMap<StorageId, String>, Error>;

    /// Locks files of a sector, some for reading and some for writing, as long as the caller stays
    /// connected; waits until that is possible.
    #[method(name = "StorageLock", perm = admin)]
    async fn storage_lock(
        &self,
        sector: SectorId,
        read: SectorFileType,
        write: SectorFileType,
    ) -> Result<(), Error>;

    /// Looks through a storage path of this machine, or all if `null`, and tells the index what is
    /// there.
    ///
    /// With `drop_missing` the index also forgets what is not.
    #[method(name = "StorageRedeclareLocal", perm = admin)]
    async fn storage_redeclare_local(
        &self,
        storage: Option<StorageId>,
        drop_missing: bool,
    ) -> Result<(), Error>;

    /// Tells the index how a storage path is.
    #[method(name = "StorageReportHealth", perm = admin)]
    async fn storage_report_health(
        &self,
        storage: StorageId,
        report: HealthReport,
    ) -> Result<(), Error>;

    /// Returns the room in a storage path, asking the machine that has it.
    #[method(name = "StorageStat", perm = admin)]
    async fn storage_stat(&self, storage: StorageId) -> Result<FsStat, Error>;

    /// As [`storage_lock`](StorageClient::storage_lock), but does not wait: returns whether the
    /// files are locked now.
    #[method(name = "StorageTryLock", perm = admin)]
    async fn storage_try_lock(
        &self,
        sector: SectorId,
        read: SectorFileType,
        write: SectorFileType,
    ) -> Result<bool, Error>;
}
