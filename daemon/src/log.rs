//! Logging: Lotus's log systems, levels and line format over `tracing`.
//!
//! An event belongs to the log system that its `target` names (`target: "rpc"`). An event of this
//! project without such a target belongs to the first module in its path that is a log system's
//! name, or else to `main`. Events of libraries are logged from `warn` on.
//!
//! The environment variables are those of Lotus (go-log): `GOLOG_LOG_LEVEL` (`info` or
//! `error,rpc=debug`), `GOLOG_LOG_FMT` (`color`, `nocolor`, `json`), `GOLOG_FILE` (instead of
//! standard error).

mod format;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::config::SAMPLE_SUBSYSTEM;
use format::{Format, Style};

/// The log systems, sorted.
const SUBSYSTEMS: [&str; 9] = [
    "auth", "chain", "config", "keystore", "main", "miner", "repo", "rpc", "wallet",
];

/// Where `main` is in [`SUBSYSTEMS`].
const MAIN: usize = 4;

/// How serious an event must be to be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Errors only. Go's `dpanic`, `panic` and `fatal` read as this.
    Error,
    /// Warnings too.
    Warn,
    /// What an operator wants to know; the default.
    Info,
    /// Everything.
    Debug,
}

impl FromStr for Level {
    type Err = Error;

    /// Reads a level's name in any case; the empty text is `info`, as in Go's zap.
    fn from_str(text: &str) -> Result<Level, Error> {
        match text.to_ascii_lowercase().as_str() {
            "debug" => Ok(Level::Debug),
            "info" | "" => Ok(Level::Info),
            "warn" => Ok(Level::Warn),
            "error" | "dpanic" | "panic" | "fatal" => Ok(Level::Error),
            _ => Err(Error::UnknownLevel(text.to_owned())),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
        })
    }
}

impl Level {
    fn from_u8(stored: u8) -> Level {
        [Level::Error, Level::Warn, Level::Info, Level::Debug]
            .into_iter()
            .find(|level| *level as u8 == stored)
            .unwrap_or(Level::Info)
    }

    fn filter(self) -> LevelFilter {
        match self {
            Level::Error => LevelFilter::ERROR,
            Level::Warn => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
        }
    }
}

/// Why logging could not be set up or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such log system.
    #[error("error: No such logger: {0:?}; the log systems are {all}", all = SUBSYSTEMS.join(", "))]
    UnknownSubsystem(String),
    /// There is no such level. The text begins as zap's.
    #[error("unrecognized level: {0:?}; the levels are debug, info, warn and error")]
    UnknownLevel(String),
    /// The file in `GOLOG_FILE` cannot be opened.
    #[error("cannot log to {path} (GOLOG_FILE): {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// This process has a `tracing` subscriber already.
    #[error("this process logs already: Logs::init may be called once, and by programs only")]
    Installed,
}

/// The level of every log system. Clones share them.
///
/// It works as a table of levels even when [`Logs::init`] has not been called, as in tests and in
/// programs that bring their own subscriber.
#[derive(Debug, Clone)]
pub struct Logs {
    levels: Arc<Levels>,
}

#[derive(Debug)]
struct Levels {
    /// A [`Level`] for each of [`SUBSYSTEMS`].
    own: [AtomicU8; SUBSYSTEMS.len()],
    libraries: AtomicU8,
}

impl Default for Logs {
    fn default() -> Logs {
        Logs::new()
    }
}

impl Logs {
    /// Every log system at `info`, libraries at `warn`. Nothing is installed.
    pub fn new() -> Logs {
        let own = [const { AtomicU8::new(Level::Info as u8) }; SUBSYSTEMS.len()];
        let libraries = AtomicU8::new(Level::Warn as u8);
        Logs {
            levels: Arc::new(Levels { own, libraries }),
        }
    }

