//! What a message did, as Lotus tells it.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use lotus_chain::vm::Applied;
use lotus_chain::vm::trace::{CallTrace, GasCharge};
use lotus_core::Error;
use lotus_core::types::{
    Actor, ActorTrace, Address, Bytes, Cid, ExecutionTrace, GasTrace, InvocResult, Message,
    MessageTrace, MsgGasCost, ReturnTrace, TokenAmount,
};

/// The outcome of a message that was executed. `cid` is the one by which it is known.
///
/// # Errors
/// The message has no binary form.
pub(crate) fn invocation(
    message: Message,
    cid: Option<Cid>,
    applied: Applied,
) -> Result<InvocResult, Error> {
    let own = message.cid().map_err(Error::other)?;
    let fees = &applied.fees;
    let fee = message.gas_fee_cap.inner() * u64::try_from(message.gas_limit).unwrap_or_default();
    let total = match *fees == Default::default() {
        true => TokenAmount::default(),
        false => (fee - &fees.refund).into(),
    };
    let gas_cost = MsgGasCost {
        message: Some(own),
        gas_used: TokenAmount::from_atto(applied.receipt.gas_used),
        base_fee_burn: fees.base_fee_burn.clone().into(),
        over_estimation_burn: fees.over_estimation_burn.clone().into(),
        miner_penalty: fees.miner_penalty.clone().into(),
        miner_tip: fees.miner_tip.clone().into(),
        refund: fees.refund.clone().into(),
        total_cost: total,
    };
    Ok(InvocResult {
        msg_cid: cid.unwrap_or(own),
        msg: Some(message),
        msg_rct: Some(applied.receipt.into()),
        gas_cost,
        execution_trace: applied.trace.as_ref().map(call).unwrap_or_default(),
        error: applied.error.unwrap_or_default(),
        duration: 0,
    })
}

fn call(trace: &CallTrace) -> ExecutionTrace {
    let (params, params_codec) = block(trace.params.as_ref());
    let (returned, return_codec) = block(trace.returned.as_ref());
    ExecutionTrace {
        msg: MessageTrace {
            from: Address::new_id(trace.from),
            to: trace.to.into(),
            value: trace.value.clone().into(),
            method: trace.method,
            params,
            params_codec,
            gas_limit: trace.gas_limit,
            read_only: trace.read_only,
        },
        msg_rct: ReturnTrace {
            exit_code: trace.exit_code.value(),
            r#return: returned,
            return_codec,
        },
        invoked_actor: trace.invoked.as_ref().map(|(id, state)| ActorTrace {
            id: *id,
            state: Actor {
                code: state.code.into(),
                head: state.state.into(),
                nonce: state.sequence,
                balance: state.balance.clone().into(),
                delegated_address: state.delegated_address.map(Address::from),
            },
        }),
        gas_charges: trace.gas.iter().map(charge).collect(),
        subcalls: trace.calls.iter().map(call).collect(),
        logs: Vec::new(),
        ipld_ops: Vec::new(),
    }
}

/// Bytes and their codec; 0 is none.
fn block(block: Option<&IpldBlock>) -> (Bytes, u64) {
    block.map_or_else(Default::default, |block| {
        (Bytes(block.data.clone()), block.codec)
    })
}

fn charge(charge: &GasCharge) -> GasTrace {
    let gas = i64::try_from(charge.gas).unwrap_or(i64::MAX);
    GasTrace {
        name: charge.name.to_owned(),
        total: gas,
        compute: gas,
        storage: 0,
        time_taken: 0,
    }
}
