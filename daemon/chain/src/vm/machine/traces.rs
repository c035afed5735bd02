//! Keeps what calls did while they are under way, for whoever wants to see it.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::{ActorID, MethodNum};

use super::Machine;
use super::outcome::{CallError, Outcome, exit_code_of};
use crate::vm::trace::CallTrace;

impl Machine {
    /// The trace of the message's own call, after it has ended.
    pub(in crate::vm) fn take_trace(&mut self) -> Option<CallTrace> {
        self.stack.traces.pop()
    }

    pub(super) fn open_trace(
        &mut self,
        from: ActorID,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: &TokenAmount,
        read_only: bool,
    ) {
        self.flush_charges();
        self.stack.traces.push(CallTrace {
            from,
            to: *to,
            value: value.clone(),
            method,
            params,
            gas_limit: self.stack.gas.left(),
            read_only,
            invoked: None,
            exit_code: ExitCode::OK,
            returned: None,
            error: None,
            gas: Vec::new(),
            calls: Vec::new(),
        });
    }

    pub(super) fn close_trace(&mut self, result: &Result<Outcome, CallError>) {
        self.flush_charges();
        let Some(mut trace) = self.stack.traces.pop() else {
            return;
        };
        match result {
            Ok(outcome) => {
                trace.exit_code = outcome.exit_code;
                trace.returned = outcome.value.clone();
                trace.error = outcome.error.clone();
            }
            Err(CallError::Syscall(number, message)) => {
                trace.exit_code = exit_code_of(*number);
                trace.error = Some(message.clone());
            }
            Err(CallError::OutOfGas) => trace.exit_code = ExitCode::SYS_OUT_OF_GAS,
            Err(CallError::Fatal(error)) => {
                trace.exit_code = ExitCode::SYS_ASSERTION_FAILED;
                trace.error = Some(error.to_string());
            }
        }
        match self.stack.traces.last_mut() {
            Some(parent) => parent.calls.push(trace),
            // The message's own call: kept for whoever takes it.
            None => self.stack.traces.push(trace),
        }
    }

    fn flush_charges(&mut self) {
        if let Some(trace) = self.stack.traces.last_mut() {
            trace.gas.append(&mut self.stack.charges);
        }
    }
}
