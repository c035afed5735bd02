//! `config`: the settings in the repo's `config.toml`. No daemon is asked.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use lotus_daemon::config::{Config, edit, render};
use lotus_daemon::repo;
use serde_json::json;

use crate::opts::{Context, env};

/// Manage node config
#[derive(Debug, Args)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print default node config
    Default(Comments),
    /// Print updated node config: the repo's settings, those of the environment included
    Updated(Comments),
    /// Print one setting, such as API.ListenAddress, as a daemon that starts now would use it
    Get {
        /// The setting: TABLE.KEY
        key: String,
    },
    /// Change one setting in the repo's config.toml; everything else in the file stays as it is
    Set {
        /// The setting: TABLE.KEY
        key: String,
        /// Its new value
        value: String,
    },
}

#[derive(Debug, Args)]
struct Comments {
    /// Don't print what each setting means
    #[arg(long)]
    no_comment: bool,
}

impl ConfigCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let role = context.role;
        match self.command {
            // Here Lotus prints a line feed too many, and for `updated` it does not; people compare.
            Command::Default(comments) => {
                let text = render::default_text(role, !comments.no_comment);
                context.out.result(text, Config::defaults(role))
            }
            Command::Updated(comments) => {
                let path = context.repo_path()?;
                if !repo::exists(&path) {
                    bail!("repo not initialized: there is none at {}", path.display());
                }
                let loaded = Config::load(role, &path.join("config.toml"), &env)?;
                for warning in &loaded.warnings {
                    context.out.note(warning);
                }
                let mut text = render::updated_text(role, &loaded.config, !comments.no_comment);
                text.pop();
                context.out.result(text, loaded.config)
            }
            Command::Get { key } => {
                let path = context.repo_path()?.join("config.toml");
                let value = edit::get(role, &path, &key, &env)?;
                context
                    .out
                    .result(&value, json!({ "key": key, "value": value }))
            }
            Command::Set { key, value } => {
                let path = set(context, &key, &value)?;
                context.out.note(format_args!(
                    "{key} is set in {}; a running daemon uses it after a restart.",
                    path.display()
                ));
                if let Some(variable) = overriding(&key) {
                    context.out.note(format_args!(
                        "{variable} is set in this environment, and goes before the file."
                    ));
                }
                context.out.done()
            }
        }
    }
}

/// Changes a setting and returns the file that it is in. Settings may come before the first start:
/// then this makes the repo's directory, but leaves none behind if there is nothing to put there.
fn set(context: &Context, key: &str, value: &str) -> anyhow::Result<PathBuf> {
    let repo = context.repo_path()?;
    let path = repo.join("config.toml");
    let created = match fs::create_dir(&repo) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot create repo {}", repo.display()));
        }
    };
    if let Err(error) = edit::set(context.role, &path, key, value) {
        if created {
            // Removes an empty directory only, and the error to report is the other one.
            let _ = fs::remove_dir(&repo);
        }
        return Err(error.into());
    }
    Ok(path)
}

/// The variable that overrides a setting, if it is set: `LOTUS_API_LISTENADDRESS`.
fn overriding(key: &str) -> Option<String> {
    let variable = format!("LOTUS_{}", key.replace('.', "_").to_uppercase());
    env(&variable).map(|_| variable)
}
