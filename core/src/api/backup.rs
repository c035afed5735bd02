//! Backups of a daemon's own records.

use jsonrpsee::proc_macros::rpc;

use crate::{Error, permissioned};

/// Lotus `api/api_full.go` and `api/api_storage.go`, group Backup.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Backup {
    /// Writes a backup of the daemon's metadata to a file on its own disk. An error unless
    /// `LOTUS_BACKUP_BASE_PATH` is set where the daemon runs, and the file lies below it.
    #[method(name = "CreateBackup", perm = admin)]
    async fn create_backup(&self, file: String) -> Result<(), Error>;
}
