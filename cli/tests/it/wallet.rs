//! The wallet commands against a running node.

use std::fs;

use crate::harness::Home;
use crate::running::node;

fn new(home: &Home, key_type: &str) -> String {
    home.run(&format!("wallet new {key_type}"))
        .ok()
        .trim_end()
        .to_owned()
}

#[test]
fn keys_of_all_types_sign_and_verify() {
    let (home, _node) = node();
    for (key_type, prefix, signature_prefix) in [
        ("", "t1", "01"),
        ("bls", "t3", "02"),
        ("delegated", "t410f", "03"),
    ] {
        let address = new(&home, key_type);
        assert!(address.starts_with(prefix), "{address}");
        let signature = home.run(&format!("wallet sign {address} 68656c6c6f")).ok();
        let signature = signature.trim_end();
        assert!(signature.starts_with(signature_prefix), "{signature}");

        let verify = |rest: &str| home.run(&format!("wallet verify {rest}"));
        assert_eq!(
            verify(&format!("{address} 0x68656c6c6f {signature}")).ok(),
            "valid\n"
        );
        let enveloped = "1946696c65636f696e205369676e6564204d6573736167653a0a3568656c6c6f";
        assert_eq!(
            verify(&format!("--raw {address} {enveloped} {signature}")).ok(),
            "valid\n"
        );
        for wrong in [
            format!("{address} 68656c6c6e {signature}"),
            format!("--raw {address} 68656c6c6f {signature}"),
        ] {
            let said = verify(&wrong);
            assert_eq!(
                (said.code, said.stdout.as_str()),
                (Some(1), "invalid\n"),
                "{wrong}"
            );
            assert_eq!(
                said.stderr,
                "ERROR: CLI Verify called with invalid signature\n\n"
            );
        }
        let raw = home
            .run(&format!("wallet sign {address} {enveloped} --raw"))
            .ok();
        let raw = raw.trim_end();
        assert_eq!(
            verify(&format!("{address} 68656c6c6f {raw}")).ok(),
            "valid\n"
        );
    }
    assert!(home.run("wallet new rsa").error().contains("rsa"));
    assert_eq!(
        home.run("wallet sign t01 xy").error(),
        "the message is not hex: invalid symbol at 0"
    );
    assert!(
        home.run("wallet has nonsense")
            .error()
            .starts_with("invalid address \"nonsense\"")
    );
}

#[test]
fn the_default_address() {
    let (home, _node) = node();
    let empty = home.run("wallet list");
    assert!(empty.stderr.contains("lotus wallet new"), "{empty:?}");
    assert_eq!(empty.ok(), "");
    assert_eq!(
        home.run("wallet list --output json").json(),
        serde_json::json!([])
    );
    assert!(
        home.run("wallet default")
            .error()
            .starts_with("failed to get default key")
    );

    let (first, second) = (new(&home, ""), new(&home, ""));
    assert_eq!(home.run("wallet default").ok(), format!("{first}\n"));
    let set = home.run(&format!("wallet set-default {second}")).ok();
    assert_eq!(set, format!("Default address set to: {second}\n"));
    let json = home.run("wallet default --output json").json();
    assert_eq!(json["address"], second.as_str());

    let mut sorted = [&first, &second];
    sorted.sort();
    let mark = |address: &str| {
        if address == second {
            format!("{address}  0 FIL    0      X\n")
        } else {
            format!("{address}  0 FIL    0\n")
        }
    };
    let table = format!(
        "{:41}  Balance  Nonce  Default\n{}{}",
        "Address",
        mark(sorted[0]),
        mark(sorted[1])
    );
    assert_eq!(home.run("wallet list").ok(), table);
    assert_eq!(
        home.run("wallet list -a").ok(),
        format!("{}\n{}\n", sorted[0], sorted[1])
    );
    let json = home.run("wallet list --output json").json();
    let default: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["default"] == true)
        .collect();
    assert_eq!(default.len(), 1);
    assert_eq!(default[0]["address"], second.as_str());
}

#[test]
fn a_key_is_exported_deleted_and_imported_again() {
    let (home, _node) = node();
    let address = new(&home, "secp256k1");
    let has = |address: &str| home.run(&format!("wallet has {address}")).ok();
    let delete = |address: &str| home.run(&format!("wallet delete {address}"));
    for (format, more) in [
        ("hex-lotus", ""),
        ("json-lotus", ""),
        ("hex-eth", "--type secp256k1 --as-default"),
    ] {
        let key = home
            .run(&format!("wallet export --format {format} {address}"))
            .ok();
        let json = home.run(&format!(
            "wallet export {address} --format {format} --output json"
        ));
        assert_eq!(json.json()["key"], key.trim_end());

        let keystore = home.repo().join("keystore");
        assert_eq!(
            delete(&address).ok(),
            format!(
                "Soft deleting address: {address}\nHard deletion of the address in `{}` is needed \
                 for permanent removal\n",
                keystore.display()
            )
        );
        assert_eq!(has(&address), "false\n");
        let line = format!("wallet import --format {format} {more}");
        let imported = home.run_with_stdin(&line, &format!("  {key}")).ok();
        assert_eq!(imported, format!("imported key {address} successfully!\n"));
        assert_eq!(has(&address), "true\n");
    }
    assert_eq!(
        home.run("wallet default").ok(),
        format!("{address}\n"),
        "--as-default"
    );

    let key = home.run(&format!("wallet export {address}")).ok();
    let file = home.path().join("key");
    fs::write(&file, &key).unwrap();
    let again = home
        .run(&format!("wallet import {}", file.display()))
        .error();
    assert!(again.contains("key already exists"), "{again}");
    assert!(
        home.run("wallet export t1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za")
            .error()
            .starts_with("key not found for t1ab")
    );
    let bls = new(&home, "bls");
    assert_eq!(
        home.run(&format!("wallet export {bls} --format hex-eth"))
            .error(),
        "hex-eth format requires a secp256k1 or delegated key, got: bls"
    );
}
