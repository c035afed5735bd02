//! A config as text, laid out line by line as Lotus lays it out, so that operators can compare.
//!
//! Lotus's layout is that of `node/config` over BurntSushi's TOML encoder: tables indented by two
//! spaces per level, keys under their table, each with its comment, type and environment variable;
//! values that are the defaults commented out; a blank line after each.

use std::fmt::Write;

use toml_edit::{DocumentMut, Item, Key, Value};

use super::Config;
use super::schema::{self, Field, Kind};
use lotus_core::Role;

/// The defaults of `role`. With `comments`, each is explained and commented out, as in a new repo's
/// `config.toml`; without, each is set.
pub fn default_text(role: Role, comments: bool) -> String {
    updated_text(role, &Config::defaults(role), comments)
}

/// The settings in `config`. With `comments`, each is explained, and those that are the defaults are
/// commented out.
pub fn updated_text(role: Role, config: &Config, comments: bool) -> String {
    let (values, defaults) = (document(config), document(&Config::defaults(role)));
    let mut text = String::new();
    let mut table = "";
    for field in schema::fields(role) {
        let first = field.table != table;
        if first {
            table = field.table;
            open(&mut text, 0, table);
        }
        let value = values.get(table).and_then(|table| table.get(field.key));
        let default = defaults.get(table).and_then(|table| table.get(field.key));
        let (Some(value), Some(default)) = (value, default) else {
            continue;
        };
        if field.kind.is_map() {
            // A table without keys of its own is not separated from the first table in it.
            match first {
                true => text.push_str(&format!("  [{}]\n", field.name())),
                false => open(&mut text, 1, &field.name()),
            }
            map(&mut text, field, value, default, comments);
            continue;
        }
        if comments {
            comment(&mut text, "  ", field);
        }
        let off = comments && !field.always_set() && same(value, default);
        setting(&mut text, "  ", off, field.key, value, comments);
    }
    text
}

/// What a setting means, its type and the name of its variable.
fn comment(text: &mut String, pad: &str, field: &Field) {
    let doc = field.doc.lines().map(|line| format!("{pad}# {line}\n"));
    text.extend(doc);
    if !field.doc.is_empty() {
        let _ = writeln!(text, "{pad}#");
    }
    let _ = writeln!(text, "{pad}# type: {}", field.kind.type_name());
    let _ = writeln!(text, "{pad}# env var: {}", field.env());
}

/// The entries of a map. Those of the table of levels have no comments but the name of a variable.
/// That name is Lotus's advertisement; the variable that works is the table's own.
fn map(text: &mut String, field: &Field, value: &Item, default: &Item, comments: bool) {
    let of_lotus = field.kind == Kind::Levels;
    if comments && !of_lotus {
        comment(text, "    ", field);
    }
    for (name, entry) in value
        .as_table_like()
        .into_iter()
        .flat_map(|table| table.iter())
    {
        if comments && of_lotus {
            let name = name.to_uppercase();
            let _ = writeln!(text, "    # env var: {}_{name}", field.env());
        }
        let off = comments
            && default
                .get(name)
                .is_some_and(|default| same(entry, default));
        setting(text, "    ", off, name, entry, comments);
    }
}

/// Begins a table, one blank line after what is before it.
fn open(text: &mut String, level: usize, name: &str) {
    let blank = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{blank}{:1$}[{name}]", "", level * 2);
}

/// Writes one setting, commented out if `off`, with a blank line after it in a commented text.
fn setting(text: &mut String, pad: &str, off: bool, key: &str, value: &Item, blank: bool) {
    let mark = if off { "#" } else { "" };
    let _ = writeln!(text, "{pad}{mark}{} = {}", key_text(key), value_text(value));
    if blank {
        text.push('\n');
    }
}

/// The config as a TOML document, tables and keys under their names in the file.
pub(super) fn document(config: &Config) -> DocumentMut {
    toml_edit::ser::to_document(config).expect("a config holds tables, texts, numbers and booleans")
}

fn same(a: &Item, b: &Item) -> bool {
    value_text(a) == value_text(b)
}

