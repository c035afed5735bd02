//! The workers of the miner.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;
use uuid::Uuid;

use crate::types::{WorkerJob, WorkerStats};
use crate::{Error, permissioned};

/// Lotus `api/api_storage.go`, group Worker.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Worker {
    /// Tells the miner to connect to a worker, which serves at `url`.
    #[method(name = "WorkerConnect", perm = admin, retry)]
    async fn worker_connect(&self, url: String) -> Result<(), Error>;

    /// Lists the tasks of each worker, by the worker's id. The nil UUID stands for tasks of workers
    /// that are not connected.
    #[method(name = "WorkerJobs", perm = admin)]
    async fn worker_jobs(&self) -> Result<BTreeMap<Uuid, Vec<WorkerJob>>, Error>;

    /// Returns how each worker is doing, by the worker's id.
    #[method(name = "WorkerStats", perm = admin)]
    async fn worker_stats(&self) -> Result<BTreeMap<Uuid, WorkerStats>, Error>;
}
