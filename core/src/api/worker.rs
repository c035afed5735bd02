//! What a worker of a miner serves (Lotus `api/api_worker.go`). It is Lotus's `lotus-worker` that
//! does; the miner is its client.

pub mod management;
pub mod proving;
pub mod sealing;
pub mod storage;
