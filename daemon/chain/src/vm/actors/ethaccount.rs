//! The account of an Ethereum key: an f410 address whose first message has been executed.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::frc42::FIRST_EXPORTED_METHOD;
use crate::vm::manifest::SYSTEM_ACTOR_ID;
use crate::vm::runtime::no_params;
use crate::vm::{ActorError, Runtime};

/// The methods, by number; besides, every exported number is accepted.
pub const METHODS: &[(MethodNum, &str)] = &[(METHOD_CONSTRUCTOR, "Constructor")];

/// Calls a method. An account accepts whatever it is sent, as one outside of Filecoin would.
///
/// # Errors
/// `USR_FORBIDDEN` for a constructor not called by the system, `USR_UNHANDLED_MESSAGE` below the
/// exported range.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    params: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            no_params(params)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            Ok(None)
        }
        method if method >= FIRST_EXPORTED_METHOD => Ok(None),
        _ => Err(ActorError::unhandled(method)),
    }
}
