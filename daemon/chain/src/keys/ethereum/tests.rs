//! Transactions of all kinds, there and back.

use data_encoding::HEXLOWER;
use k256::ecdsa::SigningKey;
use proptest::prelude::*;

use super::form::{EIP_155_V, Form, HOMESTEAD_V, SCALARS};
use super::*;
use crate::keys::delegated::{self, EIP_1559, INVOKE_CONTRACT};
use crate::keys::{LOCAL_CHAIN_ID, verify_message};
use fvm_ipld_encoding::{strict_bytes, to_vec};
use lotus_types::{Bytes, Message, TokenAmount};

/// A transaction of a key, as a wallet would sign it.
fn raw(form: Form, message: &Message, key: &SigningKey, chain_id: u64) -> Vec<u8> {
    let bytes = form.encode(message, chain_id, None).unwrap();
    let data = delegated::sign(key, &bytes);
    let (r, s) = data[..SCALARS].split_at(SCALARS / 2);
    let recovery = u64::from(data[SCALARS]);
    let v = match form {
        Form::Eip1559 => recovery,
        Form::Homestead => HOMESTEAD_V + recovery,
        Form::Eip155 => 2 * chain_id + EIP_155_V + recovery,
    };
    let parts = [&v.to_be_bytes(), r, s];
    form.encode(message, chain_id, Some(parts)).unwrap()
}

prop_compose! {
    fn message()(
        nonce in any::<u64>(), price in any::<u64>(), value in any::<u128>(),
        gas_limit in 0..i64::MAX, to in any::<[u8; 20]>(),
        input in proptest::collection::vec(any::<u8>(), 0..40),
    ) -> Message {
        let params = match input.is_empty() {
            true => Vec::new(),
            false => to_vec(&strict_bytes::ByteBuf(input)).unwrap(),
        };
        Message {
            nonce, gas_limit,
            to: EthAddress(to).to_filecoin().unwrap(),
            method: INVOKE_CONTRACT,
            value: TokenAmount::from_atto(value),
            gas_fee_cap: TokenAmount::from_atto(price),
            gas_premium: TokenAmount::from_atto(price),
            params: Bytes(params),
            ..Message::default()
        }
    }
}

proptest! {
    #[test]
    fn a_transaction_is_the_message_and_the_message_the_transaction(
        message in message(), secret in 1..u64::MAX,
    ) {
        let mut scalar = [0; 32];
        scalar[24..].copy_from_slice(&secret.to_be_bytes());
        let key = SigningKey::from_slice(&scalar).unwrap();
        for form in [Form::Eip1559, Form::Homestead, Form::Eip155] {
            let raw = raw(form, &message, &key, LOCAL_CHAIN_ID);
            let signed = from_raw(&raw, LOCAL_CHAIN_ID).unwrap();
            let from = delegated::address(&key);
            prop_assert_eq!(&signed.message, &Message { from, ..message.clone() });
            verify_message(&signed, &from, LOCAL_CHAIN_ID).unwrap();
            let back = Transaction::of(&signed, LOCAL_CHAIN_ID).unwrap();
            prop_assert_eq!(back.hash, EthHash(keccak256(&raw)));
            prop_assert_eq!(back.eip_1559, form == Form::Eip1559);
            let mut padded = signed.clone();
            padded.signature.data.0.insert(SCALARS + 1, 0);
            prop_assert!(verify_message(&padded, &from, LOCAL_CHAIN_ID).is_err());
            let mut forged = signed;
            forged.message.nonce ^= 1;
            prop_assert!(verify_message(&forged, &from, LOCAL_CHAIN_ID).is_err());
        }
    }

    #[test]
    fn rubbish_is_refused_and_nothing_panics(raw in any::<Vec<u8>>(), list in any::<Vec<u8>>()) {
        prop_assert!(from_raw(&raw, LOCAL_CHAIN_ID).is_err());
        prop_assert!(from_raw(&[&[EIP_1559], &list[..]].concat(), LOCAL_CHAIN_ID).is_err());
    }
}

/// The example of EIP-155: the key 0x46…46, nonce 9, 20 gwei, 21000 gas, one ether.
#[test]
fn the_example_of_eip_155() {
    let raw = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a\
        76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d\
        8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
    let raw = HEXLOWER.decode(raw.as_bytes()).unwrap();
    let signed = from_raw(&raw, 1).unwrap();
    let expected: EthAddress = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"
        .parse()
        .unwrap();
    assert_eq!(
        EthAddress::from_filecoin(&signed.message.from),
        Ok(expected)
    );
    assert_eq!(signed.message.value, TokenAmount::from_whole(1));
    assert_eq!(signed.message.gas_limit, 21_000);
    let other = from_raw(&raw, LOCAL_CHAIN_ID).unwrap_err();
    assert_eq!(
        other.to_string(),
        "invalid chain id, expected 31415926, got 1"
    );
}

#[test]
fn what_filecoin_does_not_have_is_said() {
    let refused = |hex: &str| {
        let raw = HEXLOWER.decode(hex.as_bytes()).unwrap();
        from_raw(&raw, LOCAL_CHAIN_ID).unwrap_err().to_string()
    };
    assert_eq!(refused(""), "empty data");
    assert!(refused("01c0").contains("unsupported transaction type 1"));
    assert!(refused("02c0").contains("should have 12 elements"));
    assert!(refused("c0").contains("should have 9 elements"));
    assert!(refused("02c000").contains("more data after"));
}
