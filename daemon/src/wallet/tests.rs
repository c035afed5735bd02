//! Tests of the wallet: against independent implementations, and its rules about keys.

use std::fs;
use std::path::Path;

use lotus_chain::keys::{VerifyError, signing_bytes, verify};
use lotus_core::types::{Bytes, SignatureType, TokenAmount};
use proptest::prelude::*;
use serde::Deserialize;
use tempfile::TempDir;

use super::*;

const CHAIN_ID: u64 = 31_415_926;

fn wallet() -> (TempDir, Wallet) {
    let repo = tempfile::tempdir().unwrap();
    let wallet = reopen(repo.path());
    (repo, wallet)
}

fn reopen(repo: &Path) -> Wallet {
    let keystore = Keystore::open(repo.join("keystore"), repo.to_owned()).unwrap();
    Wallet::new(Arc::new(keystore), CHAIN_ID)
}

/// One case of `vectors.json`, whose first line says where they are from.
#[derive(Deserialize)]
struct Vector {
    address: Address,
    lotus_private_key: Bytes,
    data: String,
    signature: String,
    message: Message,
    message_signature: String,
    /// Of secp256k1 and BLS keys.
    message_cbor: Option<String>,
    message_cid: Option<String>,
    /// Of delegated keys.
    chain_id: Option<u64>,
    rlp: Option<String>,
}

fn vectors(key_type: &KeyType) -> Vec<Vector> {
    let all: serde_json::Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let vectors: Vec<Vector> = serde_json::from_value(all[key_type.as_str()].clone()).unwrap();
    assert!(vectors.len() >= 3);
    vectors
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

const TYPES: [(KeyType, SignatureType); 3] = [
    (KeyType::Secp256k1, SignatureType::Secp256k1),
    (KeyType::Bls, SignatureType::Bls),
    (KeyType::Delegated, SignatureType::Delegated),
];

#[test]
fn agrees_with_independent_implementations() {
    for (key_type, signature_type) in TYPES {
        for vector in vectors(&key_type) {
            let (_repo, mut wallet) = wallet();
            wallet.chain_id = vector.chain_id.unwrap_or(CHAIN_ID);
            let info = KeyInfo::new(key_type.clone(), vector.lotus_private_key.into_vec());
            let address = wallet.import(info).unwrap();
            assert_eq!(address, vector.address);

            let data = vector.data.as_bytes();
            let signature = wallet.sign(&address, data).unwrap();
            assert_eq!(hex(&signature.data), vector.signature);
            assert_eq!(signature.signature_type, signature_type);
            verify(&signature, &address, data).unwrap();

            if let Some(cbor) = vector.message_cbor {
                assert_eq!(hex(&vector.message.to_cbor().unwrap()), cbor);
                let cid = vector.message_cid.unwrap();
                assert_eq!(vector.message.cid().unwrap().to_string(), cid);
            }
            let signed_bytes = signing_bytes(&vector.message, &address, wallet.chain_id).unwrap();
            if let Some(rlp) = vector.rlp {
                assert_eq!(hex(&signed_bytes), rlp);
            }
            let signed = wallet
                .sign_message(&address, vector.message.clone())
                .unwrap();
            assert_eq!(hex(&signed.signature.data), vector.message_signature);
            assert_eq!(signed.message, vector.message);
            verify(&signed.signature, &address, &signed_bytes).unwrap();
        }
    }
}

#[test]
fn the_first_new_key_becomes_the_default() {
    let (repo, wallet) = wallet();
    let error = wallet.default_address().unwrap_err().to_string();
    assert_eq!(
        error,
        "failed to get default key: opening key 'default': key info not found"
    );

    let first = wallet.new_key(KeyType::Secp256k1).unwrap();
    let second = wallet.new_key(KeyType::Bls).unwrap();
    let third = wallet.new_key(KeyType::Delegated).unwrap();
    assert_eq!(wallet.default_address().unwrap(), first);
    assert!(first.to_string().starts_with("f1") && second.to_string().starts_with("f3"));
    assert!(third.to_string().starts_with("f410f"));
    assert_eq!(wallet.list().unwrap(), [first, second, third]);

    wallet.set_default(&third).unwrap();
    assert_eq!(reopen(repo.path()).default_address().unwrap(), third);
    assert_eq!(wallet.list().unwrap(), [first, second, third]);
}

#[test]
fn an_imported_key_does_not_become_the_default() {
    let (_other, other) = wallet();
    let (_repo, wallet) = wallet();
    let exported = other.export(&other.new_key(KeyType::Bls).unwrap()).unwrap();
    let address = wallet.import(exported.clone()).unwrap();
    assert!(wallet.has(&address).unwrap());
    assert_eq!(wallet.export(&address).unwrap(), exported);
    assert!(wallet.default_address().is_err());

    let error = wallet.import(exported).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "saving to keystore: checking key before put 'wallet-{address}': key already exists"
        )
    );
}

