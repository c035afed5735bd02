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
use crate::role::Role;

/// The value of `key` that a daemon starting now would use: from the environment, the file at `path`
/// or the defaults.
///
/// `key` is `API.ListenAddress` in any case, or `Logging.SubsystemLevels.<system>`. The answer is
/// plain text: no quotes, and a whole map as `rpc:debug,main:warn`.
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
    let plain = |value: &Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string().trim().to_owned(),
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
    let text = match fs::read_to_string(&file) {
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
        for field in schema::fields(role).filter(|field| field.kind == Kind::Levels) {
            let prefix = field.name() + ".";
            let Some((head, system)) = name.split_at_checked(prefix.len()) else {
                continue;
            };
            if head.eq_ignore_ascii_case(&prefix) && !system.is_empty() {
                let table = vec![field.table.to_owned(), field.key.to_owned()];
                return Ok(Setting {
                    table,
                    key: system.to_owned(),
                    kind: Kind::Levels,
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
            true => schema::parse_level(text),
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
mod tests {
    use super::*;
    use std::path::PathBuf;

    struct File {
        dir: tempfile::TempDir,
        path: PathBuf,
    }

    fn file(text: &str) -> File {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, text).unwrap();
        File { dir, path }
    }

    impl File {
        fn text(&self) -> String {
            fs::read_to_string(&self.path).unwrap()
        }

        fn set(&self, key: &str, value: &str) -> Result<(), Error> {
            set(Role::FullNode, &self.path, key, value)
        }

        fn get(&self, key: &str) -> String {
            get(Role::FullNode, &self.path, key, &|_| None).unwrap()
        }
    }

    #[test]
    fn get_answers_with_the_effective_value() {
        let file = file("[API]\nTimeout = \"5s\"\n[Logging.SubsystemLevels]\nrpc = \"debug\"\n");
        assert_eq!(file.get("api.timeout"), "5s");
        assert_eq!(file.get("API.MaxBatchSize"), "1000");
        assert_eq!(file.get("API.AnonymousPermissions"), "");
        assert_eq!(file.get("Chainstore.EnableSplitstore"), "true");
        assert_eq!(file.get("Logging.SubsystemLevels.rpc"), "debug");
        assert_eq!(
            file.get("Logging.SubsystemLevels"),
            "example-subsystem:INFO,rpc:debug"
        );
        let env = |name: &str| (name == "LOTUS_API_TIMEOUT").then(|| "9s".to_owned());
        assert_eq!(
            get(Role::FullNode, &file.path, "API.Timeout", &env).unwrap(),
            "9s"
        );
        get(
            Role::FullNode,
            &file.path,
            "Logging.SubsystemLevels.auth",
            &env,
        )
        .unwrap_err();
    }

    #[test]
    fn a_commented_default_is_uncommented_in_its_place() {
        for role in [Role::FullNode, Role::StorageMiner] {
            let before = render::default_text(role, true);
            let file = file(&before);
            set(
                role,
                &file.path,
                "api.listenaddress",
                "/ip4/0.0.0.0/tcp/3453/http",
            )
            .unwrap();
            let default = format!("  #ListenAddress = \"{}\"\n", role.default_listen());
            let new = "  ListenAddress = \"/ip4/0.0.0.0/tcp/3453/http\"\n";
            assert_eq!(file.text(), before.replace(&default, new));
        }
    }

    #[test]
    fn every_setting_can_be_set_in_the_default_file_and_changes_one_line() {
        let before = render::default_text(Role::FullNode, true);
        for (key, value) in [
            ("API.ListenAddress", "/ip6/::1/tcp/0/http"),
            ("API.RemoteListenAddress", "a \"quoted\" \\ name"),
            ("API.Timeout", "1h0m0s"),
            ("API.AnonymousPermissions", "read"),
            ("API.MaxRequestSize", "1"),
            ("API.MaxConnections", "4294967295"),
            ("API.MaxBatchSize", "2"),
            ("API.MaxConcurrentCalls", "3"),
            ("API.MaxSubscriptions", "4"),
            ("API.ShutdownTimeout", "0s"),
            ("Logging.SubsystemLevels.example-subsystem", "warn"),
            ("Chainstore.EnableSplitstore", "false"),
        ] {
            let file = file(&before);
            file.set(key, value).unwrap();
            assert_eq!(file.get(key), value);
            let text = file.text();
            assert_eq!(
                text.lines().count(),
                before.lines().count(),
                "{key}: {text}"
            );
            let changed = text
                .lines()
                .zip(before.lines())
                .filter(|(a, b)| a != b)
                .count();
            assert_eq!(changed, 1, "{key}: {text}");
        }
    }

    #[test]
    fn a_set_value_is_replaced_and_the_rest_kept() {
        let file = file("# head\n[api] # mine\nTIMEOUT   =  \"5s\"   # why\n\nX = 1\n# tail\n");
        file.set("API.Timeout", "6s").unwrap();
        let expected = "# head\n[api] # mine\nTIMEOUT   =  \"6s\"   # why\n\nX = 1\n# tail\n";
        assert_eq!(file.text(), expected);
    }

    #[test]
    fn a_setting_or_table_that_is_missing_is_added() {
        let file = file("[API]\n  Timeout = \"5s\"\n# tail\n");
        file.set("API.MaxBatchSize", "2").unwrap();
        file.set("Logging.SubsystemLevels.rpc", "debug").unwrap();
        let text = file.text();
        assert!(
            text.starts_with("[API]\n  Timeout = \"5s\"\n  MaxBatchSize = 2\n"),
            "{text}"
        );
        assert!(
            text.contains("\n  [Logging.SubsystemLevels]\n    rpc = \"debug\"\n"),
            "{text}"
        );
        assert!(text.contains("# tail\n"), "{text}");
        assert_eq!(file.get("API.MaxBatchSize"), "2");
        assert_eq!(file.get("Logging.SubsystemLevels.rpc"), "debug");
    }

    #[test]
    fn inline_and_dotted_spellings_are_edited_where_they_are() {
        let inline = file("API = { Timeout = \"5s\" }\n");
        inline.set("API.MaxBatchSize", "2").unwrap();
        assert_eq!(inline.text().lines().count(), 1);
        assert_eq!(
            (inline.get("API.Timeout"), inline.get("API.MaxBatchSize")),
            ("5s".into(), "2".into())
        );
        let dotted = file("API.Timeout = \"5s\"\n");
        dotted.set("API.Timeout", "6s").unwrap();
        assert_eq!(dotted.text(), "API.Timeout = \"6s\"\n");
    }

    #[test]
    fn a_comment_in_another_table_or_in_a_long_text_is_left_alone() {
        let before = "[Other]\n#Timeout = 1\n[API]\nRemoteListenAddress = '''\n#Timeout = 2\n'''\n";
        let file = file(before);
        file.set("API.Timeout", "6s").unwrap();
        assert!(file.text().starts_with(before), "{}", file.text());
        assert_eq!(file.get("API.Timeout"), "6s");
    }

    #[test]
    fn a_missing_file_is_created_with_the_defaults() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        set(Role::FullNode, &path, "API.Timeout", "6s").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("  Timeout = \"6s\"\n") && text.starts_with("[API]\n"),
            "{text}"
        );
    }

    #[test]
    fn mode_and_symbolic_links_survive() {
        let file = file("");
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = file.dir.path().join("link.toml");
        std::os::unix::fs::symlink(&file.path, &link).unwrap();
        set(Role::FullNode, &link, "API.Timeout", "6s").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            fs::metadata(&file.path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(file.get("API.Timeout"), "6s");
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let good = "[API]\n  Timeout = \"5s\"\n";
        for (text, key, value, expected) in [
            (
                good,
                "API.Timeuot",
                "1s",
                "there is no setting API.Timeuot; did you mean API.Timeout?",
            ),
            (good, "Frobnicate", "1", "there is no setting Frobnicate"),
            (
                good,
                "Libp2p.ConnMgrLow",
                "1",
                "Libp2p.ConnMgrLow is a setting of Lotus that has no",
            ),
            (
                good,
                "API.Timeout",
                "soon",
                "cannot set: API.Timeout = \"soon\": expected a duration",
            ),
            (good, "API.MaxBatchSize", "0", "expected a whole number"),
            (
                good,
                "Logging.SubsystemLevels.rpc",
                "loud",
                "expected a level",
            ),
            (
                good,
                "Logging.SubsystemLevels.",
                "warn",
                "there is no setting",
            ),
            ("[API\n", "API.Timeout", "1s", "config.toml:1:"),
            ("API = 1\n", "API.Timeout", "1s", "API is not a table"),
            (
                "[API]\nMaxBatchSize = 0\n",
                "API.Timeout",
                "1s",
                "config.toml:",
            ),
        ] {
            let file = file(text);
            let got = file.set(key, value).unwrap_err().to_string();
            assert!(got.contains(expected), "{key}: {got}");
            assert_eq!(file.text(), text);
        }
    }

    #[test]
    fn a_bad_value_can_be_corrected() {
        let file = file("[API]\nTimeout = 30\n");
        file.set("API.Timeout", "30s").unwrap();
        assert_eq!(file.get("API.Timeout"), "30s");
    }
}
