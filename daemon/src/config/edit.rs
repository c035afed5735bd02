//! One setting in a config file: what it is in effect, and how to change it where it stands.
//!
//! A change keeps every comment and the layout of the file. A setting that is there commented out is
//! uncommented in its place, under its explanation.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml_edit::{Decor, DocumentMut, Item, Key, Table, TableLike, Value};

use super::error::header;
use super::schema::{self, Kind};
use super::{Config, Error, Origin, load, render};
use crate::repo::write_atomic;
use lotus_core::Role;

/// The value of `key` that a daemon starting now would use: from the environment, the file at `path`
/// or the defaults.
///
/// `key` is `API.ListenAddress` in any case, or `Logging.SubsystemLevels.<system>`. The answer is
/// plain text: no quotes, a list with commas, and a whole map as `rpc:debug,main:warn`.
///
/// # Errors
///
/// [`Error::UnknownKey`], [`Error::NoEffect`], and those of [`Config::load`].
pub fn get(
    role: Role,
    path: &Path,
    key: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Error> {
    let setting = Setting::find(role, key)?;
    let document = render::document(&Config::load(role, path, env)?.config);
    let mut item = document.as_item();
    for name in setting.table.iter().chain([&setting.key]) {
        item = item.get(name).ok_or_else(|| unknown(role, key))?;
    }
    let plain = |value: &Value| match (value.as_str(), value.as_array()) {
        (Some(text), _) => text.to_owned(),
        (_, Some(list)) => {
            let texts: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            texts.join(",")
        }
        _ => value.to_string().trim().to_owned(),
    };
    let entries = item.as_table_like().map(|levels| {
        let entry = |(system, level): (&str, &Item)| {
            format!(
                "{system}:{}",
                level.as_value().map(plain).unwrap_or_default()
            )
        };
        levels.iter().map(entry).collect::<Vec<_>>().join(",")
    });
    Ok(entries
        .or_else(|| item.as_value().map(plain))
        .unwrap_or_default())
}

/// Sets `key` to `value` in the file at `path`, which is created if it is missing.
///
/// `value` is plain text as [`get`] returns it. Nothing is written unless the file parses and the
/// result loads; the new file replaces the old one at once and keeps its mode. A running daemon does
/// not notice, and a variable in its environment still wins.
///
/// # Errors
///
/// [`Error::UnknownKey`] with a suggestion, [`Error::NoEffect`], [`Error::Value`],
/// [`Error::Syntax`] if the file was broken before, [`Error::Io`].
pub fn set(role: Role, path: &Path, key: &str, value: &str) -> Result<(), Error> {
    let setting = Setting::find(role, key)?;
    let value = setting.parse(value)?;
    // The file itself, not a symbolic link to it, is what gets replaced.
    let file = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = match load::read_text(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => render::default_text(role, true),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let edited = setting.put(path, &text, &value)?;
    load::text(role, path, &edited, &|_| None)?;
    let mode = fs::metadata(&file).map_or(0o644, |found| found.permissions().mode() & 0o7777);
    write_atomic(&file, edited.as_bytes(), mode).map_err(Error::io("write", path))
}

/// Where a value is in a file, in the proper spelling.
struct Setting {
    /// The tables from the outermost in.
    table: Vec<String>,
    key: String,
    kind: Kind,
}

impl Setting {
    fn find(role: Role, name: &str) -> Result<Setting, Error> {
        if let Some(field) = schema::field(role, name) {
            let table = vec![field.table.to_owned()];
            return Ok(Setting {
                table,
                key: field.key.to_owned(),
                kind: field.kind,
            });
        }
        for field in schema::fields(role).filter(|field| field.kind.is_map()) {
            let prefix = field.name() + ".";
            let Some((head, system)) = name.split_at_checked(prefix.len()) else {
                continue;
            };
            if head.eq_ignore_ascii_case(&prefix) && !system.is_empty() {
                let table = vec![field.table.to_owned(), field.key.to_owned()];
                return Ok(Setting {
                    table,
                    key: system.to_owned(),
                    kind: field.kind,
                });
            }
        }
        match schema::inert(name) {
            Some(key) => Err(Error::NoEffect { key }),
            None => Err(unknown(role, name)),
        }
    }

    fn name(&self) -> String {
        format!("{}.{}", self.table.join("."), self.key)
    }

    /// Whether it is one entry of a map, rather than a map or a plain setting.
    fn is_entry(&self) -> bool {
        self.table.len() > 1
    }

    fn parse(&self, text: &str) -> Result<Value, Error> {
        let value = match self.is_entry() {
            true => self.kind.parse_entry(text),
            false => self.kind.parse(text),
        };
        value.ok_or_else(|| Error::Value {
            origin: Origin::Argument,
            key: self.name(),
            value: format!("{text:?}"),
            expected: self.kind.expected(),
        })
    }

    /// `text` with the setting changed.
    fn put(&self, path: &Path, text: &str, value: &Value) -> Result<String, Error> {
        let mut document = text
            .parse::<DocumentMut>()
            .map_err(|error| Error::syntax(path, text, &error))?;
        if self.lookup(document.as_item()).is_none()
            && let Some(uncommented) = self.uncomment(text, value)
        {
            return Ok(uncommented);
        }
        self.insert(&mut document, value)
            .ok_or_else(|| Error::Inconsistent {
                path: path.to_owned(),
                message: format!("{} is not a table", self.table.join(".")),
            })?;
        Ok(document.to_string())
    }

    /// The setting's value in a file, whatever the case of its names.
    fn lookup<'a>(&self, file: &'a Item) -> Option<&'a Item> {
        let mut item = file;
        for name in self.table.iter().chain([&self.key]) {
            let table = item.as_table_like()?;
            item = table.get(&spelling(table, name))?;
        }
        Some(item)
    }

    /// `text` with the commented line of this setting replaced, if there is one in the right table.
    fn uncomment(&self, text: &str, value: &Value) -> Option<String> {
        let table = self.table.join(".");
        let key = render::key_text(&self.key);
        let mut inside = false;
        let mut result = String::with_capacity(text.len());
        let mut lines = text.split_inclusive('\n');
        for line in lines.by_ref() {
            inside = header(line).map_or(inside, |name| name.eq_ignore_ascii_case(&table));
            if let Some(pad) = line.find('#').filter(|_| inside)
                && line[..pad].trim().is_empty()
                && let Some((name, _)) = line[pad + 1..].split_once('=')
                && name.trim().eq_ignore_ascii_case(&key)
            {
                let end = &line[line.trim_end().len()..];
                result.push_str(&format!("{}{key} = {value}{end}", &line[..pad]));
                result.extend(lines);
                break;
            }
            result.push_str(line);
        }
        // Only the parser knows whether that line was a comment, and not part of a long text.
        let parsed: DocumentMut = result.parse().ok()?;
        let found = self.lookup(parsed.as_item())?.as_value()?;
        (found.to_string().trim() == value.to_string()).then_some(result)
    }

    /// Replaces the value in place, or adds it to its table, which is added if need be. `None` if a
    /// table's name is taken by something else.
    fn insert(&self, document: &mut DocumentMut, value: &Value) -> Option<()> {
        let mut table: &mut dyn TableLike = document.as_table_mut();
        for (depth, name) in self.table.iter().enumerate() {
            let name = spelling(table, name);
            if !table.contains_key(&name) {
                table.insert(&name, Item::Table(new_table(depth)));
            }
            table = table.get_mut(&name)?.as_table_like_mut()?;
        }
        let name = spelling(table, &self.key);
        let mut value = value.clone();
        if let Some(item) = table.get_mut(&name) {
            // A map that has a header of its own keeps it: the comments before it hang on it.
            if let (Some(map), Some(new)) = (item.as_table_mut(), value.as_inline_table()) {
                map.clear();
                let pad = "  ".repeat(self.table.len() + 1);
                for (name, entry) in new {
                    let key = Key::new(name).with_leaf_decor(Decor::new(&*pad, " "));
                    map.insert_formatted(&key, Item::Value(entry.clone()));
                }
                return Some(());
            }
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        } else {
            let pad = "  ".repeat(self.table.len());
            let key = Key::new(&name).with_leaf_decor(Decor::new(pad, " "));
            table.entry_format(&key).or_insert(Item::Value(value));
        }
        Some(())
    }
}

fn new_table(depth: usize) -> Table {
    let mut table = Table::new();
    // `[Logging]` need not be written when only `[Logging.SubsystemLevels]` has keys.
    table.set_implicit(true);
    table
        .decor_mut()
        .set_prefix(format!("\n{}", "  ".repeat(depth)));
    table
}

/// How `table` spells `name`; as given if it does not have it.
fn spelling(table: &dyn TableLike, name: &str) -> String {
    if table.contains_key(name) {
        return name.to_owned();
    }
    let known = table.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    known.map_or(name.to_owned(), |(key, _)| key.to_owned())
}

fn unknown(role: Role, name: &str) -> Error {
    Error::UnknownKey {
        key: name.to_owned(),
        suggestion: schema::suggestion(role, name),
    }
}

#[cfg(test)]
mod tests;
