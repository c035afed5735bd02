//! What an operator sees of the log.

use std::io::Write;
use std::sync::Mutex;

use super::*;

/// Collects what is logged.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `work` logs with the levels of `logs`.
fn logged(logs: &Logs, style: Style, work: impl FnOnce()) -> String {
    let output = Output::default();
    let writer = output.clone();
    let subscriber = logs.subscriber(style, move || writer.clone());
    tracing::subscriber::with_default(subscriber, work);
    let bytes = output.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_line_has_lotus_format() {
    let logs = Logs::new();
    let text = logged(&logs, Style::Plain, || {
        tracing::info!(target: "main", count = 3, who = "me", "lotus repo: {}", "/r");
        tracing::error!(target: "rpc", "bare");
    });
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let [first, second] = &lines[..] else {
        panic!("two lines: {text}")
    };
    let [time, level, system, caller, message, fields] = first[..] else {
        panic!("{first:?}")
    };
    let parsed = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", time).unwrap();
    let age = jiff::Timestamp::now() - parsed.to_timestamp().unwrap();
    assert!(age.get_hours() == 0 && age.get_minutes() == 0, "{time}");
    assert_eq!(time.len(), "2021-02-23T10:58:01.469-0500".len());
    assert_eq!((level, system, message), ("INFO", "main", "lotus repo: /r"));
    assert!(caller.starts_with("log/tests.rs:"), "{caller}");
    assert_eq!(fields, r#"{"count":3,"who":"me"}"#);
    assert_eq!(second.len(), 5, "no fields, no column: {second:?}");
}

#[test]
fn color_marks_the_level_and_json_is_one_object_per_line() {
    let logs = Logs::new();
    let warn = || tracing::warn!(target: "auth", id = "x", "careful");
    assert!(logged(&logs, Style::Color, warn).contains("\t\x1b[33mWARN\x1b[0m\tauth\t"));
    let text = logged(&logs, Style::Json, warn);
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object["level"], "warn");
    assert_eq!(object["logger"], "auth");
    assert_eq!(object["msg"], "careful");
    assert_eq!(object["id"], "x");
}

#[test]
fn a_message_cannot_forge_a_line() {
    let text = logged(&Logs::new(), Style::Plain, || {
        tracing::warn!(target: "rpc", "a\nb\t\x1b[31m");
    });
    assert_eq!(text.lines().count(), 1);
    assert!(text.ends_with("\ta\\nb\\t\\u{1b}[31m\n"), "{text:?}");
}

#[test]
fn levels_change_while_running_and_for_one_system_only() {
    let logs = Logs::new();
    let text = logged(&logs, Style::Plain, || {
        let say = |number| {
            tracing::debug!(target: "rpc", "rpc{number}");
            tracing::debug!(target: "auth", "auth{number}");
        };
        say(1);
        logs.set_level("rpc", "debug").unwrap();
        say(2);
        logs.clone().set_level("*", "DEBUG").unwrap();
        say(3);
        logs.set_level("*", "error").unwrap();
        say(4);
    });
    let messages: Vec<_> = text
        .lines()
        .filter_map(|line| line.split('\t').nth(4))
        .collect();
    assert_eq!(messages, ["rpc2", "rpc3", "auth3"]);
}

#[test]
fn events_without_a_target_are_sorted_by_module_and_libraries_kept_quiet() {
    let name = |target| subsystem(target).map(|index| SUBSYSTEMS[index]);
    assert_eq!(name("lotus_daemon::rpc::gate"), Some("rpc"));
    assert_eq!(name("lotus_daemon::repo"), Some("repo"));
    assert_eq!(name("lotus_cli"), Some("main"));
    assert_eq!(name("lotus"), Some("main"));
    assert_eq!(name("hyper::server"), None);
    assert_eq!(name("lotusish"), None);

    let logs = Logs::new();
    logs.set_level("*", "debug").unwrap();
    let text = logged(&logs, Style::Plain, || {
        tracing::info!(target: "hyper::proto", "chatter");
        tracing::warn!(target: "hyper::proto", "trouble");
    });
    assert!(
        !text.contains("chatter") && text.contains("hyper::proto"),
        "{text}"
    );
}

#[test]
fn names_are_checked() {
    let logs = Logs::new();
    let text = logs.set_level("rcp", "info").unwrap_err().to_string();
    assert!(
        text.starts_with("error: No such logger") && text.contains("rpc, wallet"),
        "{text}"
    );
    let text = logs.set_level("rpc", "loud").unwrap_err().to_string();
    assert!(text.starts_with("unrecognized level: \"loud\""), "{text}");
    assert_eq!(logs.level("rpc"), Some(Level::Info));
    for (name, level) in [
        ("Fatal", Level::Error),
        ("dpanic", Level::Error),
        ("WARN", Level::Warn),
    ] {
        logs.set_level("rpc", name).unwrap();
        assert_eq!(logs.level("rpc"), Some(level));
    }
    assert_eq!(logs.subsystems().len(), 9);
    assert!(logs.subsystems().is_sorted());
    assert_eq!(SUBSYSTEMS[MAIN], "main");
}

#[test]
fn a_configs_levels_are_applied_as_far_as_they_go() {
    let logs = Logs::new();
    let levels = [
        ("example-subsystem", "INFO"),
        ("rpc", "debug"),
        ("dht", "warn"),
    ];
    let odd = logs.set_levels(&levels.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    assert!(
        matches!(&odd[..], [Error::UnknownSubsystem(name)] if name == "dht"),
        "{odd:?}"
    );
    assert_eq!(logs.level("rpc"), Some(Level::Debug));
}

/// The variables, in a process of its own because a subscriber is for ever.
#[test]
fn the_environment_is_obeyed() {
    const CHILD: &str = "LOTUS_TEST_LOG_CHILD";
    if std::env::var_os(CHILD).is_some() {
        Logs::init(&|name| std::env::var(name).ok()).unwrap();
        tracing::info!(target: "main", "quiet");
        tracing::debug!(target: "rpc", "loud");
        assert!(matches!(Logs::init(&|_| None), Err(Error::Installed)));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    let run = |vars: &[(&str, &str)]| {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "log::tests::the_environment_is_obeyed"])
            .arg("--nocapture")
            .env(CHILD, "1")
            .envs(vars.iter().copied())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        stderr
    };
    let levels = ("GOLOG_LOG_LEVEL", "error,rpc=debug,dht=warn");
    let stderr = run(&[levels]);
    assert!(
        stderr.contains("\tDEBUG\trpc\t") && !stderr.contains("quiet"),
        "{stderr}"
    );
    assert!(
        !stderr.contains("dht"),
        "a system of Lotus is passed over: {stderr}"
    );

    let stderr = run(&[
        levels,
        ("GOLOG_FILE", file.to_str().unwrap()),
        ("GOLOG_LOG_FMT", "json"),
    ]);
    assert!(!stderr.contains("loud"), "{stderr}");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("\"msg\":\"loud\"")
    );

    let stderr = run(&[("GOLOG_LOG_LEVEL", "shout"), ("GOLOG_LOG_FMT", "pretty")]);
    assert!(
        stderr.contains("GOLOG_LOG_LEVEL: unrecognized level: \"shout\""),
        "{stderr}"
    );
    assert!(
        stderr.contains("GOLOG_LOG_FMT: \"pretty\" is none of"),
        "{stderr}"
    );
}

#[test]
fn a_log_file_that_cannot_be_opened_is_named() {
    let env = |name: &str| (name == "GOLOG_FILE").then(|| "/nowhere/at/all".to_owned());
    let text = Logs::init(&env).unwrap_err().to_string();
    assert!(
        text.starts_with("cannot log to /nowhere/at/all (GOLOG_FILE)"),
        "{text}"
    );
}
