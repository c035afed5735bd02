//! What is under an f4 address that received funds before anything was deployed there. It accepts
//! every call and does nothing.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::MethodNum;

use crate::vm::{ActorError, Runtime};

/// None by name.
pub const METHODS: &[(MethodNum, &str)] = &[];

/// Accepts anything.
///
/// # Errors
/// None.
pub fn invoke(
    _rt: &mut Runtime<'_>,
    _method: MethodNum,
    _params: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    Ok(None)
}
