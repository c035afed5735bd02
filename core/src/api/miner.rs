//! What a miner's process serves beside [`common`](super::common) (Lotus `api/api_storage.go`).

pub mod actor;
pub mod market;
pub mod mining;
pub mod proving;
pub mod returns;
pub mod runtime;
pub mod sealing;
pub mod sector;
pub mod storage;
pub mod worker;
