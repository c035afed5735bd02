//! Tokens from their making to their end, with the real programs.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lotus_testutil::wire::{Ws, post};
use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{Home, LOTUS};
use crate::running::{Running, miner, node};

const VERSION: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.Version","params":[]}"#;

/// Makes a token and returns its text.
fn create(home: &Home, flags: &str) -> String {
    let text = home.run(&format!("auth create-token {flags}")).ok();
    text.trim_end().to_owned()
}

/// What `auth list` says of the token with this name.
fn listed(home: &Home, name: &str) -> Option<Value> {
    let list = home.run("auth list --all --output json").json();
    let list = list.as_array().unwrap().clone();
    list.into_iter().find(|token| token["Name"] == name)
}

/// Writes a token where commands read it from.
fn file(home: &Home, token: &str) -> String {
    let path = home.path().join("given-token");
    fs::write(&path, format!("{token}\n")).unwrap();
    path.display().to_string()
}

/// The socket and the path of a daemon.
fn dial(daemon: &Running) -> (SocketAddr, String) {
    let url = daemon.text("url").strip_prefix("http://").unwrap();
    let (socket, path) = url.split_once('/').unwrap();
    (socket.parse().unwrap(), format!("/{path}"))
}

async fn status(daemon: &Running, token: &str) -> u16 {
    let (socket, path) = dial(daemon);
    let header = format!("Authorization: Bearer {token}");
    post(socket, &path, &[&header], VERSION).await.status
}

#[tokio::test]
async fn a_token_is_made_listed_inspected_asked_about_and_revoked() {
    for (home, daemon) in [node(), miner()] {
        let (_, path) = dial(&daemon);
        let made = home.run(&format!(
            "auth create-token --perm write --name curio --expires 90d --idle 30d --endpoint {path} \
             --method Filecoin.Version --method Filecoin.Log* --method Filecoin.Versoin"
        ));
        assert!(
            made.stderr
                .starts_with("Warning: no method matches \"Filecoin.Versoin\"")
                && made.stderr.contains("Filecoin.Version"),
            "{made:?}"
        );
        let token = made.ok();
        assert_eq!((token.lines().count(), token.matches('.').count()), (1, 2));
        let token = token.trim_end();
        assert_eq!(status(&daemon, token).await, 200);

        let list = home.run("auth list").ok();
        let mut lines = list.lines();
        assert!(lines.next().unwrap().starts_with("Name "), "{list}");
        let row = lines.find(|line| line.starts_with("curio ")).unwrap();
        for cell in [
            "read,write ",
            &format!(" {path}; Filecoin.Version, +2 "),
            " in 90d, idle 30d ",
        ] {
            assert!(row.contains(cell), "{cell}: {row}");
        }
        assert!(row.ends_with(" active"), "{row}");
        let record = listed(&home, "curio").unwrap();
        assert_eq!(record["Idle"], 30 * 86_400);
        assert_eq!(record["Permissions"], serde_json::json!(["read", "write"]));
        let id = record["Id"].as_str().unwrap();
        assert!(row.contains(&id[..12]), "{row}");

        let inspected = home.run_with_stdin("auth inspect", token).ok();
        for line in [
            &format!("ID:          {id}"),
            "Name:        curio",
            "Permissions: read, write",
            "Signature:   not checked here: that takes the secret of its node",
            "Verdict:     accepted, with permissions read,write",
            "Status:      active",
        ] {
            assert!(
                inspected.lines().any(|shown| shown == line),
                "{line}: {inspected}"
            );
        }

        assert_eq!(
            home.run("auth can curio LogList").ok(),
            "yes: the token has permission write and no scope forbids it\n"
        );
        let no = home.run(&format!("auth can {} Filecoin.Session", &id[..12]));
        assert_eq!((no.code, no.stderr.as_str()), (Some(1), ""), "{no:?}");
        assert!(
            no.stdout.starts_with("no: the token does not allow method"),
            "{no:?}"
        );
        let no = home.run_with_stdin("auth can --token-file - AuthNew --output json", token);
        assert_eq!(no.code, Some(1));
        let verdict: Value = serde_json::from_str(&no.stdout).unwrap();
        assert_eq!(verdict["Allowed"], false);

        let given = file(&home, token);
        let said = home.run(&format!("auth revoke --token-file {given} --dry-run"));
        assert_eq!(
            said.ok(),
            format!(
                "would revoke {} curio (read,write; {path}; Filecoin.Version, +2)\n",
                &id[..12]
            )
        );
        assert_eq!(status(&daemon, token).await, 200);
        let revoked = home.run("auth revoke curio").ok();
        assert!(
            revoked.starts_with(&format!("revoked {} curio (", &id[..12])),
            "{revoked}"
        );
        assert_eq!(status(&daemon, token).await, 401);

        assert!(!home.run("auth list").ok().contains("curio"));
        assert_eq!(listed(&home, "curio").unwrap()["Status"], "revoked");
        let after = home
            .run(&format!("auth inspect --file {given} --output json"))
            .json();
        assert!(
            after["online"]["refusal"]
                .as_str()
                .unwrap()
                .contains("the token was revoked"),
            "{after}"
        );
        assert_eq!(after["online"]["record"]["Status"], "revoked");
        let again = home.run(&format!("auth revoke {}", &id[..12]));
        assert!(again.stderr.starts_with("Nothing to revoke"), "{again:?}");
        assert_eq!(again.ok(), "");

        // A token is shown once, when it is made.
        let signature = token.rsplit_once('.').unwrap().1;
        for line in [
            "auth list --all",
            "auth list --all --output json",
            "auth audit",
        ] {
            let said = home.run(line);
            assert!(!format!("{said:?}").contains(signature), "{line}");
        }
    }
}

