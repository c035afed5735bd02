//! The worker itself: what it has and which tasks it takes.

use jsonrpsee::proc_macros::rpc;
use uuid::Uuid;

use crate::types::{ApiVersion, StoragePath, TaskType, TaskTypes, WorkerInfo};
use crate::{Error, permissioned};

/// Lotus `api/api_worker.go`, group WorkerMgmt.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Management {
    /// Returns whether the worker takes tasks.
    #[method(name = "Enabled", perm = admin)]
    async fn enabled(&self) -> Result<bool, Error>;

    /// Returns what the worker's machine has.
    #[method(name = "Info", perm = admin)]
    async fn info(&self) -> Result<WorkerInfo, Error>;

    /// Lists the worker's storage paths.
    #[method(name = "Paths", perm = admin)]
    async fn paths(&self) -> Result<Vec<StoragePath>, Error>;

    /// Returns an id that is constant for the life of the process.
    #[method(name = "ProcessSession", perm = admin)]
    async fn process_session(&self) -> Result<Uuid, Error>;

    /// Returns an id that changes when the worker is restarted, and when it is disabled.
    #[method(name = "Session", perm = admin)]
    async fn session(&self) -> Result<Uuid, Error>;

    /// Sets whether the worker takes tasks. Those that run go on.
    #[method(name = "SetEnabled", perm = admin)]
    async fn set_enabled(&self, enabled: bool) -> Result<(), Error>;

    /// Shuts the worker down.
    #[method(name = "Shutdown", perm = admin)]
    async fn shutdown(&self) -> Result<(), Error>;

    /// Sets that the worker takes no more tasks of a kind.
    #[method(name = "TaskDisable", perm = admin)]
    async fn task_disable(&self, task: TaskType) -> Result<(), Error>;

    /// Sets that the worker takes tasks of a kind.
    #[method(name = "TaskEnable", perm = admin)]
    async fn task_enable(&self, task: TaskType) -> Result<(), Error>;

    /// Returns the kinds of tasks that the worker takes.
    #[method(name = "TaskTypes", perm = admin)]
    async fn task_types(&self) -> Result<TaskTypes, Error>;

    /// Returns the version of the worker's API: a number, not the object that daemons return.
    #[method(name = "Version", perm = admin)]
    async fn version(&self) -> Result<ApiVersion, Error>;

    /// Waits until the worker runs no task.
    #[method(name = "WaitQuiet", perm = admin)]
    async fn wait_quiet(&self) -> Result<(), Error>;
}
