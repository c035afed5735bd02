//! The daemon's settings: typed structs over a commented `config.toml`, as in Lotus.
//!
//! ```text
//! schema  the table of settings          → names, types, comments, environment variables
//! load    file + environment → Config    → what is unknown or has no effect
//! render  Config → commented text        `config default`, `config updated`
//! edit    one setting in a file          `config get`, `config set`
//! ```
//!
//! A value is looked for in the environment (`LOTUS_<TABLE>_<KEY>`), then in the file, then in the
//! defaults. Names of tables, keys and variables are those of Lotus's `node/config/types.go`; what is
//! ours beside them is in `docs/compatibility.md`.
//!
//! Unlike Lotus, a full node's file loads without `[Chainstore] EnableSplitstore`, a missing file
//! means the defaults, and an unknown key is reported instead of ignored.

pub mod duration;
pub mod edit;
mod error;
mod inert;
mod load;
pub mod render;
mod schema;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use multiaddr::{Multiaddr, multiaddr};
use serde::{Deserialize, Serialize};

use crate::ext::chain_aliases::DEFAULT_ALIAS;
use crate::log::SAMPLE_SUBSYSTEM;
use lotus_core::Role;

pub use error::{Error, Origin, Warning};

/// All settings of a daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Config {
    /// How the API is served.
    #[serde(rename = "API")]
    pub api: Api,
    /// How tokens are kept.
    pub auth: Auth,
    /// How the audit log is kept.
    pub audit: Audit,
    /// What is logged.
    pub logging: Logging,
    /// Where the chain is kept; the full node only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chainstore: Option<Chainstore>,
}

/// `[API]`: how the API is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Api {
    /// Where to listen: a host (`ip4`, `ip6`, `dns…`) and a TCP port, 0 for any free one.
    pub listen_address: Multiaddr,
    /// `host:port` under which other machines reach a miner's storage. No effect in the full node.
    pub remote_listen_address: String,
    /// How long a client may take to send a request. Above zero.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// What a caller without a token may do.
    pub anonymous_permissions: AnonymousPermissions,
    /// The largest request that is read, in bytes. At least 1.
    pub max_request_size: u32,
    /// The most connections at a time. At least 1, as are all counts here.
    pub max_connections: u32,
    /// The most calls in one batch.
    pub max_batch_size: u32,
    /// The largest reply to a batch, in bytes.
    pub max_batch_reply: u32,
    /// The most calls in flight on one WebSocket connection.
    pub max_concurrent_calls: u32,
    /// The most open channels on one WebSocket connection.
    pub max_subscriptions: u32,
    /// How long calls in flight may take to finish at shutdown; zero drops them at once.
    #[serde(with = "duration")]
    pub shutdown_timeout: Duration,
    /// Whether every call needs a token, and the Auth API is served.
    pub auth_required: bool,
    /// The file with the Auth API's password; empty for none.
    pub auth_password_file: String,
    /// Host names, without ports, that requests may be for; `*` is every name.
    pub allowed_hosts: Vec<String>,
    /// RPC paths by the name of the chain under `/ext/bc`.
    pub chain_aliases: BTreeMap<String, String>,
}

/// `[Auth]`: how tokens are kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Auth {
    /// Empty for the store in the repo, or the URL of a PostgreSQL database. It may hold a
    /// password.
    pub store: String,
    /// How long tokens are accepted while the store cannot be reached.
    #[serde(with = "duration")]
    pub max_staleness: Duration,
    /// How long a token that has expired stays on record.
    #[serde(with = "duration")]
    pub record_retention: Duration,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth")
            .field("max_staleness", &self.max_staleness)
            .field("record_retention", &self.record_retention)
            .finish_non_exhaustive()
    }
}

/// `[Audit]`: how the audit log is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Audit {
    /// How long all its files together may get, in bytes; 0 for no bound.
    pub max_size: u64,
    /// How old its files may get; zero for any age.
    #[serde(with = "duration")]
    pub max_age: Duration,
}

