//! How an actor calls another, and what it makes of the outcome.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::{METHOD_SEND, MethodNum};

use super::Runtime;
use crate::vm::error::ActorError;
use crate::vm::machine::Outcome;
use crate::vm::manifest::BURNT_FUNDS_ACTOR_ID;

impl Runtime<'_> {
    /// Calls another actor. `Ok` has its exit code, which may not be 0; then what it did is undone.
    ///
    /// # Errors
    /// Why the call did not reach it.
    pub fn send(
        &mut self,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: TokenAmount,
        read_only: bool,
    ) -> Result<Outcome, ErrorNumber> {
        if self.in_transaction {
            return Err(ErrorNumber::IllegalOperation);
        }
        let read_only = read_only || self.read_only;
        if read_only && value != TokenAmount::default() {
            return Err(ErrorNumber::ReadOnly);
        }
        let sent = self
            .machine
            .call(self.receiver, to, method, params, &value, read_only);
        sent.map_err(|error| match self.machine.note(error) {
            Some((number, _)) => number,
            None => ErrorNumber::AssertionFailed,
        })
    }

    /// Calls another actor and takes its failure for one's own: `send` and `extract_send_result` of
    /// the built-in actors.
    ///
    /// # Errors
    /// As [`send_result`].
    pub fn call(
        &mut self,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
        value: TokenAmount,
    ) -> Result<Option<IpldBlock>, ActorError> {
        if self.in_transaction {
            return Err(ActorError::assertion_failed(
                "send is not allowed during transaction",
            ));
        }
        send_result(to, method, self.send(to, method, params, value, false))
    }

    /// [`Self::call`] that cannot change anything.
    ///
    /// # Errors
    /// As [`send_result`].
    pub fn call_read_only(
        &mut self,
        to: &Address,
        method: MethodNum,
        params: Option<IpldBlock>,
    ) -> Result<Option<IpldBlock>, ActorError> {
        if self.in_transaction {
            return Err(ActorError::assertion_failed(
                "send is not allowed during transaction",
            ));
        }
        send_result(
            to,
            method,
            self.send(to, method, params, TokenAmount::default(), true),
        )
    }

    /// Sends from this actor to the burnt funds.
    ///
    /// # Errors
    /// Those of [`Self::call`].
    pub fn burn(&mut self, value: TokenAmount) -> Result<(), ActorError> {
        self.call(
            &Address::new_id(BURNT_FUNDS_ACTOR_ID),
            METHOD_SEND,
            None,
            value,
        )
        .map(drop)
    }
}

/// What an actor makes of a call that failed (`extract_send_result` of the built-in actors).
///
/// # Errors
/// The callee's exit code as [`ActorError::of_callee`]; for a call that did not reach it
/// `USR_UNSPECIFIED` (no such receiver), `USR_INSUFFICIENT_FUNDS` or `USR_ASSERTION_FAILED`.
pub fn send_result(
    to: &Address,
    method: MethodNum,
    sent: Result<Outcome, ErrorNumber>,
) -> Result<Option<IpldBlock>, ActorError> {
    match sent {
        Ok(outcome) if outcome.exit_code.is_success() => Ok(outcome.value),
        Ok(Outcome {
            exit_code, value, ..
        }) => Err(ActorError::of_callee(
            exit_code,
            format!("send to {to} method {method} aborted with code {exit_code}"),
            value,
        )),
        Err(ErrorNumber::NotFound) => Err(ActorError::unspecified("receiver not found")),
        Err(ErrorNumber::InsufficientFunds) => {
            Err(ActorError::insufficient_funds("not enough funds"))
        }
        Err(ErrorNumber::LimitExceeded) => {
            Err(ActorError::assertion_failed("recursion limit exceeded"))
        }
        Err(ErrorNumber::ReadOnly) => Err(ActorError::new(
            ExitCode::USR_READ_ONLY,
            "cannot write in read-only mode",
        )),
        Err(other) => Err(ActorError::assertion_failed(format!(
            "unexpected error: {other}"
        ))),
    }
}
