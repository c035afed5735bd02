//! What happened inside a transaction: one trace per call or creation of a contract.

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::filter::one_or_many;
use super::{EthAddress, EthBigInt, EthBytes, EthHash, EthUint64};
use crate::object;

/// A call or a creation of a contract (Lotus `EthTrace`).
#[object]
#[serde(rename_all = "camelCase")]
pub struct EthTrace {
    /// `call` or `create`.
    pub r#type: String,
    /// Why it failed; nothing if it did not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// How many calls and creations it made itself.
    pub subtraces: i64,
    /// Which one it is: its position among those of its parent, after the position of the parent.
    pub trace_address: Vec<i64>,
    /// What was to be done.
    pub action: EthTraceAction,
    /// What came of it.
    pub result: EthTraceResult,
}

/// A trace, and where its transaction is (Lotus `EthTraceBlock`, `EthTraceTransaction` and
/// `EthTraceFilterResult`).
#[object]
#[serde(rename_all = "camelCase")]
pub struct EthTransactionTrace {
    /// `call` or `create`.
    pub r#type: String,
    /// Why it failed; nothing if it did not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// How many calls and creations it made itself.
    pub subtraces: i64,
    /// Which one it is: its position among those of its parent, after the position of the parent.
    pub trace_address: Vec<i64>,
    /// What was to be done.
    pub action: EthTraceAction,
    /// What came of it.
    pub result: EthTraceResult,
    /// The block.
    pub block_hash: EthHash,
    /// The number of the block, an epoch.
    pub block_number: i64,
    /// The transaction.
    pub transaction_hash: EthHash,
    /// Its position in the block.
    pub transaction_position: i64,
}

/// A transaction that was executed again, with its traces (Lotus
/// `EthTraceReplayBlockTransaction`).
#[object]
#[serde(rename_all = "camelCase")]
pub struct EthTraceReplay {
    /// What it returned.
    pub output: EthBytes,
    /// Always absent: Lotus offers traces only.
    pub state_diff: Option<String>,
    /// Its traces, parents before children.
    pub trace: Vec<EthTrace>,
    /// The transaction.
    pub transaction_hash: EthHash,
    /// Always absent: Lotus offers traces only.
    pub vm_trace: Option<String>,
}

/// What was to be done. A shape that this program does not know is kept as it is.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum EthTraceAction {
    /// A call.
    Call(EthCallTraceAction),
    /// The creation of a contract.
    Create(EthCreateTraceAction),
    /// Anything else.
    Other(Value),
}

/// What came of it. A shape that this program does not know is kept as it is.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum EthTraceResult {
    /// Of a call.
    Call(EthCallTraceResult),
    /// Of the creation of a contract.
    Create(EthCreateTraceResult),
    /// Anything else; `null` if it failed before there was a result.
    Other(Value),
}

/// A call (Lotus `EthCallTraceAction`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthCallTraceAction {
    /// `call`, `delegatecall` or `staticcall`.
    pub call_type: String,
    /// Who called.
    pub from: EthAddress,
    /// Who was called.
    pub to: EthAddress,
    /// The gas that it might use, in gas units.
    pub gas: EthUint64,
    /// What was sent along, in attoFIL.
    pub value: EthBigInt,
    /// The method and its parameters.
    pub input: EthBytes,
}

/// What came of a call (Lotus `EthCallTraceResult`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthCallTraceResult {
    /// The gas that it used, in gas units.
    pub gas_used: EthUint64,
    /// What it returned.
    pub output: EthBytes,
}

/// The creation of a contract (Lotus `EthCreateTraceAction`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthCreateTraceAction {
    /// Who made it.
    pub from: EthAddress,
    /// The gas that it might use, in gas units.
    pub gas: EthUint64,
    /// What was sent along, in attoFIL.
    pub value: EthBigInt,
    /// The code that makes the contract.
    pub init: EthBytes,
}

/// What came of the creation of a contract (Lotus `EthCreateTraceResult`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthCreateTraceResult {
    /// The contract, if there is one now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<EthAddress>,
    /// The gas that it used, in gas units.
    pub gas_used: EthUint64,
    /// The contract's code.
    pub code: EthBytes,
}

impl Default for EthTraceAction {
    fn default() -> EthTraceAction {
        EthTraceAction::Other(Value::Null)
    }
}

impl Default for EthTraceResult {
    fn default() -> EthTraceResult {
        EthTraceResult::Other(Value::Null)
    }
}

impl<'de> Deserialize<'de> for EthTraceAction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EthTraceAction, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match &value {
            Value::Object(members) if members.contains_key("callType") => {
                typed(value).map(EthTraceAction::Call)
            }
            Value::Object(members) if members.contains_key("init") => {
                typed(value).map(EthTraceAction::Create)
            }
            _ => Ok(EthTraceAction::Other(value)),
        }
    }
}

impl<'de> Deserialize<'de> for EthTraceResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EthTraceResult, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match &value {
            Value::Object(members) if members.contains_key("output") => {
                typed(value).map(EthTraceResult::Call)
            }
            Value::Object(members) if members.contains_key("code") => {
                typed(value).map(EthTraceResult::Create)
            }
            _ => Ok(EthTraceResult::Other(value)),
        }
    }
}

fn typed<T: DeserializeOwned, E: Error>(value: Value) -> Result<T, E> {
    serde_json::from_value(value).map_err(E::custom)
}

/// Which traces are looked for; what is absent restricts nothing (Lotus `EthTraceFilterCriteria`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthTraceFilterCriteria {
    /// The first block: a number, `latest` or `pending`; the latest if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_block: Option<String>,
    /// The last block, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_block: Option<String>,
    /// Who called. One address may stand without a list.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_many"
    )]
    pub from_address: Vec<EthAddress>,
    /// Who was called. One address may stand without a list.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_many"
    )]
    pub to_address: Vec<EthAddress>,
    /// How many are skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<EthUint64>,
    /// How many are returned at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<EthUint64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn actions_and_results_round_trip(gas in any::<u64>(), bytes in any::<Vec<u8>>(), address in any::<Option<[u8; 20]>>()) {
            let (gas, bytes, address) = (EthUint64(gas), EthBytes(bytes), address.map(EthAddress));
            let call = EthCallTraceAction { gas, input: bytes.clone(), ..Default::default() };
            let create = EthCreateTraceAction { gas, init: bytes.clone(), ..Default::default() };
            for action in [EthTraceAction::Call(call), EthTraceAction::Create(create)] {
                let json = serde_json::to_string(&action).unwrap();
                prop_assert_eq!(serde_json::from_str::<EthTraceAction>(&json).unwrap(), action);
            }
            let call = EthCallTraceResult { gas_used: gas, output: bytes.clone() };
            let create = EthCreateTraceResult { gas_used: gas, code: bytes, address };
            for result in [EthTraceResult::Call(call), EthTraceResult::Create(create)] {
                let json = serde_json::to_string(&result).unwrap();
                prop_assert_eq!(serde_json::from_str::<EthTraceResult>(&json).unwrap(), result);
            }
        }
    }

    #[test]
    fn what_is_not_known_is_kept() {
        for json in ["null", "{}", r#"{"refundAddress":"0x05"}"#, "[1]"] {
            let action: EthTraceAction = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&action).unwrap(), json);
            let result: EthTraceResult = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&result).unwrap(), json);
        }
        assert!(
            serde_json::from_str::<EthTraceAction>(r#"{"callType":"call","gas":"x"}"#).is_err()
        );
    }
}
