//! How an event becomes a line: as Lotus's (go-log over zap).
//!
//! ```text
//! 2021-02-23T10:58:01.469-0500⇥INFO⇥main⇥src/daemon.rs:218⇥message⇥{"k":"v"}
//! ```

use std::fmt::{self, Debug};

use jiff::Zoned;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Which of go-log's formats: `nocolor`, `color`, `json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Color,
    Json,
}

/// Writes an event in a [`Style`].
#[derive(Debug)]
pub(super) struct Format(pub(super) Style);

impl<S, N> FormatEvent<S, N> for Format
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let meta = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%.3f%z").to_string();
        let system =
            super::subsystem(meta.target()).map_or(meta.target(), |index| super::SUBSYSTEMS[index]);
        let caller = caller(
            meta.file().unwrap_or_default(),
            meta.line().unwrap_or_default(),
        );

        if self.0 == Style::Json {
            let mut object = Map::from_iter([
                (
                    "level".to_owned(),
                    json!(name(meta.level()).to_ascii_lowercase()),
                ),
                ("ts".to_owned(), json!(time)),
                ("logger".to_owned(), json!(system)),
                ("caller".to_owned(), json!(caller)),
                ("msg".to_owned(), json!(fields.message)),
            ]);
            object.extend(fields.rest);
            return writeln!(out, "{}", Value::Object(object));
        }
        let level = name(meta.level());
        let level = match self.0 {
            Style::Color => format!("\x1b[{}m{level}\x1b[0m", color(meta.level())),
            _ => level.to_owned(),
        };
        write!(out, "{time}\t{level}\t{system}\t{caller}\t")?;
        one_line(&mut out, &fields.message)?;
        if !fields.rest.is_empty() {
            write!(out, "\t{}", Value::Object(fields.rest))?;
        }
        writeln!(out)
    }
}

fn name(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        _ => "DEBUG",
    }
}

/// The colour that zap gives a level, as an ANSI code.
fn color(level: &Level) -> u8 {
    match *level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 34,
        _ => 35,
    }
}

/// The last directory, file and line of the place that logged, as zap shortens it.
fn caller(file: &str, line: u32) -> String {
    let start = file
        .rmatch_indices('/')
        .nth(1)
        .map_or(0, |(slash, _)| slash + 1);
    format!("{}:{line}", &file[start..])
}

/// Writes a message without what would break the line or drive a terminal; it may quote a client.
fn one_line(out: &mut Writer<'_>, message: &str) -> fmt::Result {
    for c in message.chars() {
        match c.is_control() {
            true => write!(out, "{}", c.escape_default())?,
            false => out.write_char(c)?,
        }
    }
    Ok(())
}

/// Collects an event's message and its other fields.
#[derive(Default)]
struct Fields {
    message: String,
    rest: Map<String, Value>,
}

impl Fields {
    fn keep(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
        } else {
            self.rest.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.keep(field, Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value.into());
    }
}
