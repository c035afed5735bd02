//! An example of every type that an API trait mentions, as JSON on one line.

mod token;

use lotus_core::types::{
    Address, ApiVersion, Bytes, KeyInfo, KeyType, Message, Signature, SignatureType, SignedMessage,
    TokenAmount, Version,
};
use serde::Serialize;

/// An example of a parameter; some names tell more than their type.
pub(crate) fn parameter(name: &str, ty: &str) -> Option<String> {
    let text = match name {
        "perms" => return Some(json(&["read", "write"])),
        "token" if ty == "String" => token::TEXT,
        "method" => "Filecoin.LogSetLevel",
        "id" => token::ID,
        "subsystem" => "*",
        "level" => "debug",
        "address" if ty == "String" => return value("Address"),
        _ => return value(ty),
    };
    Some(json(&text))
}

/// An example of a type, by the type's name in the traits.
pub(crate) fn value(ty: &str) -> Option<String> {
    Some(match ty {
        "()" => json(&()),
        "bool" => json(&true),
        "u64" => json(&3600),
        "Address" => json(&address()),
        "Bytes" => json(&bytes()),
        "KeyInfo" => json(&KeyInfo::new(KeyType::Secp256k1, vec![1; 32])),
        "KeyType" => json(&KeyType::Secp256k1),
        "Message" => json(&message()),
        "Permissions" => json(&["read", "write"]),
        "Signature" => json(&signature()),
        "SignedMessage" => json(&SignedMessage {
            message: message(),
            signature: signature(),
        }),
        "Timestamp" => json(&"2026-01-31T12:00:00Z"),
        "TokenAmount" => json(&TokenAmount::from_whole(1)),
        "Uuid" => json(&"07070707-0707-4707-8707-070707070707"),
        "Vec<Address>" => json(&[address()]),
        "Vec<Alert>" => ALERTS.to_owned(),
        "Vec<String>" => json(&["rpc", "wallet"]),
        "Version" => json(&Version {
            version: "0.1.0".to_owned(),
            api_version: ApiVersion::FULL_V1,
            block_delay: 30,
            agent: "lotus".to_owned(),
        }),
        "Box<RawValue>" => r#"{"openrpc":"1.3.2","info":{…},"methods":[…]}"#.to_owned(),
        _ => return token::value(ty),
    })
}

const ALERTS: &str = concat!(
    r#"[{"Type":{"System":"process","Subsystem":"fd-limit"},"Active":true,"#,
    r#""LastActive":{"Type":"raised","Message":{"limit":1024},"Time":"2026-01-31T12:00:00Z"},"#,
    r#""LastResolved":null}]"#,
);

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data has a JSON form")
}

fn address() -> Address {
    "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy"
        .parse()
        .expect("a well-formed address")
}

fn bytes() -> Bytes {
    Bytes(b"hello".to_vec())
}

fn message() -> Message {
    Message {
        to: Address::new_id(1000),
        from: address(),
        value: TokenAmount::from_whole(1),
        gas_limit: 1_000_000,
        gas_fee_cap: TokenAmount::from_atto(101_000),
        gas_premium: TokenAmount::from_atto(100_000),
        ..Message::default()
    }
}

fn signature() -> Signature {
    Signature {
        signature_type: SignatureType::Secp256k1,
        data: Bytes(vec![1; 65]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::{FULL_NODE, MINER};

    #[test]
    fn every_type_in_the_tables_has_an_example() {
        for method in FULL_NODE.methods().chain(MINER.methods()) {
            for param in method.params {
                let example = parameter(param.name, param.ty.name);
                let example = example.unwrap_or_else(|| panic!("{} {param:?}", method.name));
                serde_json::from_str::<serde_json::Value>(&example).unwrap();
            }
            assert!(
                value(method.result.name).is_some(),
                "{} {}",
                method.name,
                method.result.name
            );
        }
    }
}
