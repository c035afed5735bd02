//! Secrets stay secret: with everything logged, no token and no key is in the log, the metrics, an
//! answer or the process list.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use lotus_testutil::wire::{Response, Ws, get, post};
use rustix::process::Signal;
use serde_json::json;

use crate::harness::{Home, LOTUS};
use crate::running::Running;

fn call(method: &str, params: serde_json::Value) -> String {
    json!({ "id": 1, "method": format!("Filecoin.{method}"), "params": params }).to_string()
}

#[tokio::test]
async fn nothing_tells_a_token_or_a_key() {
    let home = Home::new(LOTUS);
    let mut command = home.command(["daemon", "--api", "0"]);
    command.env("GOLOG_LOG_LEVEL", "debug");
    let daemon = Running::spawn(command);
    let socket = daemon.socket();
    let admin = fs::read_to_string(home.repo().join("token")).unwrap();
    let minted = home.run("auth create-token --perm sign").ok();
    let minted = minted.trim_end();
    let address = home.run("wallet new").ok();
    let exported = home
        .run(&format!("wallet export {}", address.trim_end()))
        .ok();
    let exported = data_encoding::HEXLOWER
        .decode(exported.trim_end().as_bytes())
        .unwrap();
    let exported = String::from_utf8(exported).unwrap();
    let key = exported.split('"').nth(7).unwrap().to_owned();
    assert!(
        exported.contains("PrivateKey") && key.len() == 44,
        "{}",
        key.len()
    );
    let secret =
        fs::read_to_string(home.repo().join("keystore/MF2XI2BNNJ3XILLQOJUXMYLUMU")).unwrap();
    let secret = secret.split('"').nth(7).unwrap().to_owned();
    assert_eq!(secret.len(), 44);

    let parts: Vec<&str> = minted.split('.').collect();
    let changed = format!("{}.{}.{}x", parts[0], parts[1], &parts[2][1..]);
    let bad = [
        changed.clone(),
        format!("{minted}="),
        format!("{}.{}.", parts[0], parts[1]),
        parts[2].to_owned(),
        format!("s3cret-{}", "x".repeat(20_000)),
    ];
    let mut answers: Vec<Response> = Vec::new();
    for token in [minted, &admin]
        .into_iter()
        .chain(bad.iter().map(String::as_str))
    {
        let verify = call("AuthVerify", json!([token]));
        for scheme in ["Bearer", "bearer", "Basic", "", "Bearer "] {
            let header = format!("Authorization: {scheme} {token}");
            answers.push(post(socket, "/rpc/v0", &[&header], &verify).await);
            if token.len() < 10_000 {
                let _ = Ws::open(socket, "/rpc/v1", &[&header]).await;
            }
        }
        let header = format!("Authorization: Bearer {token}");
        answers.push(post(socket, "/rpc/v0", &[&header, &header], &verify).await);
        for path in ["/rpc/v0", "/rpc/v1", "/debug/metrics", "/nowhere"] {
            answers.push(post(socket, &format!("{path}?token={token}"), &[], &verify).await);
        }
        let _ = Ws::open(socket, &format!("/rpc/v0?token={token}"), &[]).await;
        // In places where a token does not belong.
        for body in [
            call("AuthVerify", json!([[token]])),
            call("LogSetLevel", json!([token, "info"])),
            call("AuthNew", json!([[token]])),
            format!("{token} is no JSON"),
        ] {
            let header = format!("Authorization: Bearer {admin}");
            // An answer to this may repeat what its own sender has just sent.
            post(socket, "/rpc/v0", &[&header], &body).await;
        }
    }
    let import = json!([{ "Type": "secp256k1", "PrivateKey": key }]);
    for params in [
        import.clone(),
        json!([{ "Type": "bls", "PrivateKey": key }]),
        json!([{ "Type": 7, "PrivateKey": key }]),
    ] {
        let header = format!("Authorization: Bearer {admin}");
        answers.push(post(socket, "/rpc/v0", &[&header], &call("WalletImport", params)).await);
    }
    answers.push(get(socket, "/debug/metrics", &[]).await);
    let arguments = fs::read(format!("/proc/{}/cmdline", daemon.pid())).unwrap();
    daemon.signal(Signal::TERM);
    let log = daemon.finished();
    assert!(
        log.stderr.contains("token refused"),
        "the log is at level debug"
    );

    let mut texts = vec![
        ("the log", log.stderr),
        (
            "the command line",
            String::from_utf8_lossy(&arguments).into_owned(),
        ),
    ];
    texts.extend(
        answers
            .into_iter()
            .map(|answer| ("an answer", format!("{:?} {}", answer.headers, answer.body))),
    );
    let signatures =
        [minted, &admin, &changed].map(|token| token.rsplit('.').next().unwrap().to_owned());
    let secrets = signatures.iter().chain([&key, &secret]);
    for secret in secrets.map(String::as_str).chain(["s3cret"]) {
        for (place, text) in &texts {
            assert!(
                !text.contains(secret),
                "{place} tells {}…: {text}",
                &secret[..6]
            );
        }
    }
    // Nobody but the owner may read what holds them.
    for file in fs::read_dir(home.repo().join("keystore")).unwrap() {
        let file = file.unwrap();
        let name = file.file_name();
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
        assert_eq!(
            mode & 0o077,
            0,
            "{}",
            String::from_utf8_lossy(name.as_bytes())
        );
    }
}
