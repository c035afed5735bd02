//! What works without a daemon, and what is said where one is missing.

use std::fs;

use crate::harness::{Home, LOTUS, LOTUS_MINER, said};

#[test]
fn help_is_a_result_and_an_unknown_command_is_not() {
    let home = Home::new(LOTUS);
    for line in ["", "--help", "-h", "help", "-help"] {
        let help = home.run(line).ok();
        assert!(help.starts_with("NAME:\n   lotus - "), "{line}: {help}");
        assert!(help.contains("\n  wallet "), "{line}: {help}");
    }
    let unknown = home.run("walet list");
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(3), ""));
    assert_eq!(
        unknown.stderr,
        "No help topic for 'walet'\nDid you mean 'wallet'?\n"
    );
    let typo = home.run("daemon stpo");
    assert_eq!(typo.code, Some(3), "{typo:?}");
    assert!(!home.repo().exists(), "a typo starts no daemon");
}

#[test]
fn mistakes_in_the_command_line() {
    let home = Home::new(LOTUS);
    assert_eq!(
        home.run("wallet has").error(),
        "incorrect number of arguments, got 0"
    );
    assert_eq!(
        home.run("version a b").error(),
        "incorrect number of arguments, got 2"
    );
    let unknown = home.run("wallet list --bogus");
    assert!(
        unknown
            .stderr
            .starts_with("Incorrect Usage: flag provided but not defined: -bogus\n\nNAME:")
    );
    assert_eq!(unknown.error(), "flag provided but not defined: -bogus");
    assert_eq!(
        home.run("auth create-token").error(),
        "--perm flag not set, use with one of: read, write, sign, admin"
    );
    assert_eq!(
        home.run("auth api-info --perm root").error(),
        "--perm flag has to be one of: [read write sign admin]"
    );
    assert_eq!(home.run("log set-level").error(), "level is required");
    assert_eq!(
        home.run("wallet import --format pem -").error(),
        "unrecognized format: pem"
    );
    assert!(
        home.run("daemon --api nonsense")
            .error()
            .starts_with("invalid value \"nonsense\" for flag -api: use a port")
    );
}

#[test]
fn the_version_needs_no_daemon() {
    for (program, name) in [(LOTUS, "lotus"), (LOTUS_MINER, "lotus-miner")] {
        let home = Home::new(program);
        let local = format!("{name} version {}\n", lotus_cli::VERSION);
        assert_eq!(home.run("--version").ok(), local);
        let version = home.run("version");
        assert!(
            version
                .stderr
                .starts_with("No daemon answered: could not get API info"),
            "{version:?}"
        );
        assert_eq!(version.ok(), format!("Local: {local}"));
        let json = home.run("version --output json").json();
        assert_eq!(json["daemon"], serde_json::Value::Null);
        assert_eq!(
            (&json["program"], &json["local"]),
            (&name.into(), &lotus_cli::VERSION.into())
        );
    }
}

#[test]
fn a_missing_daemon_is_explained_in_lotus_words() {
    let home = Home::new(LOTUS);
    let repo = home.repo();
    let missing = home.run("wallet list").error();
    assert_eq!(
        missing,
        format!(
            "could not get API info for FullNode: repo directory does not exist. Make sure your \
             configuration is correct (there is no repo at {}; start one with `lotus daemon`, or \
             set FULLNODE_API_INFO)",
            repo.display()
        )
    );
    fs::create_dir_all(repo.join("keystore")).unwrap();
    let stopped = format!(
        "could not get API info for FullNode: could not get api endpoint: No file ({}): API not \
         running (no endpoint); start it with `lotus daemon`, or set FULLNODE_API_INFO",
        repo.join("api").display()
    );
    for line in [
        "wallet list",
        "daemon stop",
        "log list",
        "status",
        "auth create-token --perm read",
        "wallet new bls --output json",
    ] {
        assert_eq!(home.run(line).error(), stopped, "{line}");
    }

    // Port 9 (discard) of the loopback is as good as never in use.
    fs::write(repo.join("api"), "/ip4/127.0.0.1/tcp/9/http").unwrap();
    let stale = home.run("log list");
    assert!(
        stale.stderr.starts_with("Couldn't load CLI token, "),
        "{stale:?}"
    );
    let stale = stale.error();
    assert!(
        stale.starts_with("cannot reach ws://127.0.0.1:9/rpc/v0 (address from "),
        "{stale}"
    );
    assert!(stale.ends_with("is the daemon running?"), "{stale}");
}

