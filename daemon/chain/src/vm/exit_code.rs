//! What exit codes are called when people read them.

use std::fmt;

use fvm_shared::error::ExitCode;

/// The names of the codes from 0 on, as go-state-types has them: those below 16 are the machine's
/// own, and those from 16 on common to all actors.
const NAMES: [&str; 27] = [
    "Ok",
    "SysErrSenderInvalid",
    "SysErrSenderStateInvalid",
    "SysErrReserved1",
    "SysErrIllegalInstruction",
    "SysErrInvalidReceiver",
    "SysErrInsufficientFunds",
    "SysErrOutOfGas",
    "SysErrReserved2",
    "SysErrIllegalExitCode",
    // The FVM calls it an assertion that failed.
    "SysFatal",
    "SysErrMissingReturn",
    "SysErrReserved3",
    "SysErrReserved4",
    "SysErrReserved5",
    "SysErrReserved6",
    "ErrIllegalArgument",
    "ErrNotFound",
    "ErrForbidden",
    "ErrInsufficientFunds",
    "ErrIllegalState",
    "ErrSerialization",
    "ErrUnhandledMessage",
    "ErrUnspecified",
    "ErrAssertionFailed",
    "ErrReadOnly",
    "ErrNotPayable",
];

/// An exit code as Lotus prints it (go-state-types `ExitCode.String`): its name and number, such as
/// `SysErrOutOfGas(7)`, or only the number of one that an actor has for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named(pub ExitCode);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.value();
        let name = usize::try_from(number).ok().and_then(|at| NAMES.get(at));
        match name {
            Some(name) => write!(f, "{name}({number})"),
            None => write!(f, "{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_lotus() {
        let text = |code| Named(code).to_string();
        assert_eq!(text(ExitCode::OK), "Ok(0)");
        assert_eq!(
            text(ExitCode::SYS_INSUFFICIENT_FUNDS),
            "SysErrInsufficientFunds(6)"
        );
        assert_eq!(
            text(ExitCode::SYS_MISSING_RETURN),
            "SysErrMissingReturn(11)"
        );
        assert_eq!(
            text(ExitCode::USR_ILLEGAL_ARGUMENT),
            "ErrIllegalArgument(16)"
        );
        assert_eq!(text(ExitCode::USR_NOT_PAYABLE), "ErrNotPayable(26)");
        assert_eq!(text(ExitCode::new(27)), "27");
        assert_eq!(text(ExitCode::new(u32::MAX)), "4294967295");
    }
}
