//! How calls end.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::error::{ErrorNumber, ExitCode};

use crate::vm::error::VmError;
use crate::vm::gas::OutOfGas;

/// How a call ended that reached its actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// 0 if it succeeded. If not, everything that it did was rolled back.
    pub exit_code: ExitCode,
    /// What it returned; may be there even if it failed.
    pub value: Option<IpldBlock>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Why a call did not reach its actor.
#[derive(Debug)]
pub(in crate::vm) enum CallError {
    /// The caller's fault; it may go on.
    Syscall(ErrorNumber, String),
    /// The whole message's end.
    OutOfGas,
    /// The machine's end.
    Fatal(VmError),
}

impl From<VmError> for CallError {
    fn from(error: VmError) -> Self {
        Self::Fatal(error)
    }
}

impl From<OutOfGas> for CallError {
    fn from(_: OutOfGas) -> Self {
        Self::OutOfGas
    }
}

pub(super) fn syscall<T>(number: ErrorNumber, message: impl ToString) -> Result<T, CallError> {
    Err(CallError::Syscall(number, message.to_string()))
}

/// The exit code of a message that did not reach its actor.
pub(in crate::vm) fn exit_code_of(number: ErrorNumber) -> ExitCode {
    match number {
        ErrorNumber::InsufficientFunds => ExitCode::SYS_INSUFFICIENT_FUNDS,
        ErrorNumber::NotFound => ExitCode::SYS_INVALID_RECEIVER,
        _ => ExitCode::SYS_ASSERTION_FAILED,
    }
}