#[test]
fn the_environment_goes_before_the_repo_and_an_empty_variable_is_named() {
    let home = Home::new(LOTUS);
    let run =
        |info: &str| said(home.command(["log", "list"]).env("FULLNODE_API_INFO", info)).error();
    let error = run("");
    assert!(
        error.starts_with("could not get API info for FullNode: FULLNODE_API_INFO is not valid"),
        "{error}"
    );
    let error = run("s3cret:/ip4/127.0.0.1/tcp/9/http");
    assert!(
        error.contains("address from FULLNODE_API_INFO") && !error.contains("s3cret"),
        "{error}"
    );
}

#[test]
fn waiting_for_a_daemon_ends() {
    let home = Home::new(LOTUS_MINER);
    let waited = home.run("wait-api --timeout 250ms");
    assert!(
        waited
            .stderr
            .starts_with("Not online yet... (could not get API info"),
        "{waited:?}"
    );
    let error = waited.error();
    assert!(
        error.starts_with(
            "timed out waiting for api to come online: could not get API info for StorageMiner"
        ),
        "{error}"
    );
}

#[test]
fn the_default_config_is_printed_and_loads() {
    for program in [LOTUS, LOTUS_MINER] {
        let home = Home::new(program);
        let commented = home.run("config default").ok();
        assert!(
            commented.starts_with("[API]\n  # Binding address for the Lotus API\n"),
            "{commented}"
        );
        assert!(commented.contains("  #ListenAddress = "), "{commented}");
        let plain = home.run("config default --no-comment").ok();
        assert!(plain.starts_with("[API]\n  ListenAddress = "), "{plain}");
        assert!(!home.repo().exists(), "printing defaults makes nothing");
        let json = home.run("config default --output json").json();
        assert_eq!(json["API"]["Timeout"], "30s");
    }
}

#[test]
fn a_setting_is_changed_in_place_and_read_back() {
    let home = Home::new(LOTUS);
    assert_eq!(
        home.run("config get API.ListenAddress").ok(),
        "/ip4/127.0.0.1/tcp/1234/http\n"
    );
    assert!(
        home.run("config updated")
            .error()
            .starts_with("repo not initialized")
    );

    let wrong = home
        .run("config set API.ListenAdress /ip4/0.0.0.0/tcp/3453/http")
        .error();
    assert_eq!(
        wrong,
        "there is no setting API.ListenAdress; did you mean API.ListenAddress?"
    );
    assert!(!home.repo().exists(), "a mistake leaves nothing behind");

    let set = home.run("config set api.listenaddress /ip4/0.0.0.0/tcp/3453/http");
    assert!(set.stderr.contains("after a restart"), "{set:?}");
    assert_eq!(set.ok(), "", "a silent success");
    assert_eq!(
        home.run("config get API.ListenAddress").ok(),
        "/ip4/0.0.0.0/tcp/3453/http\n"
    );
    let file = fs::read_to_string(home.repo().join("config.toml")).unwrap();
    assert!(
        file.contains("# Binding address for the Lotus API\n"),
        "{file}"
    );
    assert!(
        file.contains("\n  ListenAddress = \"/ip4/0.0.0.0/tcp/3453/http\"\n"),
        "{file}"
    );

    fs::create_dir(home.repo().join("keystore")).unwrap();
    let updated = home.run("config updated --no-comment").ok();
    assert!(updated.contains("/tcp/3453/http"), "{updated}");
    assert!(!updated.ends_with("\n\n"), "{updated}");

    let variable = "LOTUS_API_LISTENADDRESS";
    let mut get = home.command(["config", "get", "API.ListenAddress", "--output=json"]);
    let json = said(get.env(variable, "/ip4/127.0.0.1/tcp/7/http")).json();
    assert_eq!(json["value"], "/ip4/127.0.0.1/tcp/7/http");
    let mut set = home.command([
        "config",
        "set",
        "API.ListenAddress",
        "/ip4/127.0.0.1/tcp/1/http",
    ]);
    let said = said(set.env(variable, "/ip4/127.0.0.1/tcp/7/http"));
    assert!(said.stderr.contains(variable), "{said:?}");
}