#[tokio::test]
async fn a_revoked_token_s_socket_closes_at_once_and_it_stays_dead_after_a_crash() {
    for ((home, daemon), restart) in [(node(), "daemon --api 0"), (miner(), "run --miner-api 0")] {
        let token = create(&home, "--perm admin --name curio");
        let other = create(&home, "--perm admin --name other");
        let (socket, path) = dial(&daemon);
        let open = async |token: &str| {
            let path = format!("{path}?token={token}");
            Ws::open(socket, &path, &[]).await
        };
        let mut dying = open(&token).await.unwrap();
        let mut healthy = open(&other).await.unwrap();
        dying.send(VERSION).await;
        assert_eq!(dying.receive_json().await["id"], 1);

        home.run("auth revoke curio").ok();
        assert_eq!(
            dying.closed().await,
            (4401, "the token was revoked".to_owned())
        );
        assert_eq!(open(&token).await.unwrap_err(), 401);
        healthy.send(VERSION).await;
        assert_eq!(healthy.receive_json().await["id"], 1);

        daemon.signal(Signal::KILL);
        daemon.finished();
        let daemon = Running::start(&home, restart);
        assert_eq!(status(&daemon, &token).await, 401);
        assert_eq!(status(&daemon, &other).await, 200);
    }
}

