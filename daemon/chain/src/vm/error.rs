//! How an actor fails ([`ActorError`]: an exit code on the chain) and how the machine does
//! ([`VmError`]: nothing reaches the chain).

use std::fmt::Display;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::MethodNum;
use fvm_shared::error::ExitCode;

use super::exit_code::Named;

/// Why a method of an actor aborted. The machine rolls back what the method did and puts the exit
/// code into the receipt; the text is for people (traces and logs) and is not part of the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (exit code {})", Named(*code))]
pub struct ActorError {
    /// What the caller, or the receipt, gets. Codes below 16 are the machine's own: an actor that
    /// aborts with one exits with `SYS_ILLEGAL_EXIT_CODE` instead.
    pub code: ExitCode,
    /// What happened, for people.
    pub message: String,
    /// Data that goes back to the caller with the exit code; nearly always none.
    pub data: Option<IpldBlock>,
}

macro_rules! exits {
    ($($(#[$doc:meta])* $name:ident = $code:ident;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(message: impl Display) -> Self {
                Self::new(ExitCode::$code, message)
            }
        )*
    };
}

impl ActorError {
    /// An abort with an exit code.
    pub fn new(code: ExitCode, message: impl Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            data: None,
        }
    }

    exits! {
        /// The parameters are invalid (16).
        illegal_argument = USR_ILLEGAL_ARGUMENT;
        /// What was asked for does not exist (17).
        not_found = USR_NOT_FOUND;
        /// The caller may not do this (18).
        forbidden = USR_FORBIDDEN;
        /// The actor has too little (19).
        insufficient_funds = USR_INSUFFICIENT_FUNDS;
        /// The actor's state is not what it must be (20).
        illegal_state = USR_ILLEGAL_STATE;
        /// Something could not be encoded or decoded (21).
        serialization = USR_SERIALIZATION;
        /// Failed for another reason (23).
        unspecified = USR_UNSPECIFIED;
        /// An assertion of the actor failed (24); also what a panic in a real actor's wasm exits with.
        assertion_failed = USR_ASSERTION_FAILED;
        /// Not in a read-only call (25).
        read_only = USR_READ_ONLY;
        /// The method takes no value (26).
        not_payable = USR_NOT_PAYABLE;
    }

    /// The actor has no such method (22).
    pub fn unhandled(method: MethodNum) -> Self {
        Self::new(
            ExitCode::USR_UNHANDLED_MESSAGE,
            format!("invalid method: {method}"),
        )
    }

    /// The error that an actor makes of another's exit code: a code of the machine itself cannot be
    /// passed on, so it becomes a user's code (`ActorError::checked` of the built-in actors).
    pub fn of_callee(code: ExitCode, message: impl Display, data: Option<IpldBlock>) -> Self {
        let code = match code {
            ExitCode::SYS_MISSING_RETURN
            | ExitCode::SYS_ILLEGAL_INSTRUCTION
            | ExitCode::SYS_ILLEGAL_EXIT_CODE => ExitCode::USR_UNSPECIFIED,
            code if code.is_system_error() => ExitCode::USR_ASSERTION_FAILED,
            code => code,
        };
        Self {
            code,
            message: message.to_string(),
            data,
        }
    }

    /// The same error with what was being done in front of its text.
    #[must_use]
    pub fn context(mut self, what: impl Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

/// A failure of the codec is a failure of serialization (21), as in the built-in actors.
impl From<fvm_ipld_encoding::Error> for ActorError {
    fn from(error: fvm_ipld_encoding::Error) -> Self {
        Self::serialization(error)
    }
}

/// Gives another error, or an absence, the exit code that it means in an actor.
pub trait OrExit<T> {
    /// Aborts with `code`, saying `what` was attempted.
    ///
    /// # Errors
    /// When there is an error, or nothing.
    fn or_exit(self, code: ExitCode, what: impl Display) -> Result<T, ActorError>;

    /// Aborts with `USR_ILLEGAL_STATE`, the code for whatever cannot be wrong while the state is right.
    ///
    /// # Errors
    /// When there is an error, or nothing.
    fn or_illegal_state(self, what: impl Display) -> Result<T, ActorError>
    where
        Self: Sized,
    {
        self.or_exit(ExitCode::USR_ILLEGAL_STATE, what)
    }

    /// Aborts with `USR_ILLEGAL_ARGUMENT`, the code for what the caller got wrong.
    ///
    /// # Errors
    /// When there is an error, or nothing.
    fn or_illegal_argument(self, what: impl Display) -> Result<T, ActorError>
    where
        Self: Sized,
    {
        self.or_exit(ExitCode::USR_ILLEGAL_ARGUMENT, what)
    }
}

impl<T, E: Display> OrExit<T> for Result<T, E> {
    fn or_exit(self, code: ExitCode, what: impl Display) -> Result<T, ActorError> {
        self.map_err(|error| ActorError::new(code, format!("{what}: {error}")))
    }
}

impl<T> OrExit<T> for Option<T> {
    fn or_exit(self, code: ExitCode, what: impl Display) -> Result<T, ActorError> {
        self.ok_or_else(|| ActorError::new(code, what))
    }
}

/// The machine itself failed: the store does, or the state is not what it must be. No receipt comes
/// of it, and the state is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum VmError {
    /// Blocks could not be read or written.
    #[error("the state cannot be read or written: {0:#}; check the disk and the repo's database")]
    Store(anyhow::Error),
    /// The state root is not of a version that this machine executes.
    #[error(
        "state tree version {0} is not supported: only version 5 (actors v10 and later) is executed"
    )]
    StateVersion(u64),
    /// A message that can be in no block.
    #[error("the message cannot be executed: {0}")]
    Message(String),
    /// An implicit message failed, which only a defect can cause.
    #[error("{what} failed with exit code {}: {error}", Named(*exit_code))]
    Implicit {
        /// Which.
        what: &'static str,
        /// How.
        exit_code: ExitCode,
        /// Why.
        error: String,
    },
    /// The thread that executes could not be started.
    #[error("no thread to execute messages on: {0}; raise the limit of threads or memory")]
    Thread(std::io::Error),
    /// The state contradicts itself.
    #[error("the chain's state is inconsistent: {0}; restore the repo from a backup or start anew")]
    Inconsistent(String),
}
