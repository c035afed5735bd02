//! The precedence list, and the errors of each step.

use std::collections::HashMap;
use std::fs;

use super::*;

/// A search whose environment is exactly `vars`.
fn search(role: Role, vars: &[(&str, &str)]) -> Discovery<'static> {
    let vars: HashMap<String, OsString> = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.into()))
        .collect();
    Discovery::new(role).env(move |name| vars.get(name).cloned())
}

/// A repo with `keystore`, and the given files.
fn repo(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("keystore")).unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    dir
}

fn path(dir: &tempfile::TempDir) -> &str {
    dir.path().to_str().unwrap()
}

const API: &str = "/ip4/127.0.0.1/tcp/1234/http";

#[test]
fn explicit_beats_environment_beats_repo() {
    let dir = repo(&[("api", API), ("token", "t")]);
    let vars = [
        ("FULLNODE_API_INFO", "e:ws://env:1"),
        ("LOTUS_PATH", path(&dir)),
    ];

    let found = search(Role::FullNode, &vars)
        .explicit("ws://flag:1")
        .find()
        .unwrap();
    assert_eq!(found.info.address.to_string(), "ws://flag:1");
    assert_eq!(found.info.source, Source::Explicit);

    let found = search(Role::FullNode, &vars)
        .repo(dir.path())
        .find()
        .unwrap();
    assert_eq!(found.info.address.to_string(), "ws://env:1");
    assert_eq!(found.info.source, Source::Env("FULLNODE_API_INFO"));

    let found = search(Role::FullNode, &vars[1..]).find().unwrap();
    assert_eq!(found.info.address.to_string(), API);
    assert_eq!(found.info.source, Source::Repo(dir.path().join("api")));
    assert_eq!(found.info.token.unwrap().expose(), "t");
    assert_eq!(found.warnings, []);
}

#[test]
fn each_role_reads_its_own_variables() {
    let vars = [
        ("FULLNODE_API_INFO", "ws://full:1"),
        ("MINER_API_INFO", "ws://miner:1"),
    ];
    let found = search(Role::StorageMiner, &vars).find().unwrap();
    assert_eq!(found.info.address.to_string(), "ws://miner:1");
}

#[test]
fn the_deprecated_variable_of_the_miner_warns() {
    let found = search(Role::StorageMiner, &[("STORAGE_API_INFO", "ws://old:1")])
        .find()
        .unwrap();
    assert_eq!(found.info.address.to_string(), "ws://old:1");
    assert_eq!(
        found.warnings[0].to_string(),
        "Using deprecated env(STORAGE_API_INFO) value, please use env(MINER_API_INFO) instead."
    );
    let vars = [
        ("STORAGE_API_INFO", "ws://old:1"),
        ("MINER_API_INFO", "ws://new:1"),
    ];
    let found = search(Role::StorageMiner, &vars).find().unwrap();
    assert_eq!(found.info.address.to_string(), "ws://new:1");
    assert_eq!(found.warnings, []);
    assert!(
        search(
            Role::FullNode,
            &[("STORAGE_API_INFO", "ws://old:1"), ("HOME", "/nowhere")]
        )
        .find()
        .is_err()
    );
}

#[test]
fn an_empty_variable_wins_and_says_so() {
    let dir = repo(&[("api", API), ("token", "t")]);
    let vars = [("FULLNODE_API_INFO", ""), ("LOTUS_PATH", path(&dir))];
    let error = search(Role::FullNode, &vars)
        .find()
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "could not get API info for FullNode: FULLNODE_API_INFO is not valid: it is empty"
        ),
        "{error}"
    );
}

#[test]
fn a_list_uses_the_first_and_keeps_the_rest() {
    let found = search(
        Role::FullNode,
        &[("FULLNODE_API_INFO", "a:ws://x,b:ws://y")],
    )
    .find()
    .unwrap();
    assert_eq!(found.info.address.to_string(), "ws://x");
    assert_eq!(found.others[0].address.to_string(), "ws://y");
    assert_eq!(
        found.warnings[0].to_string(),
        "FULLNODE_API_INFO holds 2 endpoints; only the first is used"
    );
}

