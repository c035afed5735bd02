//! A command line, as Markdown: every command with the text of its `--help`.

use std::fmt::Write as _;

use clap::Command;

use crate::page::anchor;

/// The page of a program.
pub(crate) fn page(program: Command) -> String {
    let mut program = plain(program);
    // Gives the subcommands their full names and the global options.
    program.build();
    let mut commands = Vec::new();
    collect(program, true, &mut commands);
    let mut page = String::new();
    let mut commands = commands.into_iter();
    if let Some((name, help)) = commands.next() {
        let _ = write!(page, "# {name}\n\n{help}\n");
    }
    page += "\nThe global options above are valid for every command below, too.\n";
    for (name, _) in commands.clone() {
        let _ = write!(page, "\n* [{name}](#{})", anchor(&name));
    }
    for (name, help) in commands {
        let _ = write!(page, "\n\n## {name}\n\n{help}");
    }
    page
}

/// Without what depends on the machine: the values that variables of the environment have now.
fn plain(command: Command) -> Command {
    command
        .mut_args(|arg| arg.hide_env_values(true))
        .mut_subcommands(plain)
}

/// The names and helps of a command and everything below it that is not hidden.
fn collect(command: Command, root: bool, into: &mut Vec<(String, String)>) {
    let name = command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .to_owned();
    // Said once, on the root.
    let mut shown = command.clone().mut_args(|arg| {
        let everywhere = arg.is_global_set() || arg.get_id() == "help";
        if everywhere && !root {
            arg.hide(true)
        } else {
            arg
        }
    });
    let help = shown.render_long_help().to_string();
    let lines: Vec<_> = help.trim().lines().map(str::trim_end).collect();
    into.push((name, format!("```text\n{}\n```", lines.join("\n"))));
    let visible = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    for subcommand in command.get_subcommands().filter(visible) {
        collect(subcommand.clone(), false, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn program() -> Command {
        let repo = Arg::new("repo")
            .long("repo")
            .env("CARGO_MANIFEST_DIR")
            .global(true);
        let perm = Arg::new("perm").long("perm").help("A permission");
        let token = Command::new("create-token").about("Make a token").arg(perm);
        Command::new("prog")
            .about("A program")
            .arg(repo)
            .subcommand(Command::new("auth").about("Tokens").subcommand(token))
            .subcommand(Command::new("secret").hide(true))
    }

    #[test]
    fn every_visible_command_is_there_under_its_full_name() {
        let page = page(program());
        let headings: Vec<_> = page.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(
            headings,
            ["# prog", "## prog auth", "## prog auth create-token"]
        );
        assert!(page.contains("* [prog auth create-token](#prog-auth-create-token)"));
        assert!(page.contains("A permission"));
    }

    #[test]
    fn global_options_are_said_once_and_the_environment_is_not() {
        let page = page(program());
        assert_eq!(page.matches("--repo").count(), 1, "{page}");
        assert!(page.contains("[env: CARGO_MANIFEST_DIR]"), "{page}");
        assert!(!page.contains(env!("CARGO_MANIFEST_DIR")), "{page}");
    }
}