/// Uses are written down once a minute, and count all the same: a stop of the daemon forgets none,
/// and a crash lets no token live longer than it may.
#[tokio::test]
async fn an_idle_token_lives_by_its_last_use_across_a_stop_and_not_beyond_it_across_a_crash() {
    const IDLE: Duration = Duration::from_secs(8);
    let (home, mut daemon) = node();
    let token = create(&home, "--perm read --name busy --idle 8s");
    for (signal, then) in [(Signal::TERM, 200), (Signal::KILL, 401)] {
        let begun = Instant::now();
        while begun.elapsed() < IDLE + Duration::from_secs(2) {
            assert_eq!(status(&daemon, &token).await, 200);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let busy = listed(&home, "busy").unwrap();
        assert_eq!(busy["Status"], "active");
        let last: jiff::Timestamp = busy["LastUsed"]["At"].as_str().unwrap().parse().unwrap();
        let ago = jiff::Timestamp::now().as_second() - last.as_second();
        assert!(ago < 5, "the last use was {ago} s ago: {busy}");
        daemon.signal(signal);
        daemon.finished();
        daemon = Running::start(&home, "daemon --api 0");
        assert_eq!(status(&daemon, &token).await, then, "after {signal:?}");
    }
    assert_eq!(listed(&home, "busy").unwrap()["Status"], "idle");
}

#[tokio::test]
async fn a_daemon_whose_registry_is_lost_knows_its_own_token_again() {
    let (home, daemon) = node();
    let curio = create(&home, "--perm read --name curio");
    let own = fs::read_to_string(home.repo().join("token")).unwrap();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.finished().code, Some(0));
    fs::remove_file(home.repo().join("datastore/tokens.redb")).unwrap();
    let daemon = Running::start(&home, "daemon --api 0");
    assert_eq!(fs::read_to_string(home.repo().join("token")).unwrap(), own);
    assert_eq!(status(&daemon, &curio).await, 200);

    let list = home.run("auth list --all --output json").json();
    let origins = list.as_array().unwrap().iter();
    let origins: Vec<_> = origins
        .map(|token| (&token["Origin"], &token["Name"]))
        .collect();
    assert_eq!(origins.len(), 2, "{list}");
    assert!(
        origins.contains(&(&"repo".into(), &Value::Null))
            && origins.contains(&(&"foreign".into(), &"curio".into())),
        "{list}"
    );
    // So it is not revoked with the others.
    let all = home.run("auth revoke --older-than 0 --output json").json();
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
    home.run("wallet list").ok();
}

#[tokio::test]
async fn a_new_secret_ends_the_old_tokens_at_once_or_after_a_while() {
    for (home, daemon) in [node(), miner()] {
        let old = create(&home, "--perm read --name old");
        let own = fs::read_to_string(home.repo().join("token")).unwrap();

        let graceful = home.run("auth rotate --grace 1h").ok();
        assert!(
            graceful.contains("stay valid for 1h, until 2"),
            "{graceful}"
        );
        assert_eq!(status(&daemon, &old).await, 200);
        let list = home.run("auth list").ok();
        let ends = |line: &str| line.contains("active, old secret ends in ");
        let [old_lines, new_lines] = [true, false].map(|grace| {
            list.lines()
                .skip(1)
                .filter(|line| ends(line) == grace)
                .count()
        });
        assert_eq!((old_lines, new_lines), (2, 1), "{list}");
        let second = create(&home, "--perm read --name second");

        let text = home.run("auth rotate").ok();
        let renewed = home.repo().join("token");
        assert!(
            text.contains("of the old secret are dead") && text.contains(renewed.to_str().unwrap()),
            "{text}"
        );
        assert_ne!(fs::read_to_string(&renewed).unwrap(), own);
        assert_eq!(status(&daemon, &second).await, 401);
        home.run("auth list").ok();
        let json = home.run("auth rotate --grace 30m --output json").json();
        assert!(json["oldTokensValidUntil"].is_string(), "{json}");
        assert_eq!(json["tokenFile"], renewed.to_str().unwrap());
    }
}

#[tokio::test]
async fn tokens_are_revoked_by_age_and_by_disuse() {
    for (home, daemon) in [node(), miner()] {
        let used = create(&home, "--perm read --name used");
        let unused = create(&home, "--perm read --name unused");
        assert_eq!(status(&daemon, &used).await, 200);

        let none = home.run("auth revoke --older-than 30d --unused 90d");
        assert!(none.stderr.starts_with("Nothing to revoke"), "{none:?}");
        assert_eq!(none.ok(), "");
        let none = home
            .run("auth revoke --older-than 30d --output json")
            .json();
        assert_eq!(none, serde_json::json!([]));

        // Criteria that every token meets: which they are is the daemon's to say.
        let dry = home
            .run("auth revoke --older-than 0 --unused 0s --dry-run")
            .ok();
        let lines: Vec<_> = dry.lines().collect();
        assert_eq!(lines.len(), 2, "not the daemon's own: {dry}");
        assert!(
            lines.iter().all(|line| line.starts_with("would revoke ")),
            "{dry}"
        );
        assert_eq!(status(&daemon, &unused).await, 200);

        let narrowed = home
            .run("auth revoke used --older-than 30d --output json")
            .json();
        assert_eq!(narrowed, serde_json::json!([]), "every criterion counts");

        let all = home.run("auth revoke --older-than 0 --output json").json();
        assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
        for token in [&used, &unused] {
            assert_eq!(status(&daemon, token).await, 401);
        }
        home.run("auth list").ok();
    }
}

