//! The scheduler of the miner's tasks.

use jsonrpsee::proc_macros::rpc;
use serde_json::Value;
use uuid::Uuid;

use crate::types::{CallId, PieceInfo, ReaderStream};
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Sealing.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Sealing {
    /// Computes the commitment of a piece, here or on a worker.
    ///
    /// `size` is that of the data in bytes, without padding.
    #[method(name = "ComputeDataCid", perm = admin)]
    async fn compute_data_cid(&self, size: u64, data: ReaderStream) -> Result<PieceInfo, Error>;

    /// Gives a running task up, as far as the miner is concerned; the worker may go on with it.
    ///
    /// An error if the task is not known or not running.
    #[method(name = "SealingAbort", perm = admin)]
    async fn sealing_abort(&self, call: CallId) -> Result<(), Error>;

    /// Drops a task that waits for a worker. `request` is its id in the scheduler
    /// ([`sealing_sched_diag`](SealingClient::sealing_sched_diag) shows it).
    #[method(name = "SealingRemoveRequest", perm = admin)]
    async fn sealing_remove_request(&self, request: Uuid) -> Result<(), Error>;

    /// Returns the state of the scheduler, in a form that is for people.
    ///
    /// With `schedule` it assigns tasks first.
    #[method(name = "SealingSchedDiag", perm = admin)]
    async fn sealing_sched_diag(&self, schedule: bool) -> Result<Value, Error>;
}
