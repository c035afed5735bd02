//! f05, the storage market.

mod state;

pub use state::State;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::MethodNum;

use crate::vm::manifest::CRON_ACTOR_ID;
use crate::vm::runtime::no_params;
use crate::vm::{ActorError, Runtime};

/// `CronTick`, by cron.
pub const CRON_TICK: MethodNum = 9;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[(CRON_TICK, "CronTick")];

/// Calls a method.
///
/// # Errors
/// `USR_FORBIDDEN` unless called by cron; `USR_UNHANDLED_MESSAGE`.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        CRON_TICK => {
            no_params(input)?;
            rt.require_caller(&[CRON_ACTOR_ID])?;
            rt.transaction(|state: &mut State, rt| {
                // There are no deals to look at.
                state.last_cron = rt.epoch();
                Ok(())
            })?;
            Ok(None)
        }
        _ => Err(ActorError::unhandled(method)),
    }
}
