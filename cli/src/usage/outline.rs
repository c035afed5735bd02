//! What a command line was about, also when it is wrong: which command, and how many arguments.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Stop;

/// The id of the argument that takes whatever comes.
const ANYTHING: &str = "anything";

/// A command line as far as it could be understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outline {
    /// The names of the subcommands from the root.
    path: Vec<String>,
    /// The number of arguments behind them.
    arguments: usize,
}

impl Outline {
    /// Reads a command line with everything forgiven.
    pub(super) fn of(command: &Command, args: &[OsString]) -> Self {
        let Ok(matches) = lenient(command).try_get_matches_from(args) else {
            return Self {
                path: Vec::new(),
                arguments: 0,
            };
        };
        let mut path = Vec::new();
        let mut innermost: &ArgMatches = &matches;
        while let Some((name, matches)) = innermost.subcommand() {
            path.push(name.to_owned());
            innermost = matches;
        }
        let anything = innermost.try_get_many::<OsString>(ANYTHING).ok().flatten();
        Self {
            path,
            arguments: anything.map_or(0, Iterator::count),
        }
    }

    /// The help of the command.
    pub(super) fn help(&self, command: Command) -> String {
        self.on(command, |command| command.render_help().to_string())
    }

    /// The complaint about the number of arguments.
    pub(super) fn arity(&self, command: Command) -> Stop {
        let usage = self.on(command, |command| command.render_usage().to_string());
        Stop::Arity {
            got: self.arguments,
            usage,
        }
    }

    fn on<T>(&self, mut command: Command, make: impl FnOnce(&mut Command) -> T) -> T {
        // Gives the subcommands their full names and the global options.
        command.build();
        let mut at = &mut command;
        for name in &self.path {
            match at.find_subcommand(name).is_some() {
                true => {
                    at = at
                        .find_subcommand_mut(name)
                        .expect("found in the line above")
                }
                false => break,
            }
        }
        make(at)
    }
}

/// The same tree of commands and flags, in which a command takes any arguments.
fn lenient(command: &Command) -> Command {
    let flags = command.get_arguments().filter(|arg| !arg.is_positional());
    // Nothing may end the reading early.
    let flags = flags.cloned().map(|flag| match flag.get_action() {
        ArgAction::Version | ArgAction::Help => flag.action(ArgAction::SetTrue),
        _ => flag,
    });
    let lenient = Command::new(command.get_name().to_owned())
        .aliases(
            command
                .get_all_aliases()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
        .ignore_errors(true)
        .disable_help_flag(true)
        .args_override_self(true)
        .args(flags)
        .subcommands(command.get_subcommands().map(lenient));
    match command.has_subcommands() {
        true => lenient,
        false => lenient.arg(
            Arg::new(ANYTHING)
                .num_args(0..)
                .action(ArgAction::Append)
                .value_parser(clap::value_parser!(OsString)),
        ),
    }
}
