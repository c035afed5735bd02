//! The settings that work, as one table.
//!
//! The commented text, the names of environment variables, the checks of values and the search for
//! unknown keys all come from [`FIELDS`]; the typed structs are in `config.rs`, and a test there
//! asserts that the two agree.

use multiaddr::{Multiaddr, Protocol};
use toml_edit::{InlineTable, Value};

use super::duration;
use super::inert::INERT;
use crate::log::Level;
use lotus_core::Role;

/// One setting.
#[derive(Debug)]
pub(super) struct Field {
    /// Its table: `API`.
    pub(super) table: &'static str,
    /// Its key in that table: `ListenAddress`.
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// What it means, one line per comment line. It may be empty.
    pub(super) doc: &'static str,
    /// The one program that has it, or `None` for both.
    role: Option<Role>,
}

impl Field {
    /// `API.ListenAddress`.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.table, self.key)
    }

    /// `LOTUS_API_LISTENADDRESS`, as Lotus derives it.
    pub(super) fn env(&self) -> String {
        format!("LOTUS_{}_{}", self.table, self.key).to_ascii_uppercase()
    }

    /// Whether the default is written as a setting rather than as a comment. Lotus refuses to load a
    /// full node's config in which `EnableSplitstore` is not set.
    pub(super) fn always_set(&self) -> bool {
        self.key == "EnableSplitstore"
    }
}

/// The least that something on the disk may be bounded to, in bytes.
const SMALLEST_SIZE: i64 = 1 << 20;

/// What a setting's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// A multiaddr that can be bound: a host and a TCP port.
    ListenAddress,
    /// A duration above zero.
    Timeout,
    /// A duration.
    Duration,
    /// What a caller without a token may do: empty or `read`.
    Anonymous,
    /// A number of bytes, at least 1.
    Bytes,
    /// A number of bytes on the disk: 0 for no bound, or at least [`SMALLEST_SIZE`].
    Size,
    /// A number of things, at least 1.
    Count,
    Bool,
    /// A table from log subsystem to level.
    Levels,
}

impl Kind {
    /// The type's name in the comment, as Lotus writes it (Go's).
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Kind::Text | Kind::ListenAddress | Kind::Anonymous => "string",
            Kind::Timeout | Kind::Duration => "Duration",
            Kind::Bytes | Kind::Count => "uint32",
            Kind::Size => "uint64",
            Kind::Bool => "bool",
            Kind::Levels => "map[string]string",
        }
    }

    /// What a good value is, to complete "expected …".
    pub(super) fn expected(self) -> &'static str {
        match self {
            Kind::Text => "a text in quotes",
            Kind::ListenAddress => {
                "a multiaddr with a host and a TCP port, such as \"/ip4/127.0.0.1/tcp/1234/http\""
            }
            Kind::Timeout => "a duration above zero, such as \"30s\" or \"1h30m0s\"",
            Kind::Duration => "a duration, such as \"10s\" or \"1h30m0s\"",
            Kind::Anonymous => "\"\" or \"read\"",
            Kind::Bytes => "a number of bytes from 1 to 4294967295",
            Kind::Size => "a number of bytes from 1048576, or 0 for no bound",
            Kind::Count => "a whole number from 1 to 4294967295",
            Kind::Bool => "true or false",
            Kind::Levels => "a level for each log system: debug, info, warn or error",
        }
    }

    /// Whether `value`, from a file, is good. [`Kind::Levels`] answers for one entry of the table.
    pub(super) fn accepts(self, value: &Value) -> bool {
        let text = |good: fn(&str) -> bool| value.as_str().is_some_and(good);
        match self {
            Kind::Text => text(|_| true),
            Kind::ListenAddress => text(is_listen_address),
            Kind::Timeout => text(|text| duration::parse(text).is_some_and(|d| !d.is_zero())),
            Kind::Duration => text(|text| duration::parse(text).is_some()),
            Kind::Anonymous => text(|text| matches!(text, "" | "read")),
            Kind::Bytes | Kind::Count => value
                .as_integer()
                .is_some_and(|n| (1..=i64::from(u32::MAX)).contains(&n)),
            Kind::Size => value
                .as_integer()
                .is_some_and(|n| n == 0 || n >= SMALLEST_SIZE),
            Kind::Bool => value.is_bool(),
            Kind::Levels => text(|text| text.parse::<Level>().is_ok()),
        }
    }

    /// Reads a good value from plain text, as in an environment variable or on a command line.
    /// [`Kind::Levels`] reads a whole table in Go's envconfig syntax: `rpc:debug,main:warn`.
    pub(super) fn parse(self, text: &str) -> Option<Value> {
        let value: Value = match self {
            Kind::Bytes | Kind::Count | Kind::Size => text.trim().parse::<i64>().ok()?.into(),
            // What Go's strconv.ParseBool takes.
            Kind::Bool => match text {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => true.into(),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => false.into(),
                _ => return None,
            },
            Kind::Levels => return parse_levels(text),
            _ => text.into(),
        };
        self.accepts(&value).then_some(value)
    }
}