#[test]
fn keys_that_are_missing_are_added_and_the_first_is_the_default_if_there_is_none() {
    let (repo, wallet) = wallet();
    let keys = TYPES.map(|(key_type, _)| Key::generate(key_type).unwrap());
    let [first, second, third] = &keys;
    wallet.import(second.info().clone()).unwrap();
    wallet.import_missing(&keys).unwrap();
    assert_eq!(wallet.default_address().unwrap(), first.address());
    for key in &keys {
        let address = key.address();
        assert_eq!(wallet.export(&address).unwrap(), *key.info());
    }

    wallet.set_default(&third.address()).unwrap();
    wallet.delete(&first.address()).unwrap();
    let wallet = reopen(repo.path());
    wallet.import_missing(&keys).unwrap();
    assert_eq!(wallet.default_address().unwrap(), third.address());
    assert_eq!(wallet.list().unwrap().len(), 3);
}

#[test]
fn a_deleted_key_is_in_the_trash() {
    let (_repo, wallet) = wallet();
    let address = wallet.new_key(KeyType::Secp256k1).unwrap();
    let other = wallet.new_key(KeyType::Secp256k1).unwrap();
    let key = wallet.export(&address).unwrap();

    for _ in 0..2 {
        wallet.delete(&address).unwrap();
        assert!(!wallet.has(&address).unwrap());
        assert_eq!(wallet.list().unwrap(), [other]);
        assert_eq!(
            wallet.keystore.get(&format!("trash-{address}")).unwrap(),
            key
        );
        assert!(wallet.default_address().is_err());
        wallet
            .delete(&address)
            .expect("to delete what is not there is no error");
        wallet.import(key.clone()).unwrap();
    }

    wallet.set_default(&other).unwrap();
    wallet.delete(&address).unwrap();
    assert_eq!(wallet.default_address().unwrap(), other);
}

#[test]
fn unknown_keys_are_refused_in_lotus_s_words() {
    let (_repo, wallet) = wallet();
    let address = vectors(&KeyType::Secp256k1)[0].address;
    let message = Message {
        to: address,
        from: address,
        ..Message::default()
    };
    let text = format!("signing using key '{address}': key info not found");
    assert_eq!(wallet.sign(&address, b"").unwrap_err().to_string(), text);
    assert_eq!(
        wallet
            .sign_message(&address, message)
            .unwrap_err()
            .to_string(),
        text
    );
    let error = wallet.export(&address).unwrap_err().to_string();
    assert_eq!(error, format!("key not found for {address}"));
    let error = wallet.set_default(&address).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("opening key 'wallet-{address}': key info not found")
    );
    assert!(!wallet.has(&address).unwrap());
    assert!(!wallet.has(&Address::UNDEFINED).unwrap());
}

#[test]
fn an_id_address_needs_a_chain() {
    let (_repo, wallet) = wallet();
    let id = Address::new_id(1234);
    assert!(!wallet.has(&id).unwrap());
    for error in [
        wallet.sign(&id, b"").unwrap_err(),
        wallet.sign_message(&id, Message::default()).unwrap_err(),
        wallet.export(&id).unwrap_err(),
        wallet.set_default(&id).unwrap_err(),
        wallet.delete(&id).unwrap_err(),
    ] {
        assert!(
            error
                .to_string()
                .contains("ID address f01234: the wallet has no chain"),
            "{error}"
        );
    }
    let signature = Signature {
        signature_type: SignatureType::Bls,
        data: Bytes::default(),
    };
    assert_eq!(verify(&signature, &id, b""), Err(VerifyError::IdAddress));
}