/// What a caller without a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnonymousPermissions {
    /// `""`: read on a loopback listener, nothing on any other.
    #[serde(rename = "")]
    LoopbackOnly,
    /// `"read"`: read on every listener.
    #[serde(rename = "read")]
    Read,
}

/// `[Logging]`: what is logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Logging {
    /// Levels by log system, for [`Logs::set_levels`](crate::log::Logs::set_levels).
    pub subsystem_levels: BTreeMap<String, String>,
}

/// `[Chainstore]`: where the chain is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Chainstore {
    /// No effect here. Lotus refuses to load a full node's config that does not set it, so it is
    /// always written, and a file without it loads all the same.
    pub enable_splitstore: bool,
}

impl Config {
    /// The settings of a daemon whose operator has set none.
    pub fn defaults(role: Role) -> Config {
        let (port, remote, path, chainstore): (u16, _, _, _) = match role {
            Role::FullNode => (
                1234,
                "",
                "/rpc/v1",
                Some(Chainstore {
                    enable_splitstore: true,
                }),
            ),
            Role::StorageMiner => (2345, "127.0.0.1:2345", "/rpc/v0", None),
        };
        Config {
            api: Api {
                listen_address: multiaddr!(Ip4([127, 0, 0, 1]), Tcp(port), Http),
                remote_listen_address: remote.to_owned(),
                timeout: Duration::from_secs(30),
                anonymous_permissions: AnonymousPermissions::LoopbackOnly,
                max_request_size: 100 << 20,
                max_connections: 10_000,
                max_batch_size: 1_000,
                max_batch_reply: 100 << 20,
                max_concurrent_calls: 4_096,
                max_subscriptions: 1_024,
                shutdown_timeout: Duration::from_secs(10),
                auth_required: false,
                auth_password_file: String::new(),
                allowed_hosts: Vec::new(),
                chain_aliases: BTreeMap::from([(DEFAULT_ALIAS.into(), path.into())]),
            },
            auth: Auth {
                store: String::new(),
                max_staleness: Duration::from_secs(10),
                record_retention: Duration::from_secs(90 * 86_400),
            },
            audit: Audit {
                max_size: 1 << 30,
                max_age: Duration::ZERO,
            },
            logging: Logging {
                subsystem_levels: BTreeMap::from([(SAMPLE_SUBSYSTEM.into(), "INFO".into())]),
            },
            chainstore,
        }
    }

    /// Reads the file at `path`, over the defaults, and `env` over it. A missing file is an empty one.
    ///
    /// Keys match in any case. A variable that is set to the empty text counts. Settings of Lotus
    /// that this daemon does not have, and settings that nobody has, are returned as warnings.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`] and [`Error::Value`] name the place and what is expected there.
    pub fn load(
        role: Role,
        path: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, Error> {
        load::file(role, path, env)
    }
}

/// A config as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// What was odd, in the file's order.
    pub warnings: Vec<Warning>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_structs_agree() {
        for role in [Role::FullNode, Role::StorageMiner] {
            let defaults = toml_edit::ser::to_document(&Config::defaults(role)).unwrap();
            let mut in_structs = Vec::new();
            for (table, item) in defaults.iter() {
                for (key, value) in item.as_table_like().unwrap().iter() {
                    in_structs.push(format!("{table}.{key}"));
                    let field = schema::field(role, &format!("{table}.{key}")).unwrap();
                    let value = value.as_value().unwrap();
                    let good = match value.as_inline_table() {
                        Some(map) => map.iter().all(|(_, entry)| field.kind.accepts(entry)),
                        None => field.kind.accepts(value),
                    };
                    assert!(good, "default of {table}.{key}");
                }
            }
            let in_table: Vec<_> = schema::fields(role).map(schema::Field::name).collect();
            assert_eq!(in_structs, in_table, "{role}");
        }
    }

    #[test]
    fn the_default_addresses_are_lotus_s() {
        let listen = |role| Config::defaults(role).api.listen_address.to_string();
        assert_eq!(listen(Role::FullNode), "/ip4/127.0.0.1/tcp/1234/http");
        assert_eq!(listen(Role::StorageMiner), "/ip4/127.0.0.1/tcp/2345/http");
    }
}