fn is_listen_address(text: &str) -> bool {
    use Protocol::{Dns, Dns4, Dns6, Ip4, Ip6, Tcp};
    let Ok(address) = text.parse::<Multiaddr>() else {
        return false;
    };
    let mut parts = address.iter();
    matches!(
        parts.next(),
        Some(Ip4(_) | Ip6(_) | Dns(_) | Dns4(_) | Dns6(_))
    ) && matches!(parts.next(), Some(Tcp(_)))
}

fn parse_levels(text: &str) -> Option<Value> {
    let mut levels = InlineTable::new();
    if text.trim().is_empty() {
        return Some(levels.into());
    }
    for pair in text.split(',') {
        let (system, level) = pair.split_once(':')?;
        levels.insert(system.trim(), parse_level(level)?);
    }
    Some(levels.into())
}

/// Reads one entry of [`Kind::Levels`].
pub(super) fn parse_level(text: &str) -> Option<Value> {
    let value = Value::from(text.trim());
    Kind::Levels.accepts(&value).then_some(value)
}

/// The settings in the order in which they are written, tables together.
const FIELDS: &[Field] = &[
    Field {
        table: "API",
        key: "ListenAddress",
        kind: Kind::ListenAddress,
        doc: "Binding address for the Lotus API",
        role: None,
    },
    Field {
        table: "API",
        key: "RemoteListenAddress",
        kind: Kind::Text,
        doc: "",
        role: Some(Role::FullNode),
    },
    Field {
        table: "API",
        key: "RemoteListenAddress",
        kind: Kind::Text,
        doc: "Host and port under which other machines reach this one's storage,\n\
              at http://<RemoteListenAddress>/remote",
        role: Some(Role::StorageMiner),
    },
    Field {
        table: "API",
        key: "Timeout",
        kind: Kind::Timeout,
        doc: "How long a client may take to send a request.",
        role: None,
    },
    Field {
        table: "API",
        key: "AnonymousPermissions",
        kind: Kind::Anonymous,
        doc: "What a caller without a token may do when the API listens on an address that other\n\
              machines can reach: \"read\" grants the read permission, \"\" grants nothing.\n\
              On a loopback address such callers always have the read permission.",
        role: None,
    },
    Field {
        table: "API",
        key: "MaxRequestSize",
        kind: Kind::Bytes,
        doc: "The largest request that is read, in bytes.",
        role: None,
    },
    Field {
        table: "API",
        key: "MaxConnections",
        kind: Kind::Count,
        doc: "The most connections at a time.",
        role: None,
    },
    Field {
        table: "API",
        key: "MaxBatchSize",
        kind: Kind::Count,
        doc: "The most calls in one batch.",
        role: None,
    },
    Field {
        table: "API",
        key: "MaxConcurrentCalls",
        kind: Kind::Count,
        doc: "The most calls in flight on one WebSocket connection.",
        role: None,
    },
    Field {
        table: "API",
        key: "MaxSubscriptions",
        kind: Kind::Count,
        doc: "The most open channels (subscriptions) on one WebSocket connection.",
        role: None,
    },
    Field {
        table: "API",
        key: "ShutdownTimeout",
        kind: Kind::Duration,
        doc: "How long calls in flight may take to finish when the daemon shuts down.",
        role: None,
    },
    Field {
        table: "API",
        key: "AuthRequired",
        kind: Kind::Bool,
        doc: "Refuses every call without a token, and serves the Auth API at /ext/auth, where\n\
              whoever knows the password gets tokens (the flag --api-auth-required).",
        role: None,
    },
    Field {
        table: "API",
        key: "AuthPasswordFile",
        kind: Kind::Text,
        doc: "The file with the password of the Auth API (the flag --api-auth-password-file).",
        role: None,
    },
    Field {
        table: "Auth",
        key: "Store",
        kind: Kind::Text,
        doc: "Where tokens are recorded: \"\" keeps them in the repo, a URL such as\n\
              postgres://user:password@host/database shares them among daemons that have the\n\
              same secret (the keystore's entry auth-jwt-private).",
        role: None,
    },
    Field {
        table: "Auth",
        key: "MaxStaleness",
        kind: Kind::Timeout,
        doc: "How long tokens are accepted while the store cannot be reached, and revocations by\n\
              other daemons not be heard of.",
        role: None,
    },
    Field {
        table: "Auth",
        key: "RecordRetention",
        kind: Kind::Duration,
        doc: "How long a token that has expired, or whose secret has been rotated out, stays on\n\
              record. One that was revoked and has not expired stays for ever: it is its record\n\
              that refuses it.",
        role: None,
    },
    Field {
        table: "Audit",
        key: "MaxSize",
        kind: Kind::Size,
        doc: "How long the files of the audit log may get, all together, in bytes: before there is\n\
              more, the oldest are removed. 0 keeps everything.",
        role: None,
    },
    Field {
        table: "Audit",
        key: "MaxAge",
        kind: Kind::Duration,
        doc: "How old the records of the audit log may get: a file is removed when its last record\n\
              is older. Only full files are, and it is looked for them when a record is written.\n\
              \"0s\" keeps them at any age.",
        role: None,
    },
    Field {
        table: "Logging",
        key: "SubsystemLevels",
        kind: Kind::Levels,
        doc: "",
        role: None,
    },
    Field {
        table: "Chainstore",
        key: "EnableSplitstore",
        kind: Kind::Bool,
        doc: "No effect here. Lotus refuses a config in which it is not set, so it is written for\n\
              the sake of a repo that Lotus opens too.",
        role: Some(Role::FullNode),
    },
];

