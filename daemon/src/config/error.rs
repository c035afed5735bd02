//! What can be wrong with a config, and what is only odd.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a config could not be read or changed. Every text says where to look and what is expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file exists and cannot be read, or cannot be written.
    #[error("cannot {action} config {path}: {source}", path = path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The config file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error(
        "{path}:{line}:{column}: {message}{at}; correct the file, or see what it may contain with \
         'config default'",
        path = path.display(),
        at = key.as_ref().map_or(String::new(), |key| format!(" (at key {key})"))
    )]
    Syntax {
        /// The config file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
        /// The key on that line, with its table.
        key: Option<String>,
        /// The parser's reason.
        message: String,
    },
    /// A setting has a value that it cannot have.
    #[error("{origin}: {key} = {value}: expected {expected}")]
    Value {
        /// Where the value is from.
        origin: Origin,
        /// The setting: `API.ListenAddress`.
        key: String,
        /// The value as it is written there.
        value: String,
        /// What would be good.
        expected: &'static str,
    },
    /// There is no such setting.
    #[error("there is no setting {key}{}", did_you_mean(suggestion.as_deref()))]
    UnknownKey {
        /// The name as given.
        key: String,
        /// The setting that was probably meant.
        suggestion: Option<String>,
    },
    /// It is a setting of Lotus that this daemon does not have.
    #[error("{key} is a setting of Lotus that has no effect here, so it is not changed")]
    NoEffect {
        /// The setting.
        key: String,
    },
    /// The checked values do not make a config. That is a defect of this program.
    #[error("config {path}: {message}", path = path.display())]
    Inconsistent {
        /// The config file.
        path: PathBuf,
        /// What does not fit.
        message: String,
    },
}

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The line of a file, counted from 1.
    File(PathBuf, usize),
    /// The environment variable of this name.
    Variable(String),
    /// The caller, usually the command line.
    Argument,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path, line) => write!(f, "{}:{line}", path.display()),
            Origin::Variable(name) => write!(f, "environment variable {name}"),
            Origin::Argument => f.write_str("cannot set"),
        }
    }
}

/// Something in a config that does not keep it from loading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A key or table that neither this daemon nor Lotus has.
    UnknownKey {
        /// The config file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The key with its table.
        key: String,
        /// The setting that was probably meant.
        suggestion: Option<String>,
    },
    /// Settings of Lotus that have no effect here; at most one such notice per file.
    NoEffect {
        /// The config file.
        path: PathBuf,
        /// The settings, in the file's order.
        keys: Vec<String>,
    },
}

impl Warning {
    /// Writes it to the log: an unknown key as a warning, settings without effect as information.
    pub fn log(&self) {
        match self {
            Warning::UnknownKey { .. } => tracing::warn!(target: "config", "{self}"),
            Warning::NoEffect { .. } => tracing::info!(target: "config", "{self}"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::UnknownKey {
                path,
                line,
                key,
                suggestion,
            } => {
                let near = did_you_mean(suggestion.as_deref());
                write!(
                    f,
                    "{}:{line}: unknown setting {key} is ignored{near}",
                    path.display()
                )
            }
            Warning::NoEffect { path, keys } => {
                write!(
                    f,
                    "{}: settings of Lotus without effect here: ",
                    path.display()
                )?;
                f.write_str(&keys.join(", "))
            }
        }
    }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or(String::new(), |known| format!("; did you mean {known}?"))
}

impl Error {
    /// For `map_err`: says what was tried.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Locates the parser's complaint about `text`.
    pub(super) fn syntax(path: &Path, text: &str, error: &toml_edit::TomlError) -> Error {
        let at = error.span().map_or(0, |span| span.start);
        let (line, column) = position(text, at);
        Error::Syntax {
            path: path.to_owned(),
            line,
            column,
            key: key_on_line(text, line),
            message: error.message().replace('\n', ", "),
        }
    }
}

/// Line and column of the byte `at`, both counted from 1, the column in characters.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// The key that a line which does not parse seems to set, with its table.
fn key_on_line(text: &str, line: usize) -> Option<String> {
    let before: Vec<&str> = text.lines().take(line).collect();
    let (key, _) = before.last()?.split_once('=')?;
    let header = before.iter().rev().skip(1).find_map(|line| header(line));
    let key = key.trim();
    Some(header.map_or(key.to_owned(), |table| format!("{table}.{key}")))
}

/// The table that a line opens: `API` for `[API]  # comment`.
pub(super) fn header(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    Some(name.trim())
}
