//! What happened while a message was executed, call by call, as Lotus's `ExecutionTrace` needs it.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::{ActorID, MethodNum};

use super::state_tree::ActorState;

/// One call and the calls that it made.
#[derive(Debug, Clone)]
pub struct CallTrace {
    /// Who called.
    pub from: ActorID,
    /// Whom, as the caller named it.
    pub to: Address,
    /// With how much.
    pub value: TokenAmount,
    /// Which method.
    pub method: MethodNum,
    /// With what.
    pub params: Option<IpldBlock>,
    /// How much gas was left.
    pub gas_limit: u64,
    /// Whether nothing could be changed.
    pub read_only: bool,
    /// Who was called and how it stood before, once that was known.
    pub invoked: Option<(ActorID, ActorState)>,
    /// How it ended.
    pub exit_code: ExitCode,
    /// What it returned.
    pub returned: Option<IpldBlock>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What gas was charged for, outside of the calls below.
    pub gas: Vec<GasCharge>,
    /// The calls that it made, in order.
    pub calls: Vec<CallTrace>,
}

/// A use of gas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GasCharge {
    /// What for.
    pub name: &'static str,
    /// How much.
    pub gas: u64,
}
