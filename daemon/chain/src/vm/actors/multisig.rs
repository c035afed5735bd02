//! Accounts of M of N signers.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::MethodNum;

use crate::vm::{ActorError, Runtime};

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[];

/// Calls a method.
///
/// # Errors
/// `USR_UNHANDLED_MESSAGE`: it has none yet.
pub fn invoke(
    _rt: &mut Runtime<'_>,
    method: MethodNum,
    _params: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    Err(ActorError::unhandled(method))
}
