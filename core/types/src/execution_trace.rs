//! Traces: every call that a message made, and what it cost.

use super::open_enum::text_enum;
use super::{Actor, Address, Bytes, Cid, TokenAmount};
use crate::object;

/// A call and the calls that it made in turn (Lotus `types.ExecutionTrace`).
#[object]
pub struct ExecutionTrace {
    /// The call.
    pub msg: MessageTrace,
    /// What it returned.
    pub msg_rct: ReturnTrace,
    /// The actor that was called, before the call; absent when it was never invoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_actor: Option<ActorTrace>,
    /// What was charged, in order. On the wire none are `null`.
    #[nil]
    pub gas_charges: Vec<GasTrace>,
    /// The calls that it made. On the wire none are `null`.
    #[nil]
    pub subcalls: Vec<ExecutionTrace>,
    /// What the actor logged, where the virtual machine debugs; absent when nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// The blocks of IPLD that it read and wrote, where those are traced; absent when none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipld_ops: Vec<TraceIpld>,
}

/// A call as the called actor saw it (Lotus `types.MessageTrace`).
#[object]
#[derive(Eq, Hash)]
pub struct MessageTrace {
    /// The caller.
    pub from: Address,
    /// The callee.
    pub to: Address,
    /// What was sent along, in attoFIL.
    pub value: TokenAmount,
    /// The number of the method.
    pub method: u64,
    /// The parameters. On the wire none are `null`.
    #[nil]
    pub params: Bytes,
    /// The IPLD codec of the parameters; 0 is none.
    pub params_codec: u64,
    /// The gas that the call might use, in gas units.
    pub gas_limit: u64,
    /// Whether it was forbidden to change the state.
    pub read_only: bool,
}

/// What a call returned (Lotus `types.ReturnTrace`).
#[object]
#[derive(Eq, Hash)]
pub struct ReturnTrace {
    /// 0, or why it failed (go-state-types `exitcode`).
    pub exit_code: u32,
    /// The return value. On the wire nothing is `null`.
    #[nil]
    pub r#return: Bytes,
    /// The IPLD codec of the return value; 0 is none.
    pub return_codec: u64,
}

/// The actor that a call invoked (Lotus `types.ActorTrace`).
#[object]
#[derive(Eq, Hash)]
pub struct ActorTrace {
    /// Its ID.
    pub id: u64,
    /// What the state tree held for it before the call.
    #[required]
    pub state: Actor,
}

/// A charge of gas (Lotus `types.GasTrace`); amounts are in gas units.
#[object]
#[derive(Eq, Hash)]
pub struct GasTrace {
    /// What it was for, such as `OnValueTransfer`.
    pub name: String,
    /// The whole charge.
    #[serde(rename = "tg")]
    pub total: i64,
    /// Of it, for computing.
    #[serde(rename = "cg")]
    pub compute: i64,
    /// Of it, for storage.
    #[serde(rename = "sg")]
    pub storage: i64,
    /// How long that took, in nanoseconds.
    #[serde(rename = "tt")]
    pub time_taken: i64,
}

/// A block of IPLD read or written (Lotus `types.TraceIpld`).
#[object]
#[derive(Eq, Hash)]
pub struct TraceIpld {
    /// Which of the two.
    pub op: TraceIpldOp,
    /// The block.
    #[required]
    pub cid: Cid,
    /// Its length in bytes.
    pub size: u64,
}

text_enum! {
    /// What a [`TraceIpld`] records.
    pub enum TraceIpldOp {
        /// A read.
        Get = "Get",
        /// A write.
        Put = "Put",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_written_as_lotus_does() {
        let trace = serde_json::to_value(ExecutionTrace::default()).unwrap();
        let names: Vec<_> = trace.as_object().unwrap().keys().collect();
        assert_eq!(names, ["GasCharges", "Msg", "MsgRct", "Subcalls"]);
        assert!(trace["GasCharges"].is_null() && trace["Subcalls"].is_null());
        assert!(trace["Msg"]["Params"].is_null() && trace["MsgRct"]["Return"].is_null());
    }

    #[test]
    fn calls_within_calls_are_read() {
        let json = r#"{"Subcalls":[{"Subcalls":null,"Msg":{"Method":7}},{}],"GasCharges":[{"Name":"OnChainMessage","tg":3,"tt":5}]}"#;
        let trace: ExecutionTrace = serde_json::from_str(json).unwrap();
        let methods: Vec<_> = trace.subcalls.iter().map(|call| call.msg.method).collect();
        assert_eq!(methods, [7, 0]);
        let charge = &trace.gas_charges[0];
        assert_eq!((charge.total, charge.time_taken), (3, 5));
    }
}
