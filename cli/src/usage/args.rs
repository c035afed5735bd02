//! Go's ways to write a flag, rewritten into the ones that clap reads.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{ArgAction, Command};

/// The arguments with `-flag` spelled `--flag`, and `--switch=true` and `--switch=false` resolved.
pub(super) fn normalised(
    command: &Command,
    args: impl IntoIterator<Item = OsString>,
) -> Vec<OsString> {
    let mut switches = BTreeSet::new();
    collect_switches(command, &mut switches);
    let mut verbatim = false;
    let mut normalised = Vec::new();
    for arg in args {
        match arg.to_str() {
            Some(text) if !verbatim && !normalised.is_empty() => {
                verbatim = text == "--";
                normalised.extend(one(text, &switches).map(OsString::from));
            }
            _ => normalised.push(arg),
        }
    }
    normalised
}

/// One argument; `None` for a switch that is off.
fn one(arg: &str, switches: &BTreeSet<String>) -> Option<String> {
    let Some(name_and_value) = arg.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
        return Some(arg.to_owned());
    };
    let name_and_value = name_and_value.strip_prefix('-').unwrap_or(name_and_value);
    let (name, value) = match name_and_value.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (name_and_value, None),
    };
    // `-a` is a short flag, `--` and `-1` are none at all.
    if name.chars().count() < 2 || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Some(arg.to_owned());
    }
    match value.and_then(go_bool) {
        Some(true) if switches.contains(name) => Some(format!("--{name}")),
        Some(false) if switches.contains(name) => None,
        _ => Some(format!("--{name_and_value}")),
    }
}

/// The texts that Go's `strconv.ParseBool` takes.
fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn collect_switches(command: &Command, into: &mut BTreeSet<String>) {
    let switches = command
        .get_arguments()
        .filter(|arg| matches!(arg.get_action(), ArgAction::SetTrue))
        .filter_map(|arg| arg.get_long());
    into.extend(switches.map(str::to_owned));
    for subcommand in command.get_subcommands() {
        collect_switches(subcommand, into);
    }
}