#[test]
fn a_key_stored_for_the_other_network_is_found() {
    let (_repo, wallet) = wallet();
    for (key_type, _) in TYPES {
        let vector = vectors(&key_type).remove(0);
        let testnet = vector.address.to_string_on(Network::Testnet);
        let info = KeyInfo::new(key_type, vector.lotus_private_key.into_vec());
        wallet
            .keystore
            .put(&format!("wallet-{testnet}"), &info)
            .unwrap();

        let address = vector.address;
        assert!(wallet.has(&address).unwrap());
        assert!(wallet.has(&testnet.parse().unwrap()).unwrap());
        assert_eq!(
            hex(&wallet.sign(&address, vector.data.as_bytes()).unwrap().data),
            vector.signature
        );
        assert_eq!(wallet.list().unwrap(), [address]);

        // Stored under both prefixes it is still one key, and is deleted as one.
        wallet.import(info).unwrap();
        assert_eq!(wallet.list().unwrap(), [address]);
        wallet.delete(&address).unwrap();
        assert!(wallet.list().unwrap().is_empty());
    }
}

#[test]
fn keys_of_other_types_are_refused() {
    let (repo, wallet) = wallet();
    let error = wallet
        .new_key(KeyType::Secp256k1Ledger)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no wallet backends supporting key type: secp256k1-ledger"),
        "{error}"
    );
    for key_type in [
        KeyType::from("quantum"),
        KeyType::JwtHmacSecret,
        KeyType::Libp2pHost,
    ] {
        let error = wallet.new_key(key_type.clone()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("unsupported key type: {key_type}")),
            "{error}"
        );
        assert!(wallet.import(KeyInfo::new(key_type, vec![1; 32])).is_err());
    }
    assert_eq!(
        fs::read_dir(repo.path().join("keystore")).unwrap().count(),
        0
    );
}

#[test]
fn bytes_that_are_no_key_are_refused() {
    let (repo, wallet) = wallet();
    for (key_type, _) in TYPES {
        for bytes in [
            vec![],
            vec![1; 31],
            vec![1; 33],
            vec![0; 32],
            vec![0xff; 32],
        ] {
            let error = wallet
                .import(KeyInfo::new(key_type.clone(), bytes))
                .unwrap_err();
            assert!(
                error.to_string().starts_with("failed to make key: "),
                "{error}"
            );
        }
    }
    assert_eq!(
        fs::read_dir(repo.path().join("keystore")).unwrap().count(),
        0
    );
}

#[test]
fn a_renamed_key_signs_nothing() {
    let (_repo, wallet) = wallet();
    let held = wallet
        .export(&wallet.new_key(KeyType::Secp256k1).unwrap())
        .unwrap();
    let address = vectors(&KeyType::Secp256k1)[0].address;
    wallet
        .keystore
        .put(&format!("wallet-{address}"), &held)
        .unwrap();
    let error = wallet.sign(&address, b"").unwrap_err().to_string();
    assert!(error.contains("holds the key of"), "{error}");
}

#[test]
fn a_delegated_key_signs_ethereum_transactions_only() {
    let (_repo, wallet) = wallet();
    let vector = vectors(&KeyType::Delegated).remove(1);
    let info = KeyInfo::new(KeyType::Delegated, vector.lotus_private_key.into_vec());
    let address = wallet.import(info).unwrap();
    let error = |change: fn(&mut Message)| {
        let mut message = vector.message.clone();
        change(&mut message);
        wallet
            .sign_message(&address, message)
            .unwrap_err()
            .to_string()
    };

    assert!(error(|m| m.method = 0).contains("invalid methodnum 0"));
    assert!(error(|m| m.to = Address::new_id(10)).contains("invalid methodnum 3844450837"));
    assert!(error(|m| m.method = 4).contains("invalid methodnum 4"));
    assert!(error(|m| m.version = 1).contains("unsupported msg version: 1"));
    assert!(error(|m| m.gas_limit = -1).contains("GasLimit is negative"));
    assert!(error(|m| m.value = TokenAmount::from_atto(-1)).contains("Value is negative"));
    let secp = "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy"
        .parse::<Address>()
        .unwrap();
    let mut message = vector.message.clone();
    message.to = secp;
    let refused = wallet
        .sign_message(&address, message)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("failed to convert To address f17uoq6"),
        "{refused}"
    );
    // Not CBOR, an integer, an array, an empty string, one too long, one not the shortest.
    for params in [
        &[0xff][..],
        &[1],
        &[0x81, 1],
        &[0x40],
        &[0x41, 1, 2],
        &[0x58, 1, 2],
        &[0x42, 1],
    ] {
        let mut message = vector.message.clone();
        message.params = params.into();
        let refused = wallet
            .sign_message(&address, message)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("one CBOR byte string"),
            "{params:?}: {refused}"
        );
    }
}

