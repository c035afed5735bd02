//! A call of a contract that is only tried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EthAddress, EthBigInt, EthBytes, EthUint64};
use crate::object;

/// A transaction that is not sent, but executed to see what it would do (Lotus `EthCall`).
///
/// Its data is read from `input` too, which wins if both are there: that is the name in Ethereum's
/// specification, `data` the one that most clients use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "EthCallOrInput")]
pub struct EthCall {
    /// Who sends it; the system if absent.
    pub from: Option<EthAddress>,
    /// Who receives it; a new contract if absent.
    pub to: Option<EthAddress>,
    /// The gas that it may use, in gas units.
    pub gas: EthUint64,
    /// The price of a unit of gas, in attoFIL.
    pub gas_price: EthBigInt,
    /// What is sent along, in attoFIL.
    pub value: EthBigInt,
    /// The method and its parameters, or the code of a new contract.
    pub data: EthBytes,
}

/// What clients send.
#[object]
#[serde(rename_all = "camelCase")]
struct EthCallOrInput {
    from: Option<EthAddress>,
    to: Option<EthAddress>,
    gas: EthUint64,
    gas_price: EthBigInt,
    value: EthBigInt,
    data: EthBytes,
    input: Option<EthBytes>,
}

impl From<EthCallOrInput> for EthCall {
    fn from(wire: EthCallOrInput) -> EthCall {
        EthCall {
            from: wire.from,
            to: wire.to,
            gas: wire.gas,
            gas_price: wire.gas_price,
            value: wire.value,
            data: wire.input.unwrap_or(wire.data),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_wins_over_data() {
        let data = |json| {
            serde_json::from_str::<EthCall>(json)
                .unwrap()
                .data
                .to_string()
        };
        assert_eq!(data(r#"{"data":"0x01"}"#), "0x01");
        assert_eq!(data(r#"{"input":"0x02"}"#), "0x02");
        assert_eq!(data(r#"{"data":"0x01","input":"0x02"}"#), "0x02");
        assert_eq!(data(r#"{"data":"0x01","input":null}"#), "0x01");
        assert_eq!(data("{}"), "0x");
    }

    #[test]
    fn nobody_is_null() {
        let json = serde_json::to_string(&EthCall::default()).unwrap();
        let expected =
            r#"{"from":null,"to":null,"gas":"0x0","gasPrice":"0x0","value":"0x0","data":"0x"}"#;
        assert_eq!(json, expected);
    }
}