#[test]
fn the_repo_is_found_by_flag_then_variable_then_home() {
    let at = |role, vars: &[(&str, &str)]| search(role, vars).repo_path().unwrap();
    let home = ("HOME", "/home/u");
    assert_eq!(at(Role::FullNode, &[home]), Path::new("/home/u/.lotus"));
    assert_eq!(
        at(Role::StorageMiner, &[home]),
        Path::new("/home/u/.lotusminer")
    );
    assert_eq!(
        at(Role::FullNode, &[home, ("LOTUS_PATH", "~/l")]),
        Path::new("/home/u/l")
    );
    assert_eq!(
        at(Role::FullNode, &[home, ("LOTUS_PATH", "")]),
        Path::new("/home/u/.lotus")
    );
    let both = [("LOTUS_STORAGE_PATH", "/s"), ("LOTUS_MINER_PATH", "/m")];
    assert_eq!(at(Role::StorageMiner, &both), Path::new("/m"));
    assert_eq!(at(Role::StorageMiner, &both[..1]), Path::new("/s"));
    assert_eq!(
        search(Role::StorageMiner, &both)
            .repo("~/x")
            .env(|_| Some("/h".into()))
            .repo_path()
            .unwrap(),
        Path::new("/h/x")
    );
}

#[test]
fn a_missing_repo_keeps_lotus_words_and_adds_a_next_step() {
    let error = search(Role::FullNode, &[])
        .repo("/nowhere/x")
        .find()
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "could not get API info for FullNode: repo directory does not exist. Make sure your \
         configuration is correct (there is no repo at /nowhere/x; start one with `lotus daemon`, \
         or set FULLNODE_API_INFO)"
    );
}

#[test]
fn a_daemon_that_is_down_keeps_lotus_words_and_adds_a_next_step() {
    let dir = repo(&[]);
    let error = search(Role::StorageMiner, &[])
        .repo(dir.path())
        .find()
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        format!(
            "could not get API info for StorageMiner: could not get api endpoint: No file \
             ({}/api): API not running (no endpoint); start it with `lotus-miner run`, or set \
             MINER_API_INFO",
            path(&dir)
        )
    );
}

#[test]
fn an_api_file_that_is_no_address_is_named() {
    for (content, what) in [
        (" \n", "it is empty"),
        ("nonsense", "the address is neither"),
    ] {
        let dir = repo(&[("api", content)]);
        let error = search(Role::FullNode, &[])
            .repo(dir.path())
            .find()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("{}/api is not valid: {what}", path(&dir))),
            "{error}"
        );
    }
    // Docker makes a directory when it is told to mount a file that is not there.
    let dir = repo(&[]);
    fs::create_dir(dir.path().join("api")).unwrap();
    let error = search(Role::FullNode, &[])
        .repo(dir.path())
        .find()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&format!("cannot read {}/api", path(&dir))),
        "{error}"
    );
}

#[test]
fn a_token_that_cannot_be_used_is_a_warning() {
    for (files, reason) in [
        (vec![("api", API)], "No such file"),
        (vec![("api", API), ("token", "\n")], "the token is empty"),
        (vec![("api", API), ("token", "a b")], "position 1"),
    ] {
        let dir = repo(&files);
        let found = search(Role::FullNode, &[]).repo(dir.path()).find().unwrap();
        assert_eq!(found.info.token, None);
        let warning = found.warnings[0].to_string();
        assert!(
            warning.starts_with("Couldn't load CLI token, capabilities may be limited: "),
            "{warning}"
        );
        assert!(warning.contains(reason), "{warning}");
    }
}

#[test]
fn files_are_trimmed() {
    let dir = repo(&[
        ("api", "/ip4/127.0.0.1/tcp/1234/http\n"),
        ("token", "tok\n"),
    ]);
    let found = search(Role::FullNode, &[]).repo(dir.path()).find().unwrap();
    assert_eq!(found.info.address.to_string(), API);
    assert_eq!(found.info.token.unwrap().expose(), "tok");
}

#[test]
fn debug_and_errors_hold_no_token() {
    let discovery = search(Role::FullNode, &[]).explicit("s3cret:nonsense");
    assert!(!format!("{discovery:?}").contains("s3cret"));
    let error = discovery.find().unwrap_err();
    assert!(!error.to_string().contains("s3cret") && !format!("{error:?}").contains("s3cret"));
}
