//! f010, the Ethereum address manager: deploys contracts, which this node does not execute. Funds can
//! be sent to and from Ethereum addresses without it.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::manifest::SYSTEM_ACTOR_ID;
use crate::vm::runtime::no_params;
use crate::vm::{ActorError, Runtime};

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (2, "Create"),
    (3, "Create2"),
    (4, "CreateExternal"),
];

/// Calls a method.
///
/// # Errors
/// `USR_UNSPECIFIED` for those that would deploy a contract; `USR_UNHANDLED_MESSAGE`.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            no_params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            Ok(None)
        }
        2..=4 => Err(ActorError::unspecified(
            "contracts are not executed by this node; use a network with an EVM, such as calibration",
        )),
        _ => Err(ActorError::unhandled(method)),
    }
}
