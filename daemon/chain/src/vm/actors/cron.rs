//! f03, the cron actor: calls what must be called at the end of every epoch.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::manifest::{MARKET_ACTOR_ID, POWER_ACTOR_ID, SYSTEM_ACTOR_ID};
use crate::vm::runtime::{no_params, params};
use crate::vm::{ActorError, Runtime};

/// `EpochTick`, by the system as the last message of every epoch.
pub const EPOCH_TICK: MethodNum = 2;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (EPOCH_TICK, "EpochTick"),
];

/// The state; the constructor takes the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// What is called, in order.
    pub entries: Vec<Entry>,
}

/// A method of an actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Entry {
    /// The actor.
    pub receiver: Address,
    /// Its method.
    pub method_num: MethodNum,
}

impl State {
    /// What Filecoin's networks call: `OnEpochTickEnd` of the power actor and `CronTick` of the market.
    pub fn builtin() -> Self {
        let entry = |id, method_num| Entry {
            receiver: Address::new_id(id),
            method_num,
        };
        Self {
            entries: vec![entry(POWER_ACTOR_ID, 5), entry(MARKET_ACTOR_ID, 9)],
        }
    }
}

/// Calls a method.
///
/// # Errors
/// `USR_FORBIDDEN` unless called by the system, `USR_UNHANDLED_MESSAGE`.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            let state: State = params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            rt.create(&state)?;
            Ok(None)
        }
        EPOCH_TICK => {
            no_params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            for entry in rt.state::<State>()?.entries {
                // One that fails must not keep the others from their turn.
                let _ = rt.call(
                    &entry.receiver,
                    entry.method_num,
                    None,
                    TokenAmount::default(),
                );
            }
            Ok(None)
        }
        _ => Err(ActorError::unhandled(method)),
    }
}
