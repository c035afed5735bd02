//! Reading a config: the file over the defaults, the environment over the file.

use std::io::{self, ErrorKind};
use std::path::Path;

use toml_edit::{Document, DocumentMut, Item, TableLike, Value};

use super::error::position;
use super::schema::{self, Field};
use super::{Config, Error, Loaded, Origin, Warning};
use crate::repo::read_regular;
use lotus_core::Role;

/// Reads the file at `path`, which may be missing, and the environment.
pub(super) fn file(
    role: Role,
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, Error> {
    match read_text(path) {
        Ok(source) => text(role, path, &source, env),
        Err(error) if error.kind() == ErrorKind::NotFound => text(role, path, "", env),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// The text of the file at `path`, which must be a regular one.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read_regular(path)?);
    text.map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// Reads a config's text and the environment; `path` is for messages.
pub(super) fn text(
    role: Role,
    path: &Path,
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, Error> {
    let inconsistent = |message: String| Error::Inconsistent {
        path: path.to_owned(),
        message,
    };
    let parsed = Document::parse(text).map_err(|error| Error::syntax(path, text, &error))?;
    let mut reader = Reader {
        role,
        path,
        text,
        values: toml_edit::ser::to_document(&Config::defaults(role))
            .map_err(|error| inconsistent(error.to_string()))?,
        inert: Vec::new(),
        warnings: Vec::new(),
    };
    reader.table("", parsed.as_table())?;
    reader.environment(env)?;
    if !reader.inert.is_empty() {
        reader.warnings.push(Warning::NoEffect {
            path: path.to_owned(),
            keys: reader.inert,
        });
    }
    let config = toml_edit::de::from_document(reader.values)
        .map_err(|error| inconsistent(error.to_string()))?;
    Ok(Loaded {
        config,
        warnings: reader.warnings,
    })
}

/// Walks a file's tables and keeps what it finds.
struct Reader<'a> {
    role: Role,
    path: &'a Path,
    text: &'a str,
    /// A whole config, at first the defaults. Only checked values get in.
    values: DocumentMut,
    inert: Vec<String>,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    /// Reads one table of the file; `prefix` is its name with a trailing dot, or empty at the top.
    fn table(&mut self, prefix: &str, table: &dyn TableLike) -> Result<(), Error> {
        for (key, item) in table.iter() {
            let name = format!("{prefix}{key}");
            let line = self.line(table, key, item);
            if let Some(field) = schema::field(self.role, &name) {
                self.field(field, item, line)?;
            } else if let Some(known) = schema::inert(&name) {
                self.inert.push(known);
            } else if !schema::is_table(self.role, &name) {
                self.warnings.push(Warning::UnknownKey {
                    path: self.path.to_owned(),
                    line,
                    suggestion: schema::suggestion(self.role, &name),
                    key: name,
                });
            } else if let Some(table) = item.as_table_like() {
                self.table(&format!("{name}."), table)?;
            } else {
                return Err(self.bad(line, name, item, "a table"));
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, item: &Item, line: usize) -> Result<(), Error> {
        if field.kind.is_map() {
            return self.map(field, item, line);
        }
        match item.as_value() {
            Some(value) if field.kind.accepts(value) => self.set(field, value.clone()),
            _ => return Err(self.bad(line, field.name(), item, field.kind.expected())),
        }
        Ok(())
    }

    /// Entries of the file join the default's, as in Lotus.
    fn map(&mut self, field: &Field, item: &Item, line: usize) -> Result<(), Error> {
        let Some(table) = item.as_table_like() else {
            return Err(self.bad(line, field.name(), item, field.kind.expected()));
        };
        for (name, entry) in table.iter() {
            match entry.as_value() {
                Some(value) if field.kind.accepts(value) => {
                    let mut value = value.clone();
                    value.decor_mut().clear();
                    self.values[field.table][field.key][name] = Item::Value(value);
                }
                _ => {
                    let line = self.line(table, name, entry);
                    let name = format!("{}.{name}", field.name());
                    return Err(self.bad(line, name, entry, field.kind.expected()));
                }
            }
        }
        Ok(())
    }

    fn environment(&mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
        for field in schema::fields(self.role) {
            let Some(text) = env(&field.env()) else {
                continue;
            };
            let Some(value) = field.kind.parse(&text) else {
                return Err(Error::Value {
                    origin: Origin::Variable(field.env()),
                    key: field.name(),
                    value: format!("{text:?}"),
                    expected: field.kind.expected(),
                });
            };
            self.set(field, value);
        }
        Ok(())
    }

    fn set(&mut self, field: &Field, mut value: Value) {
        value.decor_mut().clear();
        self.values[field.table][field.key] = Item::Value(value);
    }

    fn line(&self, table: &dyn TableLike, key: &str, item: &Item) -> usize {
        let key = table.key(key).and_then(toml_edit::Key::span);
        let span = key.or_else(|| item.span()).unwrap_or_default();
        position(self.text, span.start).0
    }

    fn bad(&self, line: usize, key: String, item: &Item, expected: &'static str) -> Error {
        let value = item.as_value().map_or_else(
            || "a table".to_owned(),
            |value| {
                let span = value.span().and_then(|span| self.text.get(span));
                span.unwrap_or_default().chars().take(100).collect()
            },
        );
        let origin = Origin::File(self.path.to_owned(), line);
        Error::Value {
            origin,
            key,
            value,
            expected,
        }
    }
}

#[cfg(test)]
mod tests;