#[test]
fn a_broken_config_is_located() {
    let home = Home::new(LOTUS);
    fs::create_dir_all(home.repo().join("keystore")).unwrap();
    let file = home.repo().join("config.toml");
    fs::write(&file, "[API]\nListenAddress = \"oops\n").unwrap();
    let error = home.run("config updated").error();
    assert!(
        error.starts_with(&format!("{}:2:", file.display())),
        "{error}"
    );
    assert_eq!(home.run("config set API.Timeout 5s").error(), error);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "[API]\nListenAddress = \"oops\n"
    );
}

#[test]
fn the_repo_flag_beats_the_environment_wherever_it_stands() {
    let home = Home::new(LOTUS_MINER);
    let other = home.path().join("other");
    let other = other.to_str().unwrap();
    for line in [
        format!("--miner-repo {other} stop"),
        format!("stop --storagerepo={other}"),
        format!("stop -miner-repo {other}"),
    ] {
        let error = home.run(&line).error();
        assert!(
            error.contains(&format!("no repo at {other};")),
            "{line}: {error}"
        );
    }
}

#[test]
fn a_miner_is_initialised_once_and_before_it_runs() {
    let home = Home::new(LOTUS_MINER);
    let repo = home.repo();
    assert_eq!(
        home.run("run").error(),
        format!(
            "repo at '{}' is not initialized, run 'lotus-miner init' to set it up",
            repo.display()
        )
    );
    let text = home.run("init").ok();
    assert!(
        text.contains("lotus-miner run") && text.contains("needs a chain"),
        "{text}"
    );
    assert!(repo.join("keystore").is_dir() && repo.join("config.toml").is_file());
    assert!(
        !repo.join("repo.lock").exists(),
        "the repo is free for 'run'"
    );
    let again = format!("repo at '{}' is already initialized", repo.display());
    assert_eq!(home.run("init").error(), again);
}

#[test]
fn secrets_are_not_taken_from_the_command_line() {
    let home = Home::new(LOTUS);
    let key = "7b2254797065223a22626c73227d";
    let error = home.run(&format!("wallet import {key}")).error();
    assert!(
        error.starts_with(&format!("cannot read {key}: ")),
        "{error}"
    );
    assert_eq!(
        home.run_with_stdin("wallet import", "  \n").error(),
        "the key is empty"
    );
    let error = home.run_with_stdin("wallet import -", "s3cret").error();
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn completions_know_both_programs() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Home::new(LOTUS).run(&format!("completion {shell}")).ok();
        assert!(
            script.contains("set-default") && script.contains("api-max-req-size"),
            "{shell}"
        );
        let script = Home::new(LOTUS_MINER)
            .run(&format!("completion {shell}"))
            .ok();
        assert!(
            script.contains("lotus-miner") && !script.contains("set-default"),
            "{shell}"
        );
    }
    let error = Home::new(LOTUS).run("completion csh").error();
    assert!(
        error.starts_with("invalid value \"csh\" for <SHELL>: use one of bash"),
        "{error}"
    );
}
