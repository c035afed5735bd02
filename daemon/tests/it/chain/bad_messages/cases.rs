//! All that can be wrong with a message, each beside the code and the words that name it.

use fvm_shared::bigint::BigInt;
use lotus_chain::accounts::Account;
use lotus_core::types::{
    Address, Bytes, Message, Signature, SignatureType, SignedMessage, TokenAmount,
};
use serde_json::{Value, json};

use crate::chain::door::signed;

/// `InvokeContract`, with which a delegated key sends funds.
const INVOKE_CONTRACT: u64 = 3_844_450_837;

/// A message that could be mined.
pub(super) fn good(from: &Account, to: &Account, nonce: u64) -> Message {
    let delegated = from.address().to_eth().is_some();
    Message {
        from: from.address(),
        // A delegated key reaches only who has an Ethereum address, as a number has.
        to: if delegated {
            Address::new_id(101)
        } else {
            to.address()
        },
        nonce,
        value: TokenAmount::from_atto(7),
        gas_limit: 10_000_000,
        gas_fee_cap: TokenAmount::from_atto(200_000_000),
        gas_premium: TokenAmount::from_atto(100),
        method: if delegated { INVOKE_CONTRACT } else { 0 },
        ..Message::default()
    }
}

/// What is wrong with a message, and the message.
pub(super) type Case = (i64, &'static str, Value);

pub(super) fn two_to_the_256() -> BigInt {
    BigInt::from(2).pow(256)
}

/// Messages that are signed as they are, or could not be signed at all.
pub(super) fn impossible(from: &Account, to: &Account) -> Vec<Case> {
    type Change = fn(&mut Message);
    let changes: Vec<(&'static str, Change)> = vec![
        ("'Version' unsupported", |m| m.version = 1),
        ("'To' address cannot be empty", |m| {
            m.to = Address::default()
        }),
        ("'From' address cannot be empty", |m| {
            m.from = Address::default();
        }),
        ("invalid 'To' address", |m| {
            let mut point = [0; 48];
            point[0] = 0xc0;
            m.to = Address::from_bls(&point).unwrap();
        }),
        (
            "'Value' field cannot be greater than total filecoin supply",
            |m| {
                m.value = TokenAmount::from_atto(two_to_the_256());
            },
        ),
        ("'Value' field cannot be negative", |m| {
            m.value = TokenAmount::from_atto(-two_to_the_256());
        }),
        ("'Value' field cannot be negative", |m| {
            m.value = TokenAmount::from_atto(-1);
        }),
        ("cannot send more filecoin than will ever exist", |m| {
            m.value = TokenAmount::from_whole(2_000_000_000_u64);
        }),
        ("'GasLimit' field -1 must be positive", |m| m.gas_limit = -1),
        ("must be positive", |m| m.gas_limit = i64::MIN),
        ("'GasLimit' field 0 must be positive", |m| m.gas_limit = 0),
        (
            "'GasLimit' field cannot be less than the cost of storing",
            |m| {
                m.gas_limit = 1;
            },
        ),
        ("greater than a block's gas limit (10000000001 >", |m| {
            m.gas_limit = 10_000_000_001;
        }),
        ("greater than a block's gas limit", |m| {
            m.gas_limit = i64::MAX
        }),
        ("'GasFeeCap' less than 'GasPremium'", |m| {
            m.gas_premium = TokenAmount::from_atto(200_000_001);
        }),
        ("'GasFeeCap' field cannot be negative", |m| {
            m.gas_fee_cap = TokenAmount::from_atto(-1);
        }),
        ("'GasPremium' field cannot be negative", |m| {
            m.gas_premium = TokenAmount::from_atto(-1);
        }),
        ("gas fee cap too low", |m| {
            m.gas_fee_cap = TokenAmount::from_atto(99);
            m.gas_premium = TokenAmount::from_atto(1);
        }),
        ("not enough funds", |m| {
            m.gas_fee_cap = TokenAmount::from_whole(1);
        }),
        ("mpool message too large", |m| {
            m.params = Bytes(vec![7; 10 << 20]);
        }),
        ("mpool message too large", |m| {
            m.params = Bytes(vec![7; 64 << 10]);
        }),
        // The power actor, nobody, and a key that has no account.
        ("04 is not a valid top-level sender", |m| {
            m.from = Address::new_id(4);
        }),
        ("actor not found", |m| m.from = Address::new_id(77_777)),
        ("actor not found", |m| m.from = Address::from_eth(&[9; 20])),
        ("signature verification failed", |m| {
            // The next account.
            m.from = Address::new_id(101);
        }),
    ];
    let base = signed(from, good(from, to, 0));
    changes
        .into_iter()
        .map(|(why, change)| {
            let mut message = base.message.clone();
            change(&mut message);
            let signable = message.cid().is_ok();
            let whole = match signable {
                true => signed(from, message),
                false => SignedMessage {
                    message,
                    ..base.clone()
                },
            };
            (1, why, serde_json::to_value(whole).unwrap())
        })
        .collect()
}

/// Messages whose signature is not that of their sender.
pub(super) fn forged(senders: &[Account], to: &Account) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |message: &Message, signature: Signature| {
        let whole = json!({"Message": message, "Signature": signature});
        cases.push((1, "signature verification failed", whole));
    };
    for from in senders {
        let right = signed(from, good(from, to, 0));
        let (message, signature) = (&right.message, &right.signature);
        let with = |data: Vec<u8>| Signature {
            data: Bytes(data),
            ..signature.clone()
        };
        let mut flipped = signature.data.to_vec();
        flipped[7] ^= 1;
        add(message, with(flipped));
        let length = signature.data.len();
        add(message, with(signature.data[..length - 1].to_vec()));
        add(message, with([&signature.data[..], &[0]].concat()));
        add(message, with(Vec::new()));
        add(message, with(vec![0xff; length]));
        add(message, with(vec![0; length]));
        let other = Message {
            value: TokenAmount::from_atto(8),
            ..message.clone()
        };
        add(&other, signature.clone());
        for kind in [
            SignatureType::Secp256k1,
            SignatureType::Bls,
            SignatureType::Delegated,
        ] {
            if kind != signature.signature_type {
                let data = signature.data.clone();
                let signature_type = kind;
                add(
                    message,
                    Signature {
                        signature_type,
                        data,
                    },
                );
            }
        }
        // By somebody else.
        add(message, signed(to, good(to, to, 0)).signature);
    }
    cases
}

