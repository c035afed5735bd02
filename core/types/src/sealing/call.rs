//! Calls to a worker: they answer at once with an id, and the result is returned under it later.

use uuid::Uuid;

use crate::SectorId;
use crate::object;
use crate::open_enum::int_enum;

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

int_enum! {
    /// What kind of failure a [`CallError`] is (Lotus `storiface.ErrorCode`).
    pub enum CallErrorCode: i64 {
        /// Nothing more is known.
        Unknown = 0,
        /// Temporary, and nothing more is known.
        TempUnknown = 100,
        /// The worker was restarted.
        TempWorkerRestart = 101,
        /// No storage path had room for the result.
        TempAllocateSpace = 102,
    }
}

impl CallErrorCode {
    /// Whether the task may succeed when it is tried again: it is then scheduled again.
    pub fn is_temporary(self) -> bool {
        i64::from(self) >= i64::from(CallErrorCode::TempUnknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_from_100_on_are_temporary() {
        let error: CallError = serde_json::from_str(r#"{"Code":101,"Message":"m"}"#).unwrap();
        assert_eq!(error.code, CallErrorCode::TempWorkerRestart);
        assert!(error.code.is_temporary());
        assert!(CallErrorCode::from(1000).is_temporary());
        assert!(!CallErrorCode::Unknown.is_temporary());
        assert!(!CallErrorCode::from(99).is_temporary());
    }
}
