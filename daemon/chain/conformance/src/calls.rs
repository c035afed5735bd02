//! The calls that a message made, as both machines' traces tell them.

use std::fmt;

use fvm::trace::{ExecutionEvent, ExecutionTrace};
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::{ActorID, MethodNum};
use lotus_chain::vm::manifest::ActorKind;
use lotus_chain::vm::trace::CallTrace;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// 0 for the message's own.
    pub depth: usize,
    pub from: ActorID,
    pub to: Address,
    pub method: MethodNum,
    pub value: TokenAmount,
    pub params: Option<IpldBlock>,
    pub read_only: bool,
    /// Who that was, if there was anybody.
    pub invoked: Option<(ActorID, Option<ActorKind>)>,
    pub exit_code: ExitCode,
    pub returned: Option<IpldBlock>,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = self.depth * 2;
        write!(
            f,
            "{:indent$}f0{} -> {} method {} value {} params {:?} read only {}: {:?} exit {} {:?}",
            "",
            self.from,
            self.to,
            self.method,
            self.value,
            self.params.as_ref().map(|block| &block.data),
            self.read_only,
            self.invoked,
            self.exit_code,
            self.returned.as_ref().map(|block| &block.data),
        )
    }
}

/// Those of our machine, in the order in which they began.
pub fn ours(trace: &CallTrace) -> Vec<Record> {
    let mut records = Vec::new();
    visit(trace, 0, &mut records);
    records
}

fn visit(trace: &CallTrace, depth: usize, records: &mut Vec<Record>) {
    records.push(Record {
        depth,
        from: trace.from,
        to: trace.to,
        method: trace.method,
        value: trace.value.clone(),
        params: trace.params.clone(),
        read_only: trace.read_only,
        invoked: trace
            .invoked
            .as_ref()
            .map(|(id, actor)| (*id, ActorKind::of(&actor.code))),
        exit_code: trace.exit_code,
        returned: trace.returned.clone(),
    });
    for call in &trace.calls {
        visit(call, depth + 1, records);
    }
}

/// Those of the real machine.
pub fn real(trace: ExecutionTrace) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let mut open = Vec::new();
    for event in trace {
        match event {
            ExecutionEvent::Call {
                from,
                to,
                method,
                params,
                value,
                read_only,
                ..
            } => {
                let depth = open.len();
                open.push(records.len());
                records.push(Record {
                    depth,
                    from,
                    to,
                    method,
                    value,
                    params,
                    read_only,
                    invoked: None,
                    exit_code: ExitCode::OK,
                    returned: None,
                });
            }
            ExecutionEvent::InvokeActor { id, state } => {
                if let Some(at) = open.last() {
                    records[*at].invoked = Some((id, ActorKind::of(&state.code)));
                }
            }
            ExecutionEvent::CallReturn(exit_code, returned) => {
                if let Some(at) = open.pop() {
                    records[at].exit_code = exit_code;
                    records[at].returned = returned;
                }
            }
            ExecutionEvent::CallError(error) => {
                if let Some(at) = open.pop() {
                    // As a receipt has it.
                    records[at].exit_code = match error.1 {
                        ErrorNumber::InsufficientFunds => ExitCode::SYS_INSUFFICIENT_FUNDS,
                        ErrorNumber::NotFound => ExitCode::SYS_INVALID_RECEIVER,
                        _ => ExitCode::SYS_ASSERTION_FAILED,
                    };
                }
            }
            _ => {}
        }
    }
    records
}