/// What is not even a message.
pub(super) fn malformed(from: &Account, to: &Account) -> Vec<Case> {
    let right = serde_json::to_value(signed(from, good(from, to, 0))).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut whole = right.clone();
        *whole.pointer_mut(pointer).unwrap() = value;
        whole
    };
    let without = |pointer: &str, key: &str| {
        let mut whole = right.clone();
        let object = whole.pointer_mut(pointer).unwrap();
        object.as_object_mut().unwrap().remove(key).unwrap();
        whole
    };
    let decode = -32_700;
    let mut cases = vec![
        (1, "'To' address cannot be empty", without("/Message", "To")),
        (
            1,
            "'From' address cannot be empty",
            without("/Message", "From"),
        ),
        (1, "must be positive", without("/Message", "GasLimit")),
        (1, "GasFeeCap", without("/Message", "GasFeeCap")),
        (
            1,
            "signature verification failed",
            without("/Signature", "Data"),
        ),
        (
            1,
            "signature verification failed",
            with("/Signature/Data", Value::Null),
        ),
        (
            decode,
            "unknown signature type 9",
            with("/Signature/Type", json!(9)),
        ),
        (decode, "MpoolPush", with("/Signature/Data", json!("%%%"))),
        (
            decode,
            "MpoolPush",
            with("/Message/Params", json!("no base64!")),
        ),
        (
            decode,
            "MpoolPush",
            with("/Message/Params", json!([1, 300])),
        ),
        (
            decode,
            "MpoolPush",
            with("/Message/To", json!("f1nonsense")),
        ),
        (decode, "MpoolPush", with("/Message/To", json!(7))),
        (decode, "MpoolPush", with("/Message/Nonce", json!(-1))),
        (decode, "MpoolPush", with("/Message/Nonce", json!("0"))),
        (decode, "MpoolPush", with("/Message/Nonce", json!(1e30))),
        (decode, "MpoolPush", with("/Message/GasLimit", json!(1.5))),
        (decode, "MpoolPush", with("/Message/Value", json!("one"))),
        (
            decode,
            "MpoolPush",
            with("/Message/Value", json!({"/": "7"})),
        ),
        (decode, "MpoolPush", with("/Signature", Value::Null)),
        (decode, "MpoolPush", with("/Signature", json!([]))),
        (decode, "MpoolPush", json!("message")),
        (decode, "MpoolPush", json!([])),
    ];
    cases.push((decode, "MpoolPush", without("", "Signature")));
    cases
}