#[test]
fn create_token_without_new_flags_is_lotus_s() {
    let (home, _daemon) = node();
    let token = create(&home, "--perm sign");
    let claims = home
        .run_with_stdin("auth inspect --offline --output json", &token)
        .json();
    assert_eq!(
        claims["claims"]["Allow"],
        serde_json::json!(["read", "write", "sign"])
    );
    for absent in ["exp", "endpoints", "methods", "name"] {
        assert_eq!(claims["claims"].get(absent), None, "{claims}");
    }
    let json = home
        .run("auth create-token --perm read --output json")
        .json();
    assert_eq!(
        json.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["token"]
    );
    let whole = home
        .run("auth create-token --perm read --name n --output json")
        .json();
    assert_eq!(whole["Info"]["Name"], "n");
    assert_eq!(whole["Warnings"], serde_json::json!([]));
    assert!(whole["Token"].as_str().unwrap().starts_with("ey"));
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let (home, _daemon) = node();
    create(&home, "--perm read --name curio");
    for (line, words) in [
        ("auth create-token --perm read --name curio", "curio"),
        (
            "auth create-token --perm read --endpoint rpc/v1",
            "must begin with /",
        ),
        (
            "auth create-token --perm read --method Filecoin.Chain?",
            "or a pattern such as",
        ),
        (
            "auth create-token --perm read --expires 0",
            "must expire in",
        ),
        (
            "auth create-token --perm read --expires tomorrow",
            "such as 90d",
        ),
        (
            "auth create-token --perm read --idle 1y",
            "differ in length",
        ),
        ("auth revoke", "--older-than 30d, --unused 90d"),
        ("auth revoke nobody", "no token with id or name \"nobody\""),
        ("auth revoke 0123456789ab", "no token with id or name"),
        ("auth revoke curio --unused soon", "such as 90d"),
        (
            "auth can nobody Filecoin.Version",
            "no token with id or name \"nobody\"",
        ),
        (
            "auth can curio Filecoin.Nothing",
            "method 'Filecoin.Nothing' not found",
        ),
        ("auth can Filecoin.Version", "say which token"),
        ("auth rotate --grace never", "such as 90d"),
        ("auth methods --perm root", "[read write sign admin]"),
        (
            "auth revoke --token-file missing",
            "cannot read a token from missing",
        ),
    ] {
        let error = home.run(line).error();
        assert!(error.contains(words), "{line}: {error}");
    }
    let token = create(&home, "--perm read --name second");
    for line in [
        format!("auth revoke {token}"),
        format!("auth can {token} Version"),
    ] {
        let error = home.run(&line).error();
        assert!(
            error.contains("--token-file") && !error.contains(&token),
            "{error}"
        );
    }
    for name in ["curio", "second"] {
        assert_eq!(listed(&home, name).unwrap()["Status"], "active");
    }
}

#[tokio::test]
async fn a_daemon_that_requires_a_token_says_so() {
    for ((home, stopped), line) in [(node(), "daemon --api 0"), (miner(), "run --miner-api 0")] {
        drop(stopped);
        let password = home.path().join("password");
        fs::write(&password, "correct horse battery staple\n").unwrap();
        let line = format!(
            "{line} --api-auth-required --api-auth-password-file {}",
            password.display()
        );
        let daemon = Running::start(&home, &line);
        assert_eq!(daemon.banner["authRequired"], true);
        let (socket, path) = dial(&daemon);
        assert_eq!(post(socket, &path, &[], VERSION).await.status, 401);
        home.run("auth list").ok();
    }
    let home = Home::new(LOTUS);
    let password = home.path().join("password");
    fs::write(&password, "correct horse battery staple\n").unwrap();
    home.run("config set API.AuthRequired true").ok();
    let password = password.display();
    home.run(&format!("config set API.AuthPasswordFile {password}"))
        .ok();
    let daemon = Running::start(&home, "daemon --api 0");
    assert_eq!(daemon.banner["authRequired"], true);
}
