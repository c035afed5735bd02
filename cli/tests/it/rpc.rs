//! `lotus rpc`: any method by name.

use std::fs;

use serde_json::json;

use crate::harness::{Home, LOTUS};
use crate::running::node;

#[test]
fn any_method_is_called_by_name_and_its_result_is_json() {
    let (home, _daemon) = node();
    let address = home.run("rpc WalletNew bls").json();
    let address = address.as_str().unwrap();
    assert!(address.starts_with("f3") || address.starts_with("t3"));
    assert_eq!(home.run(&format!("rpc WalletHas {address}")).json(), true);
    let signature = home
        .run(&format!("rpc WalletSign {address} aGVsbG8="))
        .json();
    assert_eq!(signature["Type"], 2);
    let file = home.path().join("params.json");
    fs::write(&file, json!([address, "aGVsbG8=", signature]).to_string()).unwrap();
    let verified = home.run(&format!(
        "rpc WalletVerify --params-file {}",
        file.display()
    ));
    assert_eq!(verified.json(), true);
    let discovered = home.run("rpc rpc.discover").json();
    assert_eq!(discovered["openrpc"], "1.3.2");
    assert_eq!(
        home.run("rpc Filecoin.Version --api v0").json()["APIVersion"],
        66816
    );
}

#[test]
fn what_cannot_be_right_is_refused_before_it_is_sent() {
    // No daemon runs: whoever connects fails otherwise.
    let home = Home::new(LOTUS);
    let error = home.run("rpc WalletSign f01").error();
    assert!(
        error.contains("wrong number of parameters: 1 instead of 2"),
        "{error}"
    );
    assert!(
        error.contains("Filecoin.WalletSign(address: Address, data: Bytes)"),
        "{error}"
    );
    let error = home.run("rpc WalletHas nobody").error();
    assert!(error.contains("address is no Address"), "{error}");
    let error = home.run("rpc WaletSign").error();
    assert!(
        error.contains("did you mean Filecoin.WalletSign"),
        "{error}"
    );
    let error = home.run("rpc WalletList").error();
    assert!(!error.contains("parameters"), "{error}");
}

#[test]
fn a_method_that_only_the_daemon_knows_is_called_unchecked() {
    let (home, _daemon) = node();
    let error = home.run("rpc --unchecked Filecoin.Nothing 1").error();
    assert!(
        error.contains("method 'Filecoin.Nothing' not found"),
        "{error}"
    );
}

#[test]
fn a_shell_completes_the_methods() {
    let script = Home::new(LOTUS).run("completion bash").ok();
    assert!(script.contains("Filecoin.WalletSign"));
}
