//! An operator's mistakes: what the daemon says about each, and that it damages nothing.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::harness::{Home, LOTUS, said};
use crate::running::{Running, bounded, node};

/// The keystore's file for `auth-jwt-private`.
const SECRET: &str = "keystore/MF2XI2BNNJ3XILLQOJUXMYLUMU";

/// A repo that a daemon has left, with a key in it, and the key's address.
fn used() -> (Home, String) {
    let (home, daemon) = node();
    let address = home.run("wallet new").ok().trim_end().to_owned();
    daemon.signal(Signal::TERM);
    daemon.finished().ok();
    (home, address)
}

/// What is in the repo, file by file, apart from the lock and the token.
fn contents(dir: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        }
        found.push((path.clone(), fs::read(path).ok()));
    }
    found.sort();
    found
}

/// The daemon must refuse to start with all these words, and leave everything as it was.
#[track_caller]
fn assert_refused(home: &Home, words: &[&str]) {
    let before = contents(&home.repo());
    let error = home.run("daemon --api 0").error();
    for word in words {
        assert!(error.contains(word), "{word}: {error}");
    }
    assert!(
        contents(&home.repo()) == before,
        "the repo has changed: {error}"
    );
}

#[test]
fn a_config_that_cannot_be_read_is_refused_with_place_and_key() {
    let (home, _) = used();
    let config = home.repo().join("config.toml");
    for (text, words) in [
        (
            "[API]\nListenAddress = \"x\n",
            &["config.toml:2:", "API.ListenAddress"][..],
        ),
        (
            "[API]\n\nTimeout = \"soon\"\n",
            &["config.toml:3:", "API.Timeout", "30s"],
        ),
        (
            "[API]\nListenAddress = \"nonsense\"\n",
            &[
                "config.toml:2:",
                "API.ListenAddress",
                "/ip4/127.0.0.1/tcp/1234/http",
            ],
        ),
        (
            "[API]\nMaxConnections = 0\n",
            &["config.toml:2:", "API.MaxConnections", "from 1"],
        ),
        ("API = 7\n", &["config.toml:1:", "API", "a table"]),
    ] {
        fs::write(&config, text).unwrap();
        assert_refused(&home, words);
    }
}

#[test]
fn a_listen_address_that_is_none_is_refused_wherever_it_is_from() {
    let (home, _) = used();
    let error = home.run("daemon --api nonsense").error();
    assert!(error.contains("/ip4/0.0.0.0/tcp/1234/http"), "{error}");
    let mut command = home.command(["daemon"]);
    let error = said(command.env("LOTUS_API_LISTENADDRESS", "nonsense")).error();
    assert!(
        error.contains("LOTUS_API_LISTENADDRESS") && error.contains("nonsense"),
        "{error}"
    );
}

