//! The settings that work, as one table.
//!
//! The commented text, the names of environment variables, the checks of values and the search for
//! unknown keys all come from [`FIELDS`]; the typed structs are in `config.rs`, and a test there
//! asserts that the two agree.

mod kind;

use super::inert::INERT;
use lotus_core::Role;

pub(super) use kind::Kind;

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
        key: "MaxBatchReply",
        kind: Kind::Bytes,
        doc: "The largest reply to a batch, in bytes. Calls beyond it are not run.",
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
        table: "API",
        key: "AllowedHosts",
        kind: Kind::Hosts,
        doc: "Names under which clients reach this daemon, for instance through a proxy. When it\n\
              listens on a loopback address, it answers no request for another host than these,\n\
              localhost, an IP address or that of RemoteListenAddress: a web page could otherwise\n\
              have its own name lead here. On other addresses that is so when a name is listed.\n\
              \"*\" is every name.",
        role: None,
    },
    Field {
        table: "API",
        key: "ChainAliases",
        kind: Kind::Aliases,
        doc: "Names of the chain: what is served at the path is served at /ext/bc/<name> too.",
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
}
