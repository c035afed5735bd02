//! f00, the system actor: what implicit messages come from. Its state names the manifest.

use cid::Cid;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::manifest::{MANIFEST_DATA, SYSTEM_ACTOR_ID};
use crate::vm::runtime::no_params;
use crate::vm::{ActorError, Runtime};

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// The list of actor names and codes.
    pub builtin_actors: Cid,
}

impl Default for State {
    fn default() -> Self {
        Self {
            builtin_actors: MANIFEST_DATA,
        }
    }
}

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[(METHOD_CONSTRUCTOR, "Constructor")];

/// Calls a method.
///
/// # Errors
/// `USR_FORBIDDEN` unless called by itself, `USR_UNHANDLED_MESSAGE`.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    params: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            no_params(params)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            rt.create(&State::default())?;
            Ok(None)
        }
        _ => Err(ActorError::unhandled(method)),
    }
}