#[test]
fn every_unknown_key_is_reported_with_its_line() {
    let home = Home::new(LOTUS);
    fs::create_dir(home.repo()).unwrap();
    let config = "[API]\n  ListenAdress = 1\n\n[Frobnicate]\n  Wibble = 2\n";
    fs::write(home.repo().join("config.toml"), config).unwrap();
    let daemon = Running::start(&home, "daemon --api 0");
    let alerts = home.run("log alerts").ok();
    daemon.signal(Signal::TERM);
    let log = daemon.finished().stderr;
    let raised = log.lines().find(|line| line.contains("alert raised: "));
    let raised = raised.expect("the log says it");
    assert!(raised.contains("\tWARN\t"), "{raised}");
    for text in [&*alerts, &*log, raised] {
        for word in [
            "config.toml:2",
            "did you mean API.ListenAddress?",
            "config.toml:4",
            "Frobnicate",
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
}

/// Without its secret a daemon would accept nobody's token, or make a new one and so revoke them
/// all: it does neither.
#[test]
fn a_secret_that_is_damaged_stops_the_start() {
    let (home, _) = used();
    let secret = home.repo().join(SECRET);
    let good = fs::read_to_string(&secret).unwrap();
    let next = "delete the file to make a new secret";
    fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
    let relaxed =
        "permissions of key: 'auth-jwt-private' are too relaxed, required: 0600, got: 0644";
    assert_refused(&home, &[relaxed, next]);
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    for (text, words) in [
        (
            &good[..20],
            &[
                "'auth-jwt-private'",
                "the file ends early, at byte 20",
                SECRET,
                next,
            ][..],
        ),
        ("", &["the file ends early"]),
        ("garbage", &["no JSON at line 1"]),
        (
            r#"{"Type":"jwt-hmac-secret","PrivateKey":""}"#,
            &["a secret of 0 bytes", "32 bytes"],
        ),
        (
            r#"{"Type":"jwt-hmac-secret","PrivateKey":"QUFBQQ=="}"#,
            &["a secret of 4 bytes"],
        ),
        (
            r#"{"Type":"bls","PrivateKey":"QUFBQQ=="}"#,
            &["has type bls instead of"],
        ),
    ] {
        fs::write(&secret, text).unwrap();
        assert_refused(&home, words);
    }
    fs::write(&secret, good).unwrap();
    let _daemon = Running::start(&home, "daemon --api 0");
    home.run("wallet list").ok();
}

#[test]
fn a_token_file_that_is_damaged_or_gone_is_written_anew() {
    let (home, _) = used();
    let token = home.repo().join("token");
    let good = fs::read_to_string(&token).unwrap();
    for damage in [
        Some(&good.as_bytes()[..30]),
        Some(&b"\xFF\xFE\0"[..]),
        Some(b""),
        None,
    ] {
        match damage {
            Some(bytes) => fs::write(&token, bytes).unwrap(),
            None => fs::remove_file(&token).unwrap(),
        }
        let daemon = Running::start(&home, "daemon --api 0");
        home.run("auth create-token --perm admin").ok();
        daemon.signal(Signal::TERM);
        daemon.finished().ok();
        assert_eq!(
            fs::metadata(&token).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    // One that is good stays, whatever white space an editor has left.
    let good = fs::read_to_string(&token).unwrap() + "\n";
    fs::write(&token, &good).unwrap();
    let _daemon = Running::start(&home, "daemon --api 0");
    assert_eq!(fs::read_to_string(&token).unwrap(), good);
}

#[test]
fn a_key_that_others_may_read_is_not_used_and_the_daemon_lives_on() {
    let (home, address) = used();
    let _daemon = Running::start(&home, "daemon --api 0");
    let other = home.run("wallet new bls").ok();
    let file = data_encoding::BASE32_NOPAD.encode(format!("wallet-{address}").as_bytes());
    let key = home.repo().join("keystore").join(&file);
    let good = fs::read(&key).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let sign = format!("wallet sign {address} 00ff");
    let relaxed = format!(
        "permissions of key: 'wallet-{address}' are too relaxed, required: 0600, got: 0644"
    );
    let error = home.run(&sign).error();
    assert!(error.ends_with(&relaxed), "{error}");
    // As in Lotus, one such file spoils the list, and is named as it is in the directory.
    let error = home.run("wallet list").error();
    assert!(
        error.contains(&format!("'{file}' are too relaxed")),
        "{error}"
    );
    home.run(&format!("wallet sign {} 00ff", other.trim_end()))
        .ok();

    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, &good[..good.len() / 2]).unwrap();
    let error = home.run(&sign).error();
    assert!(
        error.contains("the file ends early") && error.contains(&file),
        "{error}"
    );
    let secret = String::from_utf8(good.clone()).unwrap();
    let secret = secret.split('"').nth(7).unwrap();
    assert!(!error.contains(&secret[..8]), "{error}");
    fs::write(&key, &good).unwrap();
    home.run(&sign).ok();
}

#[test]
fn a_port_in_use_is_named_and_so_is_the_way_out() {
    let (home, _) = used();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = home.run(&format!("daemon --api {port}")).error();
    for word in [
        &format!("127.0.0.1:{port} is in use"),
        "--api",
        "[API] ListenAddress",
    ] {
        assert!(error.contains(word), "{error}");
    }
    let _daemon = Running::start(&home, "daemon --api 0");
}

#[test]
fn a_repo_that_cannot_be_one_is_refused() {
    let home = Home::new(LOTUS);
    let file = home.path().join("file");
    fs::write(&file, "precious").unwrap();
    for (repo, word) in [
        (file.clone(), "is not a directory"),
        (file.join("below"), "cannot open"),
        ("/proc/repo".into(), "cannot create /proc/repo"),
        (home.path().join("a/b/c"), "does not exist; create it"),
    ] {
        let mut command = home.command(["daemon", "--api", "0"]);
        let error = said(command.env("LOTUS_PATH", &repo)).error();
        assert!(error.contains(word), "{error}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

/// Docker makes directories of bind mounts whose source is missing.
#[test]
fn directories_in_place_of_files_are_named() {
    let (home, _) = used();
    for name in ["api", "token", "config.toml", "repo.lock"] {
        let path = home.repo().join(name);
        let kept = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        fs::create_dir(&path).unwrap();
        assert_refused(
            &home,
            &[path.to_str().unwrap(), "is a directory but must be a file"],
        );
        fs::remove_dir(&path).unwrap();
        if let Some(kept) = kept {
            fs::write(&path, kept).unwrap();
        }
    }
    let _daemon = Running::start(&home, "daemon --api 0");
}

/// Reading a pipe that nobody writes to would never end.
#[test]
fn pipes_in_place_of_files_are_named() {
    let (home, _) = used();
    for name in ["token", "config.toml"] {
        let path = home.repo().join(name);
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let (mut command, file) = (home.command(["daemon", "--api", "0"]), path.clone());
        let error = bounded(move || said(&mut command)).error();
        let words = format!("{} is a pipe, a socket or a device", file.display());
        assert!(error.contains(&words), "{error}");
        fs::remove_file(&path).unwrap();
        fs::write(&path, kept).unwrap();
    }
    let _daemon = Running::start(&home, "daemon --api 0");
}

#[test]
fn what_a_crash_left_is_cleared_away_and_nothing_else() {
    let (home, _) = used();
    let left = home.repo().join(".lotus-q7Zx01");
    fs::write(&left, "half a tok").unwrap();
    let notes = home.repo().join(".lotus-notes.txt");
    fs::write(&notes, "mine").unwrap();
    let _daemon = Running::start(&home, "daemon --api 0");
    assert!(!left.exists() && notes.exists());
}

#[test]
fn a_second_daemon_names_the_first_which_lives_on() {
    let (home, first) = node();
    let link = home.path().join("link");
    symlink(home.repo(), &link).unwrap();
    for repo in [home.repo(), link] {
        let mut command = home.command(["daemon", "--api", "0"]);
        let error = said(command.env("LOTUS_PATH", repo)).error();
        for word in [
            &format!("process {} (", first.pid()),
            "lotus daemon --api 0",
        ] {
            assert!(error.contains(word), "{word}: {error}");
        }
    }
    home.run("wallet new").ok();
}
