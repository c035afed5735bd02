//! The errors that cross the wire, with Lotus's codes.

use std::fmt;

use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};

/// What a method answers instead of a result.
///
/// Codes and texts are those of Lotus `api/api_errors.go`, where a client picks the type of the
/// error by its code. They are append-only. Everything without a code of its own is [`Error::Other`]
/// with code 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Any other failure; the message says what to do next.
    #[error("{0}")]
    Other(String),
    /// The caller's token lacks the permission of the method. The method's bare name, as Lotus.
    #[error("missing permission to invoke '{method}' (need '{need}')")]
    MissingPermission {
        /// The method without its namespace.
        method: &'static str,
        /// What it needs.
        need: crate::Permission,
    },
    /// This daemon does not serve the method by itself.
    #[error("{method} needs {needs}")]
    Unserved {
        /// The method's name on the wire.
        method: &'static str,
        /// What would serve it.
        needs: Needs,
    },
    /// A message ran out of gas.
    #[error("call ran out of gas")]
    OutOfGas,
    /// A message failed in the virtual machine. `data` is the revert data as `0x` hex.
    #[error("{message}")]
    ExecutionReverted {
        /// Exit code, revert reason and the machine's own error.
        message: String,
        /// `0x` hex.
        data: String,
    },
    /// The address names no actor.
    #[error("actor not found")]
    ActorNotFound,
    /// The requested epoch has no tipset.
    #[error("requested epoch was a null round ({0})")]
    NullRound(i64),
    /// Payment channels are switched off.
    #[error("payment channels disabled (EnablePaymentChannelManager=false)")]
    PaymentChannelDisabled,
    /// A range of blocks is longer than the node allows.
    #[error("block range exceeds maximum of {max} (got {got})")]
    BlockRangeExceeded {
        /// Epochs allowed.
        max: u64,
        /// Epochs asked for.
        got: u64,
    },
    /// The state at this epoch could only be had by an expensive migration.
    #[error(
        "required historical state unavailable: refusing explicit call due to state fork at epoch {0}"
    )]
    ExpensiveFork(i64),
}

/// What would serve a method that a daemon cannot serve by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Needs {
    /// Blocks, messages and state.
    Chain,
    /// A node in a network: peers, finality certificates, an EVM.
    Upstream,
    /// Sectors on disk, and the proofs over them.
    Sealing,
}

/// What it is, and where the caller finds one.
impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Needs::Chain => {
                "a chain with more than this daemon's local one; ask a full node of the network \
                 (FULLNODE_API_INFO names it)"
            }
            Needs::Upstream => {
                "a node of a network, which this daemon is not; ask a full node of the network \
                 (FULLNODE_API_INFO names it)"
            }
            Needs::Sealing => {
                "sectors and their proofs, which this daemon does not have; ask Lotus's own \
                 lotus-miner or lotus-worker (MINER_API_INFO names it)"
            }
        })
    }
}

impl Error {
    /// The JSON-RPC error code.
    pub fn code(&self) -> i32 {
        match self {
            Self::Other(_) | Self::MissingPermission { .. } | Self::Unserved { .. } => 1,
            Self::OutOfGas => 2,
            Self::ExecutionReverted { .. } => 3,
            Self::ActorNotFound => 11,
            Self::NullRound(_) => 12,
            Self::PaymentChannelDisabled => 13,
            Self::BlockRangeExceeded { .. } => -32005,
            Self::ExpensiveFork(_) => -32002,
        }
    }

    /// An error without a code of its own.
    pub fn other(message: impl ToString) -> Self {
        Self::Other(message.to_string())
    }
}

impl From<Error> for ErrorObjectOwned {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match &error {
            Error::ExecutionReverted { data, .. } => {
                ErrorObject::owned(error.code(), message, Some(data))
            }
            Error::NullRound(epoch) | Error::ExpensiveFork(epoch) => {
                ErrorObject::owned(error.code(), message, Some(epoch))
            }
            _ => ErrorObject::owned(error.code(), message, None::<()>),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients match on code, text and the type of `data`; a change here breaks them.
    #[test]
    fn wire_forms_are_lotus_s() {
        let wire = |error: Error| serde_json::to_string(&ErrorObjectOwned::from(error)).unwrap();
        assert_eq!(wire(Error::other("no")), r#"{"code":1,"message":"no"}"#);
        assert_eq!(
            wire(Error::MissingPermission {
                method: "WalletNew",
                need: crate::Permission::Write
            }),
            r#"{"code":1,"message":"missing permission to invoke 'WalletNew' (need 'write')"}"#
        );
        assert_eq!(
            wire(Error::OutOfGas),
            r#"{"code":2,"message":"call ran out of gas"}"#
        );
        assert_eq!(
            wire(Error::ExecutionReverted {
                message: "m".into(),
                data: "0x01".into()
            }),
            r#"{"code":3,"message":"m","data":"0x01"}"#
        );
        assert_eq!(
            wire(Error::ActorNotFound),
            r#"{"code":11,"message":"actor not found"}"#
        );
        assert_eq!(
            wire(Error::NullRound(7)),
            r#"{"code":12,"message":"requested epoch was a null round (7)","data":7}"#
        );
        assert_eq!(
            wire(Error::BlockRangeExceeded { max: 2, got: 3 }),
            r#"{"code":-32005,"message":"block range exceeds maximum of 2 (got 3)"}"#
        );
    }
}