/// The settings of one program, in order.
pub(super) fn fields(role: Role) -> impl Iterator<Item = &'static Field> {
    FIELDS
        .iter()
        .filter(move |field| field.role.is_none_or(|only| only == role))
}

/// The setting of this name (`API.ListenAddress`, in any case).
pub(super) fn field(role: Role, name: &str) -> Option<&'static Field> {
    fields(role).find(|field| field.name().eq_ignore_ascii_case(name))
}

/// The names of the settings of Lotus that have no effect here.
fn inert_names() -> impl Iterator<Item = String> {
    INERT
        .iter()
        .flat_map(|(table, keys)| keys.iter().map(move |key| format!("{table}.{key}")))
}

/// The proper spelling of a setting of Lotus that has no effect here.
pub(super) fn inert(name: &str) -> Option<String> {
    inert_names().find(|known| known.eq_ignore_ascii_case(name))
}

/// Whether there is a table of this name, with or without effect here.
pub(super) fn is_table(role: Role, name: &str) -> bool {
    let is_above = |known: &str| {
        let head = known.as_bytes().get(..name.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
            && known.as_bytes().get(name.len()) == Some(&b'.')
    };
    fields(role).any(|field| is_above(&field.name())) || inert_names().any(|known| is_above(&known))
}

/// How alike a known name must be to be suggested: 1 is equal, 0 is nothing in common.
const ALIKE: f64 = 0.85;

/// The known setting that `name` is probably a misspelling of, or that it names without its table.
pub(super) fn suggestion(role: Role, name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let key = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |known: &str| {
        let known = known.to_ascii_lowercase();
        let whole = strsim::jaro_winkler(&name, &known);
        whole.max(strsim::jaro_winkler(&key(&name), &key(&known)) - 0.01)
    };
    let with_effect = fields(role).map(Field::name);
    with_effect
        .chain(inert_names())
        .map(|known| (likeness(&known), known))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_names_are_lotus() {
        let name = |name| field(Role::FullNode, name).unwrap().env();
        assert_eq!(name("API.ListenAddress"), "LOTUS_API_LISTENADDRESS");
        assert_eq!(
            name("logging.subsystemlevels"),
            "LOTUS_LOGGING_SUBSYSTEMLEVELS"
        );
        assert_eq!(
            name("Chainstore.EnableSplitstore"),
            "LOTUS_CHAINSTORE_ENABLESPLITSTORE"
        );
    }

    #[test]
    fn no_setting_is_both_with_and_without_effect_in_the_full_node() {
        let shared: Vec<_> = fields(Role::FullNode)
            .map(Field::name)
            .filter(|name| inert(name).is_some())
            .collect();
        // The miner knows it and ignores it.
        assert_eq!(shared, ["Chainstore.EnableSplitstore"]);
    }

    #[test]
    fn misspellings_find_their_setting() {
        let near = |name| suggestion(Role::FullNode, name);
        assert_eq!(
            near("API.ListenAdress").as_deref(),
            Some("API.ListenAddress")
        );
        assert_eq!(near("ListenAddress").as_deref(), Some("API.ListenAddress"));
        assert_eq!(
            near("api.maxconections").as_deref(),
            Some("API.MaxConnections")
        );
        assert_eq!(
            near("Chainstore.EnableSplitStorage")
                .as_deref()
                .map(str::len),
            Some(27)
        );
        assert_eq!(near("Frobnicate.Wibble"), None);
    }

    #[test]
    fn tables_are_found_in_any_case() {
        assert!(is_table(Role::FullNode, "api"));
        assert!(is_table(Role::FullNode, "Chainstore.Splitstore"));
        assert!(!is_table(Role::FullNode, "AP"));
        assert!(!is_table(Role::FullNode, "API.ListenAddress"));
    }

    #[test]
    fn listen_addresses_have_a_host_and_a_port() {
        for good in [
            "/ip4/0.0.0.0/tcp/3453/http",
            "/ip6/::1/tcp/0",
            "/dns/lotus/tcp/1234/http",
        ] {
            assert!(Kind::ListenAddress.parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1:1234",
            "/ip4/127.0.0.1",
            "/ip4/1.2.3/tcp/1",
            "/tcp/1",
            "/unix/a",
        ] {
            assert!(Kind::ListenAddress.parse(bad).is_none(), "{bad}");
        }
    }
}