fn value_text(item: &Item) -> String {
    item.as_value()
        .map(Value::to_string)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

pub(super) fn key_text(key: &str) -> String {
    Key::new(key).display_repr().into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{AnonymousPermissions, load};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::time::Duration;

    fn reload(role: Role, text: &str) -> Config {
        let loaded = load::text(role, Path::new("c"), text, &|_| None).unwrap();
        assert_eq!(loaded.warnings, []);
        loaded.config
    }

    #[test]
    fn the_full_nodes_defaults_begin_exactly_as_lotus() {
        let head = "[API]\n  # Binding address for the Lotus API\n  #\n  # type: string\n  # env \
                    var: LOTUS_API_LISTENADDRESS\n  #ListenAddress = \
                    \"/ip4/127.0.0.1/tcp/1234/http\"\n\n  # type: string\n  # env var: \
                    LOTUS_API_REMOTELISTENADDRESS\n  #RemoteListenAddress = \"\"\n\n";
        let text = default_text(Role::FullNode, true);
        assert!(text.starts_with(head), "{text}");
    }

    #[test]
    fn the_rest_is_laid_out_as_lotus() {
        let text = default_text(Role::FullNode, true);
        let levels = "\n\n\n[Logging]\n  [Logging.SubsystemLevels]\n    # env var: \
                      LOTUS_LOGGING_SUBSYSTEMLEVELS_EXAMPLE-SUBSYSTEM\n    #example-subsystem = \
                      \"INFO\"\n\n\n[Chainstore]\n";
        assert!(text.contains(levels), "{text}");
        let end = "  #\n  # type: bool\n  # env var: LOTUS_CHAINSTORE_ENABLESPLITSTORE\n  \
                   EnableSplitstore = true\n\n";
        assert!(text.ends_with(end), "{text}");
        let timeout = "  #\n  # type: Duration\n  # env var: LOTUS_API_TIMEOUT\n  #Timeout = \
                       \"30s\"\n\n";
        assert!(text.contains(timeout), "{text}");
    }

    #[test]
    fn without_comments_it_is_the_plain_encoding() {
        let text = default_text(Role::StorageMiner, false);
        let expected = r#"[API]
  ListenAddress = "/ip4/127.0.0.1/tcp/2345/http"
  RemoteListenAddress = "127.0.0.1:2345"
  Timeout = "30s"
  AnonymousPermissions = ""
  MaxRequestSize = 104857600
  MaxConnections = 10000
  MaxBatchSize = 1000
  MaxBatchReply = 104857600
  MaxConcurrentCalls = 4096
  MaxSubscriptions = 1024
  ShutdownTimeout = "10s"
  AuthRequired = false
  AuthPasswordFile = ""
  AllowedHosts = []

  [API.ChainAliases]
    F = "/rpc/v0"

[Auth]
  Store = ""
  MaxStaleness = "10s"
  RecordRetention = "2160h0m0s"

[Audit]
  MaxSize = 1073741824
  MaxAge = "0s"

[Logging]
  [Logging.SubsystemLevels]
    example-subsystem = "INFO"
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn every_default_text_loads_to_the_defaults() {
        for role in [Role::FullNode, Role::StorageMiner] {
            for comments in [true, false] {
                let text = default_text(role, comments);
                assert_eq!(reload(role, &text), Config::defaults(role), "{text}");
            }
        }
    }

    #[test]
    fn only_changed_settings_are_not_commented_out() {
        let mut config = Config::defaults(Role::FullNode);
        config.api.max_connections = 7;
        config
            .logging
            .subsystem_levels
            .insert("rpc".into(), "debug".into());
        let text = updated_text(Role::FullNode, &config, true);
        let set: Vec<_> = text
            .lines()
            .map(str::trim)
            .filter(|line| line.contains('=') && !line.starts_with('#'))
            .collect();
        assert_eq!(
            set,
            [
                "MaxConnections = 7",
                "rpc = \"debug\"",
                "EnableSplitstore = true"
            ]
        );
        assert!(text.contains("    # env var: LOTUS_LOGGING_SUBSYSTEMLEVELS_RPC\n    rpc ="));
    }

    proptest! {
        #[test]
        fn any_config_survives_being_written_and_read(
            remote in ".*",
            millis in 1..=u64::from(u32::MAX),
            size in 1..=u32::MAX,
            count in 1..=u32::MAX,
            system in "[ -~]{0,8}",
            splitstore: bool,
            comments: bool,
        ) {
            let mut config = Config::defaults(Role::FullNode);
            config.api.remote_listen_address = remote;
            config.api.timeout = Duration::from_millis(millis);
            config.api.anonymous_permissions = AnonymousPermissions::Read;
            config.api.max_request_size = size;
            config.api.max_subscriptions = count;
            config.logging.subsystem_levels.extend(BTreeMap::from([(system, "warn".to_owned())]));
            config.chainstore.as_mut().unwrap().enable_splitstore = splitstore;
            let text = updated_text(Role::FullNode, &config, comments);
            prop_assert_eq!(reload(Role::FullNode, &text), config);
        }
    }
}
