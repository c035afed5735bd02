//! The worker's storage paths.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;

use crate::types::{SectorId, StorageId};
use crate::{Error, permissioned};

/// Lotus `api/api_worker.go`, group Storage.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Storage {
    /// Deletes all files of a sector that the worker has.
    #[method(name = "Remove", perm = admin)]
    async fn remove(&self, sector: SectorId) -> Result<(), Error>;

    /// Opens a storage path of the worker's machine, and records it in `storage.json`.
    ///
    /// `path` is the directory; an error if it has no `sectorstore.json`.
    #[method(name = "StorageAddLocal", perm = admin)]
    async fn storage_add_local(&self, path: String) -> Result<(), Error>;

    /// Takes all storage paths of the worker out of the miner's index, until it is restarted.
    #[method(name = "StorageDetachAll", perm = admin)]
    async fn storage_detach_all(&self) -> Result<(), Error>;

    /// Closes a storage path of the worker's machine, and removes it from `storage.json` and the
    /// index. Its files stay. `path` is the directory.
    #[method(name = "StorageDetachLocal", perm = admin)]
    async fn storage_detach_local(&self, path: String) -> Result<(), Error>;

    /// Lists the directories of the worker's storage paths.
    #[method(name = "StorageLocal", perm = admin)]
    async fn storage_local(&self) -> Result<BTreeMap<StorageId, String>, Error>;

    /// Looks through a storage path of the worker, or all if `null`, and tells the miner's index
    /// what is there.
    ///
    /// With `drop_missing` the index also forgets what is not.
    #[method(name = "StorageRedeclareLocal", perm = admin)]
    async fn storage_redeclare_local(
        &self,
        storage: Option<StorageId>,
        drop_missing: bool,
    ) -> Result<(), Error>;
}
