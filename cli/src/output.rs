//! What a command prints: its result on stdout, everything else on stderr.
//!
//! Nothing else in this crate writes to the two streams.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde::Serialize;

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// As Lotus prints it.
    Text,
    /// As one JSON value.
    Json,
}

/// The answer to a command's question was no. The result has been printed; what is left is exit
/// code 1.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no")]
pub(crate) struct No;

/// The two streams of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Prints the result of a command: its text, if there is any, or its JSON, on lines of their
    /// own.
    pub(crate) fn result(self, text: impl Display, json: impl Serialize) -> anyhow::Result<()> {
        let text = match self.format {
            Format::Text => text.to_string(),
            Format::Json => serde_json::to_string_pretty(&json)?,
        };
        if text.is_empty() {
            Ok(())
        } else {
            Ok(stdout(&text)?)
        }
    }

    /// Ends a command that succeeds silently: no text, and `null` in JSON.
    pub(crate) fn done(self) -> anyhow::Result<()> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => Ok(stdout("null")?),
        }
    }

    /// Tells the user something that is no result.
    pub(crate) fn note(self, text: impl Display) {
        stderr(text);
    }

    /// Asks for a secret on the terminal, without echo.
    pub(crate) fn ask_secret(self, prompt: &str) -> io::Result<String> {
        rpassword::prompt_password(prompt)
    }
}

/// Prints a line on stdout. A reader that has gone away (`lotus log list | head -1`) wants no more,
/// which is no error.
pub(crate) fn stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints a line on stderr.
pub(crate) fn stderr(text: impl Display) {
    // Unlike `eprintln!`: a closed stderr is no reason to die.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A line on the terminal that changes while something takes long, and goes when that is done. Where
/// stderr is no terminal there is none.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// When it changed last.
    changed: Option<Instant>,
}

/// How long a line stays as it is.
const STEADY: Duration = Duration::from_millis(100);

impl Line {
    /// Shows a text, unless the last one is very new.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) {
        let is_new = self
            .changed
            .is_some_and(|changed| changed.elapsed() < STEADY);
        if is_new || !io::stderr().is_terminal() {
            return;
        }
        self.changed = Some(Instant::now());
        Self::replace(&text());
    }

    fn replace(text: &str) {
        let mut stderr = io::stderr().lock();
        // Back to its beginning, and nothing behind the text.
        let _ = write!(stderr, "\r{text}\x1b[K").and_then(|()| stderr.flush());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.changed.is_some() {
            Self::replace("");
        }
    }
}

/// Reports why a command failed, as Lotus does: `ERROR: `, the causes from the outermost in, and a
/// blank line.
pub(crate) fn error(error: &anyhow::Error) {
    stderr(format_args!("ERROR: {}\n", causes(error)));
}

/// Whether a person could type on stdin.
pub(crate) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// The causes joined by colons. Some errors repeat their cause in their own text, which is then not
/// said twice.
fn causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn causes_are_joined_and_never_repeated() {
        let inner = io::Error::other("disk full");
        let error = anyhow::Error::new(inner)
            .context("cannot write x: disk full")
            .context("saving");
        assert_eq!(causes(&error), "saving: cannot write x: disk full");
        let error = Err::<(), _>(anyhow::anyhow!("b")).context("a").unwrap_err();
        assert_eq!(causes(&error), "a: b");
    }
}