    /// Begins to log, as the variables in `env` say. For programs, once.
    ///
    /// A variable with a value that makes no sense is reported in the log and has no effect. Log
    /// systems that only Lotus has are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::File`], [`Error::Installed`].
    pub fn init(env: &dyn Fn(&str) -> Option<String>) -> Result<Logs, Error> {
        let logs = Logs::new();
        let mut odd = Vec::new();
        let levels = env("GOLOG_LOG_LEVEL").unwrap_or_default();
        for part in levels
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (system, level) = part.split_once('=').unwrap_or(("*", part));
            match logs.set_level(system, level) {
                Ok(()) | Err(Error::UnknownSubsystem(_)) => {}
                Err(error) => odd.push(format!("GOLOG_LOG_LEVEL: {error}")),
            }
        }
        let file = env("GOLOG_FILE")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        let terminal = file.is_none() && io::stderr().is_terminal() && env("NO_COLOR").is_none();
        let plain = if terminal { Style::Color } else { Style::Plain };
        let style = match env("GOLOG_LOG_FMT").unwrap_or_default().as_str() {
            "" => plain,
            "color" => Style::Color,
            "nocolor" => Style::Plain,
            "json" => Style::Json,
            other => {
                odd.push(format!(
                    "GOLOG_LOG_FMT: {other:?} is none of color, nocolor, json"
                ));
                plain
            }
        };
        let writer = match file {
            None => BoxMakeWriter::new(io::stderr),
            Some(path) => match OpenOptions::new().append(true).create(true).open(&path) {
                Ok(file) => BoxMakeWriter::new(Arc::new(file)),
                Err(source) => return Err(Error::File { path, source }),
            },
        };
        tracing::subscriber::set_global_default(logs.subscriber(style, writer))
            .map_err(|_| Error::Installed)?;
        for text in odd {
            tracing::warn!(target: "main", "{text}");
        }
        Ok(logs)
    }

    fn subscriber<W>(&self, style: Style, writer: W) -> impl Subscriber + use<W>
    where
        W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    {
        let lines = tracing_subscriber::fmt::layer()
            .event_format(Format(style))
            .with_writer(writer);
        tracing_subscriber::registry()
            .with(lines)
            .with(Gate(self.levels.clone()))
    }

    /// The names of the log systems, sorted.
    pub fn subsystems(&self) -> Vec<String> {
        SUBSYSTEMS.map(str::to_owned).to_vec()
    }

    /// The level of a log system; `None` if there is no such system.
    pub fn level(&self, subsystem: &str) -> Option<Level> {
        let index = SUBSYSTEMS.iter().position(|name| *name == subsystem)?;
        Some(Level::from_u8(
            self.levels.own[index].load(Ordering::Relaxed),
        ))
    }

    /// Changes the level of a log system, or of all with `*`, from now on.
    ///
    /// Libraries follow `*` to `error` but stay at `warn` otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownLevel`], [`Error::UnknownSubsystem`]; nothing has changed then.
    pub fn set_level(&self, subsystem: &str, level: &str) -> Result<(), Error> {
        let level: Level = level.parse()?;
        if subsystem == "*" {
            self.levels
                .own
                .iter()
                .for_each(|own| own.store(level as u8, Ordering::Relaxed));
            self.levels
                .libraries
                .store(level.min(Level::Warn) as u8, Ordering::Relaxed);
        } else {
            let index = SUBSYSTEMS.iter().position(|name| *name == subsystem);
            let index = index.ok_or_else(|| Error::UnknownSubsystem(subsystem.to_owned()))?;
            self.levels.own[index].store(level as u8, Ordering::Relaxed);
        }
        // Each place that logs has remembered whether it is listened to.
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// Applies `[Logging.SubsystemLevels]` of a config, except Lotus's sample entry. What cannot be
    /// applied is returned; the rest has effect.
    pub fn set_levels(&self, levels: &BTreeMap<String, String>) -> Vec<Error> {
        levels
            .iter()
            .filter(|(system, _)| *system != SAMPLE_SUBSYSTEM)
            .filter_map(|(system, level)| self.set_level(system, level).err())
            .collect()
    }
}

impl Levels {
    fn allow(&self, metadata: &Metadata<'_>) -> bool {
        let stored = match subsystem(metadata.target()) {
            Some(index) => &self.own[index],
            None => &self.libraries,
        };
        *metadata.level() <= Level::from_u8(stored.load(Ordering::Relaxed)).filter()
    }

    fn most(&self) -> Level {
        let all = self.own.iter().chain([&self.libraries]);
        let most = all.map(|level| level.load(Ordering::Relaxed)).max();
        most.map_or(Level::Info, Level::from_u8)
    }
}

/// The log system that a target belongs to, as an index of [`SUBSYSTEMS`]; `None` for libraries.
fn subsystem(target: &str) -> Option<usize> {
    let index = |name: &str| SUBSYSTEMS.iter().position(|known| *known == name);
    if let Some(index) = index(target) {
        return Some(index);
    }
    let mut modules = target.split("::");
    let package = modules.next().unwrap_or_default();
    (package == "lotus" || package.starts_with("lotus_"))
        .then(|| modules.find_map(index).unwrap_or(MAIN))
}

/// The layer that holds back what the levels do not allow.
struct Gate(Arc<Levels>);

impl<S: Subscriber> Layer<S> for Gate {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.0.allow(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.0.allow(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.most().filter())
    }
}

#[cfg(test)]
mod tests;