#[test]
fn an_incomplete_message_is_not_signed() {
    let (_repo, wallet) = wallet();
    let address = wallet.new_key(KeyType::Bls).unwrap();
    let message = Message {
        from: address,
        ..Message::default()
    };
    let error = wallet
        .sign_message(&address, message)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no To address"), "{error}");
}

#[test]
fn both_halves_of_the_curve_order_verify_and_nothing_else_about_v() {
    // As on the chain: (r, n - s, v ^ 1) is the same signature.
    let vector = vectors(&KeyType::Secp256k1).remove(0);
    let data = data_encoding::HEXLOWER
        .decode(vector.signature.as_bytes())
        .unwrap();
    let parsed = k256::ecdsa::Signature::from_slice(&data[..64]).unwrap();
    let (r, s) = parsed.split_scalars();
    let mut high = k256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes())
        .unwrap()
        .to_vec();
    high.push(data[64] ^ 1);
    let check = |data: Vec<u8>| {
        let signature = Signature {
            signature_type: SignatureType::Secp256k1,
            data: data.into(),
        };
        verify(&signature, &vector.address, vector.data.as_bytes())
    };
    check(high).unwrap();
    let with_v = |v| [&data[..64], &[v]].concat();
    check(with_v(data[64])).unwrap();
    for v in [data[64] ^ 1, 2, 3, 4, 27, 28, 255] {
        assert!(check(with_v(v)).is_err(), "v = {v}");
    }
}

#[test]
fn new_keys_from_many_threads_all_arrive() {
    let (_repo, wallet) = wallet();
    let mut made: Vec<Address> = std::thread::scope(|scope| {
        let new = || wallet.new_key(KeyType::Secp256k1).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(new)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    made.sort_by_cached_key(Address::to_string);
    assert_eq!(wallet.list().unwrap(), made);
    assert!(made.contains(&wallet.default_address().unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_signed_verifies_and_what_is_changed_does_not(
        kind in 0usize..3,
        seed in any::<[u8; 31]>(),
        data in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        flip in 0u8..8,
    ) {
        let (key_type, _) = TYPES[kind].clone();
        // Below the order of either curve in either byte order, and not zero.
        let mut private_key = vec![1; 32];
        private_key[..31].copy_from_slice(&seed);
        private_key[0] &= 0x3f;
        let key = Key::new(KeyInfo::new(key_type, private_key)).unwrap();
        let signature = key.sign(&data).unwrap();
        prop_assert_eq!(verify(&signature, &key.address(), &data), Ok(()));

        let mut other = data.clone();
        other[at.index(data.len())] ^= 1 << flip;
        prop_assert!(verify(&signature, &key.address(), &other).is_err());

        let mut tampered = signature.clone();
        let index = at.index(tampered.data.len());
        tampered.data.0[index] ^= 1 << flip;
        prop_assert!(verify(&tampered, &key.address(), &data).is_err());

        for (_, other_type) in TYPES.iter().filter(|(_, t)| *t != signature.signature_type) {
            let mislabelled = Signature { signature_type: *other_type, ..signature.clone() };
            prop_assert!(verify(&mislabelled, &key.address(), &data).is_err());
        }
    }

    #[test]
    fn no_signature_panics(kind in 0usize..3, data in prop::collection::vec(any::<u8>(), 0..100), signer in 0usize..3) {
        let signer = vectors(&TYPES[signer].0)[0].address;
        let signature = Signature { signature_type: TYPES[kind].1, data: data.into() };
        prop_assert!(verify(&signature, &signer, b"hello").is_err());
    }
}
