//! Workers of a miner: what they have, and what they do.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{CallId, SectorId, TaskType};
use crate::{go, object};

/// A worker's machine (Lotus `storiface.WorkerInfo`).
#[object]
pub struct WorkerInfo {
    /// Its name.
    pub hostname: String,
    /// Whether tasks are given to it without regard to what they need.
    pub ignore_resources: bool,
    /// What it has.
    pub resources: WorkerResources,
}

/// What a worker's machine has, and what tasks take of it (Lotus `storiface.WorkerResources`).
/// Memory is in bytes.
#[object]
pub struct WorkerResources {
    /// Memory.
    pub mem_physical: u64,
    /// Memory that other programs use.
    pub mem_used: u64,
    /// Swap space.
    pub mem_swap: u64,
    /// Swap space in use.
    pub mem_swap_used: u64,
    /// Logical CPUs.
    #[serde(rename = "CPUs")]
    pub cpus: u64,
    /// The names of its GPUs.
    #[nil]
    #[serde(rename = "GPUs")]
    pub gpus: Vec<String>,
    /// What each kind of task takes, for each way of sealing (go-state-types
    /// `abi.RegisteredSealProof`).
    #[nil]
    pub resources: BTreeMap<TaskType, BTreeMap<i64, TaskResources>>,
}

/// What a task takes (Lotus `storiface.Resources`). Memory is in bytes.
#[object]
pub struct TaskResources {
    /// Memory that must be physical.
    pub min_memory: u64,
    /// Memory, swap included.
    pub max_memory: u64,
    /// GPUs, or the part of one.
    #[serde(rename = "GPUUtilization", serialize_with = "go::float")]
    #[schemars(with = "f64")]
    pub gpu_utilization: f64,
    /// CPUs; -1 is all, 0 as many as there are threads to one core complex.
    pub max_parallelism: i64,
    /// CPUs when a GPU is used; 0 is as without one.
    #[serde(rename = "MaxParallelismGPU")]
    pub max_parallelism_gpu: i64,
    /// Memory that all tasks of the kind on a machine share.
    pub base_min_memory: u64,
    /// How many such tasks a machine runs at once; 0 is no limit.
    pub max_concurrent: i64,
}

/// How a worker is doing (Lotus `storiface.WorkerStats`).
#[object]
pub struct WorkerStats {
    /// Its machine.
    pub info: WorkerInfo,
    /// The kinds of tasks that it takes.
    #[nil]
    pub tasks: Vec<TaskType>,
    /// Whether it is given tasks.
    pub enabled: bool,
    /// Bytes of physical memory that its tasks take.
    pub mem_used_min: u64,
    /// Bytes of memory, swap included, that its tasks take.
    pub mem_used_max: u64,
    /// GPUs that its tasks use.
    #[serde(serialize_with = "go::float")]
    #[schemars(with = "f64")]
    pub gpu_used: f64,
    /// CPUs that its tasks use.
    pub cpu_use: u64,
    /// How many tasks of a kind it runs: the key is the task's name and that of the sector's size.
    #[nil]
    pub task_counts: BTreeMap<String, i64>,
}

/// A task of a worker (Lotus `storiface.WorkerJob`).
#[object]
#[derive(Eq, Hash)]
pub struct WorkerJob {
    /// The call that it answers.
    #[serde(rename = "ID")]
    pub id: CallId,
    /// The sector that it works on.
    pub sector: SectorId,
    /// Its kind.
    pub task: TaskType,
    /// 0 while it runs; from 1 on, its place among those that wait; -1 while its result is awaited
    /// after a restart, -2 when that has been returned, -3 when it is done.
    pub run_wait: i64,
    /// When it was started or assigned.
    #[required]
    pub start: Timestamp,
    /// The machine, where it is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hostname: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_a_worker_that_is_gone_has_no_host() {
        let json = r#"{"ID":{"Sector":{"Miner":1000,"Number":1},"ID":"00000000-0000-0000-0000-000000000000"},"Sector":{"Miner":1000,"Number":1},"Task":"seal/v0/commit/2","RunWait":-1,"Start":"2020-11-12T09:22:07Z"}"#;
        let job: WorkerJob = serde_json::from_str(json).unwrap();
        assert_eq!((job.task.clone(), job.run_wait), (TaskType::Commit2, -1));
        assert_eq!(serde_json::to_string(&job).unwrap(), json);
    }

    #[test]
    fn resources_are_keyed_by_task_and_proof() {
        let json = r#"{"Resources":{"seal/v0/addpiece":{"8":{"GPUUtilization":0.5}}}}"#;
        let resources: WorkerResources = serde_json::from_str(json).unwrap();
        let add_piece = &resources.resources[&TaskType::AddPiece][&8];
        assert_eq!(add_piece.gpu_utilization, 0.5);
        let written = serde_json::to_string(add_piece).unwrap();
        assert!(written.contains(r#""GPUUtilization":0.5,"MaxParallelism":0"#));
    }
}
