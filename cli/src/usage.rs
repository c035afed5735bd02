//! How a command line is read, and what a mistake in it looks like: the manners of Lotus's parser
//! (urfave/cli) on top of clap.
//!
//! As in Lotus, `-flag` is `--flag`, a switch may be given as `--raw=false`, the last of a repeated
//! flag wins, and a group without a subcommand prints its help. Unlike Lotus, flags may follow
//! arguments, and a stray word behind a command that has subcommands (`lotus daemon stpo`) is
//! refused.

mod args;
mod outline;

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::output;
use outline::Outline;

/// Why there is nothing to run, with what to tell the user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Help or the version was asked for. Exit code 0.
    Help(String),
    /// No command has this name. Exit code 3.
    UnknownCommand {
        name: String,
        suggestion: Option<String>,
    },
    /// The number of arguments is wrong. Exit code 1.
    Arity { got: usize, usage: String },
    /// A flag or a value is wrong. Exit code 1.
    Incorrect { message: String, help: String },
}

impl Stop {
    /// Tells the user, and returns the exit code.
    pub(crate) fn report(&self) -> u8 {
        match self {
            Stop::Help(text) => match output::stdout(text.trim_end()) {
                Ok(()) => 0,
                Err(_) => 1,
            },
            Stop::UnknownCommand { name, suggestion } => {
                output::stderr(format_args!("No help topic for '{name}'"));
                if let Some(suggestion) = suggestion {
                    output::stderr(format_args!("Did you mean '{suggestion}'?"));
                }
                3
            }
            Stop::Arity { got, usage } => {
                output::stderr(usage);
                output::error(&anyhow::anyhow!("incorrect number of arguments, got {got}"));
                1
            }
            Stop::Incorrect { message, help } => {
                output::stderr(format_args!("Incorrect Usage: {message}\n\n{help}"));
                output::error(&anyhow::Error::msg(message.clone()));
                1
            }
        }
    }
}

/// Reads a command line, program name included.
pub(crate) fn parse(
    command: Command,
    args: impl IntoIterator<Item = OsString>,
) -> Result<ArgMatches, Stop> {
    let args = args::normalised(&command, args);
    command
        .clone()
        .try_get_matches_from(&args)
        .map_err(|error| {
            let outline = Outline::of(&command, &args);
            stop(&error, command, &outline)
        })
}

/// Gives a command and everything below it Lotus's looks: the headings of the help, `-h` and `-v`.
pub(crate) fn dressed(command: Command) -> Command {
    let flag = |short, long, action| Arg::new(long).short(short).long(long).action(action);
    let help = flag('h', "help", ArgAction::Help)
        .help("Print help")
        .global(true);
    let version = flag('v', "version", ArgAction::Version).help("Print the version");
    let name = command.get_name().to_owned();
    let command = command
        .disable_version_flag(true)
        .disable_help_flag(true)
        .args([help, version]);
    dressed_below(command, name)
}

const HELP: &str = "NAME:\n   {name} - {about}\n\nUSAGE:\n   {usage}\n\n{all-args}";

fn dressed_below(command: Command, name: String) -> Command {
    command
        .display_name(name.clone())
        .help_template(HELP)
        .subcommand_help_heading("COMMANDS")
        .args_override_self(true)
        .mut_args(|arg| {
            let heading = match (arg.is_positional(), arg.is_global_set()) {
                (true, _) => "ARGUMENTS",
                (false, true) => "GLOBAL OPTIONS",
                (false, false) => "OPTIONS",
            };
            arg.help_heading(heading)
        })
        .mut_subcommands(|below| {
            let name = format!("{name} {}", below.get_name());
            dressed_below(below, name)
        })
}

/// Words clap's complaint as Lotus does.
fn stop(error: &Error, command: Command, outline: &Outline) -> Stop {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let arg = text(ContextKind::InvalidArg).unwrap_or_default();
    // `--perm <PERM>` and `--perm=x` are both about `-perm`, which is how Go spells it.
    let name = arg.split([' ', '=']).next().unwrap_or_default();
    let flag = format!("-{}", name.trim_start_matches('-'));
    let value = text(ContextKind::InvalidValue).unwrap_or_default();

    let message = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return Stop::Help(error.render().to_string());
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return Stop::Help(outline.help(command));
        }
        ErrorKind::InvalidSubcommand => {
            return Stop::UnknownCommand {
                name: text(ContextKind::InvalidSubcommand).unwrap_or_default(),
                suggestion: text(ContextKind::SuggestedSubcommand),
            };
        }
        ErrorKind::MissingRequiredArgument => return outline.arity(command),
        ErrorKind::UnknownArgument if !name.starts_with('-') => return outline.arity(command),
        ErrorKind::TooManyValues if !name.starts_with('-') => return outline.arity(command),
        ErrorKind::UnknownArgument => {
            let near = text(ContextKind::SuggestedArg);
            let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
            format!("flag provided but not defined: {flag}{near}")
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("flag needs an argument: {flag}"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::TooManyValues => {
            let expected = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(valid)) => format!("use one of {}", valid.join(", ")),
                _ => std::error::Error::source(error)
                    .map_or_else(|| "parse error".to_owned(), ToString::to_string),
            };
            match name.starts_with('-') {
                true => format!("invalid value \"{value}\" for flag {flag}: {expected}"),
                false => format!("invalid value \"{value}\" for {name}: {expected}"),
            }
        }
        _ => {
            let rendered = error.render().to_string();
            let line = rendered.lines().next().unwrap_or_default();
            line.trim_start_matches("error: ").to_owned()
        }
    };
    Stop::Incorrect {
        message,
        help: outline.help(command),
    }
}

#[cfg(test)]
mod tests;
