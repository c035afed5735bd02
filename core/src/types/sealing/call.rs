//! Calls to a worker: they answer at once with an id, and the result is returned under it later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::object;
use crate::types::SectorId;

/// A task that a worker has accepted (Lotus `storiface.CallID`).
#[object]
#[derive(Eq, Hash, PartialOrd, Ord)]
pub struct CallId {
    /// The sector that it works on.
    pub sector: SectorId,
    /// The task.
    #[serde(rename = "ID")]
    pub id: Uuid,
}

/// Why a task failed (Lotus `storiface.CallError`).
#[object]
#[derive(Eq, Hash)]
pub struct CallError {
    /// Whether it is worth another try.
    pub code: CallErrorCode,
    /// What went wrong.
    pub message: String,
}

/// What kind of failure a [`CallError`] is (Lotus `storiface.ErrorCode`). From 100 on the failure
/// is temporary: the task is scheduled again.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    JsonSchema,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct CallErrorCode(pub i64);

impl CallErrorCode {
    /// Nothing more is known.
    pub const UNKNOWN: Self = Self(0);
    /// Temporary, and nothing more is known.
    pub const TEMP_UNKNOWN: Self = Self(100);
    /// The worker was restarted.
    pub const TEMP_WORKER_RESTART: Self = Self(101);
    /// No storage path had room for the result.
    pub const TEMP_ALLOCATE_SPACE: Self = Self(102);

    /// Whether the task may succeed when it is tried again.
    pub const fn is_temporary(self) -> bool {
        self.0 >= Self::TEMP_UNKNOWN.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_from_100_on_are_temporary() {
        let error: CallError = serde_json::from_str(r#"{"Code":101,"Message":"m"}"#).unwrap();
        assert_eq!(error.code, CallErrorCode::TEMP_WORKER_RESTART);
        assert!(error.code.is_temporary());
        assert!(!CallErrorCode::UNKNOWN.is_temporary());
    }
}
