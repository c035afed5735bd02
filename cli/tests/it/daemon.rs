//! The life of a daemon as its operator sees it, and the commands that both daemons answer.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Home, LOTUS, said};
use crate::running::{Running, bounded, miner, node};

#[test]
fn the_banner_says_what_an_operator_needs_and_a_signal_ends_it() {
    let home = Home::new(LOTUS);
    let mut command = home.command(["daemon", "-api", "0"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let banner = bounded(move || {
        let mut banner = String::new();
        for line in stdout.lines() {
            banner += &line.unwrap();
            banner.push('\n');
            if banner.contains("Filecoin.Version") {
                break;
            }
        }
        banner
    });
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(bounded(move || child.wait().unwrap().code()), Some(0));

    let repo = home.repo();
    for part in [
        format!("lotus {} is ready\n", lotus_cli::VERSION),
        format!("Repo      {}\n", repo.display()),
        "API       /ip4/127.0.0.1/tcp/".to_owned(),
        format!("Token     {}", repo.join("token").display()),
        "No token  may call methods that need no more than read\n".to_owned(),
        "curl -s http://127.0.0.1:".to_owned(),
    ] {
        assert!(banner.contains(&part), "{part}: {banner}");
    }
    assert!(!banner.contains("WARNING"), "{banner}");
}

#[test]
fn a_shutdown_is_graceful_however_it_is_asked_for() {
    for signal in [Some(Signal::TERM), Some(Signal::INT), None] {
        for ((home, daemon), stop) in [(node(), "daemon stop"), (miner(), "stop")] {
            assert!(home.repo().join("api").exists());
            match signal {
                Some(signal) => daemon.signal(signal),
                None => assert_eq!(home.run(stop).ok(), ""),
            }
            let said = daemon.finished();
            assert!(
                said.stderr.contains("Graceful shutdown successful"),
                "{said:?}"
            );
            said.ok();
            for left in ["api", "repo.lock"] {
                assert!(!home.repo().join(left).exists(), "{left}");
            }
        }
    }
}

#[test]
fn a_second_daemon_on_the_repo_names_the_first() {
    let (home, first) = node();
    let error = home.run("daemon --api 0").error();
    assert!(
        error.starts_with("repo is already locked (process is already running)"),
        "{error}"
    );
    assert!(error.contains(&first.pid().to_string()), "{error}");
    home.run("version").ok();
    assert!(home.repo().join("api").exists());
}

#[test]
fn a_listener_that_others_can_reach_is_warned_about() {
    let home = Home::new(LOTUS);
    home.run("config set API.ListenAddress /ip4/0.0.0.0/tcp/0/http")
        .ok();
    let daemon = Running::start(&home, "daemon");
    assert_eq!(daemon.text("exposedOn"), "all interfaces");
    assert_eq!(daemon.banner["anonymous"], serde_json::json!([]));
    assert!(
        daemon.text("api").starts_with("/ip4/0.0.0.0/tcp/"),
        "{}",
        daemon.banner
    );
    assert!(
        daemon.text("url").starts_with("http://127.0.0.1:"),
        "{}",
        daemon.banner
    );
    home.run("version").ok();
    let said = home.run("auth api-info --perm read");
    assert!(
        said.stderr.contains("replace /ip4/0.0.0.0/tcp/"),
        "{said:?}"
    );
}

#[test]
fn another_config_file_and_a_request_limit() {
    let home = Home::new(LOTUS);
    let config = home.path().join("other.toml");
    fs::write(
        &config,
        "[API]\n  ListenAddress = \"/ip4/127.0.0.1/tcp/0/http\"\n",
    )
    .unwrap();
    let line = format!(
        "daemon --config {} --api-max-req-size 2000",
        config.display()
    );
    let daemon = Running::start(&home, &line);
    home.run("version").ok();
    // A name that is too long for the limit, and not for the default.
    let name = "x".repeat(4000);
    let error = home
        .run(&format!("log set-level --system {name} info"))
        .error();
    assert!(error.contains("[API] MaxRequestSize"), "{error}");
    drop(daemon);
}

#[test]
fn versions_and_status_of_both_daemons() {
    for ((home, daemon), name) in [(node(), "lotus"), (miner(), "lotus-miner")] {
        let version = lotus_cli::VERSION;
        assert_eq!(
            home.run("version").ok(),
            format!("Daemon:  {version}+api1.5.0\nLocal: {name} version {version}\n")
        );
        let json = home.run("version --output json").json();
        assert_eq!(json["daemon"]["api"], "1.5.0");

        let text = home.run("status").ok();
        let source = home.repo().join("api");
        assert!(
            text.contains(&format!("(address from {})\n", source.display())),
            "{text}"
        );
        assert!(
            text.contains("\nToken:    read,write,sign,admin\n"),
            "{text}"
        );
        assert!(
            text.contains("\nReady:    yes\n") && text.contains("\nChain:    none yet"),
            "{text}"
        );
        let json = home.run("status --output json").json();
        assert_eq!(json["token"]["permissions"].as_array().unwrap().len(), 4);
        assert!(json["uptimeSeconds"].as_u64().unwrap() < 60, "{json}");
        assert_eq!(
            json["url"].as_str().unwrap(),
            daemon.text("url").replace("http", "ws").replace("v1", "v0")
        );
        assert_eq!(
            text.contains("\nNode:     could not get API info for FullNode"),
            name == "lotus-miner"
        );
    }
}

#[test]
fn tokens_carry_what_they_were_made_for() {
    for ((home, _daemon), variable) in [(node(), "FULLNODE_API_INFO"), (miner(), "MINER_API_INFO")]
    {
        let token = home.run("auth create-token --perm write").ok();
        assert_eq!(token.trim_end().split('.').count(), 3, "{token}");
        assert_eq!(token.lines().count(), 1);

        let info = home.run("auth api-info --perm read").ok();
        let (name, value) = info.trim_end().split_once('=').unwrap();
        assert_eq!(name, variable);
        assert!(value.contains(":/ip4/127.0.0.1/tcp/"), "{value}");
        let json = home.run("auth api-info --perm read --output json").json();
        assert!(json[variable].as_str().unwrap().starts_with("ey"), "{json}");

        let with = |info: &str, line: &str| {
            said(home.command(line.split_whitespace()).env(variable, info))
        };
        let status = with(value, "status").ok();
        assert!(status.contains("\nToken:    read\n"), "{status}");
        assert!(
            status.contains(&format!("(address from {variable})")),
            "{status}"
        );
        let refused = with(value, "auth create-token --perm read").error();
        assert_eq!(
            refused,
            "missing permission to invoke 'AuthNew' (need 'admin')"
        );

        let (_, address) = value.split_once(':').unwrap();
        let anonymous = with(address, "status").ok();
        assert!(anonymous.contains("\nToken:    none sent\n"), "{anonymous}");
        let refused = with(address, "log list").error();
        assert_eq!(
            refused,
            "missing permission to invoke 'LogList' (need 'write')"
        );

        let bad = with(&format!("eyJ.s3cret.x:{address}"), "log list").error();
        assert!(
            bad.starts_with(&format!(
                "the node refused the token (HTTP 401) from {variable}"
            )),
            "{bad}"
        );
        assert!(!bad.contains("s3cret"), "{bad}");
    }
}

#[test]
fn log_levels_and_alerts() {
    let (home, daemon) = node();
    let systems = home.run("log list").ok();
    assert!(systems.lines().any(|system| system == "rpc"), "{systems}");
    let json = home.run("log list --output json").json();
    assert_eq!(json.as_array().unwrap().len(), systems.lines().count());
    assert_eq!(
        home.run("log set-level --system rpc --system auth,main debug")
            .ok(),
        ""
    );
    assert_eq!(home.run("log set-level error").ok(), "");
    assert!(home.run("log set-level loud").error().contains("\"loud\""));
    assert!(
        home.run("log set-level --system nobody info")
            .error()
            .contains("\"nobody\"")
    );
    assert_eq!(home.run("log alerts").ok(), "");
    assert_eq!(
        home.run("log alerts --all --output json").json(),
        serde_json::json!([])
    );
    daemon.signal(Signal::TERM);
    let log = daemon.finished().stderr;
    assert!(
        !log.contains("Graceful"),
        "a warning is not logged at level error: {log}"
    );
}

#[test]
fn an_alert_is_listed() {
    let home = Home::new(LOTUS);
    fs::create_dir(home.repo()).unwrap();
    fs::write(home.repo().join("config.toml"), "[API]\n  Lisen = 1\n").unwrap();
    let _daemon = Running::start(&home, "daemon --api 0");
    let alerts = home.run("log alerts").ok();
    assert!(
        alerts.starts_with("active   config:unknown-key\n"),
        "{alerts}"
    );
    assert!(
        alerts.contains("\n           last raised at 2") && alerts.contains("; reason: "),
        "{alerts}"
    );
    let json = home.run("log alerts --output json").json();
    assert_eq!(json[0]["Type"]["System"], "config");
}

#[test]
fn waiting_ends_when_the_daemon_answers() {
    let home = Home::new(LOTUS);
    let mut waiting = home.command(["wait-api", "--timeout=25s"]);
    let waiting = waiting
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _daemon = Running::start(&home, "daemon --api 0");
    let waited = bounded(move || waiting.wait_with_output().unwrap());
    assert_eq!(
        (waited.status.code(), waited.stdout.len()),
        (Some(0), 0),
        "{waited:?}"
    );
    assert_eq!(
        home.run("wait-api --output json").json(),
        serde_json::Value::Null
    );
}
