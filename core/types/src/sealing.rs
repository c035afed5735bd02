//! Sealing: sectors on their way to the chain, as a miner's process keeps them.

mod batch;
mod call;
mod numbers;
mod output;
mod remote;
mod sector;
mod state;
mod task;

pub use batch::{CommitBatchResult, PreCommitBatchResult};
pub use call::{CallError, CallErrorCode, CallId};
pub use numbers::NumAssignerMeta;
pub use output::{ReplicaUpdateOut, SectorCids, SectorOffset, UnpaddedRange};
pub use remote::{HttpHeader, RemoteSectorMeta, SectorLocation};
pub use sector::{SealRandomness, SealedRef, SectorInfo, SectorLog};
pub use state::SectorState;
pub use task::{TaskType, TaskTypes};
