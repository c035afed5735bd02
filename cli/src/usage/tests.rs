//! The manners of the parser, on the command lines of both programs.

use super::*;
use crate::{lotus_command, lotus_miner_command};

fn lotus(line: &str) -> Result<ArgMatches, Stop> {
    parse(lotus_command(), words("lotus", line))
}

fn miner(line: &str) -> Result<ArgMatches, Stop> {
    parse(lotus_miner_command(), words("lotus-miner", line))
}

fn words(program: &str, line: &str) -> Vec<OsString> {
    std::iter::once(program)
        .chain(line.split_whitespace())
        .map(OsString::from)
        .collect()
}

/// The innermost subcommand's matches.
fn innermost(mut matches: ArgMatches) -> ArgMatches {
    while let Some((_, inner)) = matches.remove_subcommand() {
        matches = inner;
    }
    matches
}

fn incorrect(line: &str) -> String {
    match lotus(line) {
        Err(Stop::Incorrect { message, .. }) => message,
        other => panic!("{line}: {other:?}"),
    }
}

fn arity(line: &str) -> usize {
    match lotus(line) {
        Err(Stop::Arity { got, .. }) => got,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_command_lines_are_consistent() {
    lotus_command().debug_assert();
    lotus_miner_command().debug_assert();
}

#[test]
fn a_flag_may_have_one_dash_and_stand_anywhere() {
    for line in [
        "auth create-token --perm sign",
        "auth create-token -perm sign",
        "auth create-token -perm=sign",
        "auth create-token --perm=sign",
        "auth create-token --perm read --perm sign",
    ] {
        let perm = innermost(lotus(line).unwrap()).remove_one::<String>("perm");
        assert_eq!(perm.as_deref(), Some("sign"), "{line}");
    }
    for line in [
        "-repo /x wallet has f01",
        "wallet has f01 --repo /x",
        "wallet -repo=/x has f01",
    ] {
        let repo = innermost(lotus(line).unwrap()).remove_one::<String>("repo");
        assert_eq!(repo.as_deref(), Some("/x"), "{line}");
    }
    let repo = innermost(miner("-storagerepo /x stop").unwrap()).remove_one::<String>("miner_repo");
    assert_eq!(repo.as_deref(), Some("/x"));
}

#[test]
fn a_switch_may_have_a_value() {
    for (line, expected) in [
        ("wallet sign f01 aa", false),
        ("wallet sign f01 aa --raw", true),
        ("wallet sign -raw f01 aa", true),
        ("wallet sign --raw=true f01 aa", true),
        ("wallet sign -raw=1 f01 aa", true),
        ("wallet sign --raw=false f01 aa", false),
        ("wallet sign -raw=f f01 aa", false),
    ] {
        assert_eq!(
            innermost(lotus(line).unwrap()).get_flag("raw"),
            expected,
            "{line}"
        );
    }
    assert!(
        incorrect("wallet sign --raw=maybe f01 aa")
            .starts_with("invalid value \"maybe\" for flag -raw")
    );
}

#[test]
fn two_dashes_end_the_flags() {
    let key = innermost(lotus("wallet has -- -repo").unwrap()).remove_one::<String>("address");
    assert_eq!(key.as_deref(), Some("-repo"));
}

#[test]
fn an_unknown_command_is_named_with_what_was_probably_meant() {
    let unknown = |name: &str, suggestion: Option<&str>| {
        let suggestion = suggestion.map(str::to_owned);
        Some(Stop::UnknownCommand {
            name: name.to_owned(),
            suggestion,
        })
    };
    assert_eq!(lotus("walet list").err(), unknown("walet", Some("wallet")));
    assert_eq!(lotus("wallet lst").err(), unknown("lst", Some("list")));
    assert_eq!(lotus("qqq").err(), unknown("qqq", None));
    assert_eq!(lotus("daemon stpo").err(), unknown("stpo", Some("stop")));
    assert_eq!(
        lotus("daemon --api 1 stpo").err(),
        unknown("stpo", Some("stop"))
    );
    assert_eq!(
        miner("wallet list").err(),
        unknown("wallet", None),
        "the miner has no wallet"
    );
}

#[test]
fn flags_that_are_wrong() {
    assert_eq!(
        incorrect("wallet list --bogus"),
        "flag provided but not defined: -bogus"
    );
    assert_eq!(
        incorrect("auth create-token -prm=read"),
        "flag provided but not defined: -prm; did you mean --perm?"
    );
    assert_eq!(
        incorrect("auth create-token --perm"),
        "flag needs an argument: -perm"
    );
    assert_eq!(
        incorrect("version --output xml"),
        "invalid value \"xml\" for flag -output: use one of text, json"
    );
    let timeout = incorrect("wait-api --timeout abc");
    assert!(
        timeout.starts_with("invalid value \"abc\" for flag -timeout: "),
        "{timeout}"
    );
}

#[test]
fn the_number_of_arguments_is_counted() {
    assert_eq!(arity("wallet has"), 0);
    assert_eq!(arity("wallet has f01 f02"), 2);
    assert_eq!(arity("wallet has f01 f02 --output json f03"), 3);
    assert_eq!(arity("wallet sign f01"), 1);
    assert_eq!(arity("version now"), 1);
    assert!(matches!(miner("init x"), Err(Stop::Arity { got: 1, .. })));
    assert!(matches!(miner("run x"), Err(Stop::Arity { got: 1, .. })));
}

#[test]
fn a_group_alone_prints_its_help() {
    for line in [
        "",
        "--repo /x",
        "wallet",
        "wallet --repo /x",
        "--output json wallet",
        "auth",
    ] {
        let Err(Stop::Help(help)) = lotus(line) else {
            panic!("{line}")
        };
        let wanted = match line.contains("wallet") {
            true => "NAME:\n   lotus wallet - Manage wallet\n",
            false if line == "auth" => "NAME:\n   lotus auth - Manage RPC permissions\n",
            false => "NAME:\n   lotus - ",
        };
        assert!(help.starts_with(wanted), "{line}: {help}");
        assert!(help.contains("COMMANDS:"), "{line}: {help}");
    }
    assert!(lotus("daemon").is_ok(), "a group that runs");
}

#[test]
fn help_and_version() {
    let Err(Stop::Help(help)) = lotus("wallet sign --help") else {
        panic!()
    };
    assert!(help.starts_with("NAME:\n   lotus wallet sign - "), "{help}");
    assert!(help.contains("USAGE:\n   lotus wallet sign "), "{help}");
    assert!(help.contains("\nGLOBAL OPTIONS:\n"), "{help}");
    for flag in ["-v", "--version", "-version"] {
        let Err(Stop::Help(version)) = miner(flag) else {
            panic!("{flag}")
        };
        assert_eq!(
            version.trim_end(),
            format!("lotus-miner version {}", crate::VERSION)
        );
    }
}
