//! The names of chains under `/ext/bc/`, and the RPC path that each stands for.

use std::collections::BTreeMap;

/// The name that the chain has without any configuration.
pub(crate) const DEFAULT_ALIAS: &str = "F";

/// The RPC path of [`DEFAULT_ALIAS`] and of the chain's id.
const DEFAULT_PATH: &str = "/rpc/v1";

/// What comes before a chain's name.
const PREFIX: &str = "/ext/bc/";

/// The longest name, in bytes.
const MAX_NAME: usize = 128;

/// The names of `[API.ChainAliases]`, and `F`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainAliases {
    paths: BTreeMap<String, String>,
    id: Option<String>,
}

/// An entry of `[API.ChainAliases]` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AliasError {
    /// The name could not be part of a path.
    #[error(
        "[API.ChainAliases]: {0:?} is no name for a chain; use up to {MAX_NAME} letters, digits, - and _"
    )]
    Name(String),
    /// The path is none of the daemon's.
    #[error("[API.ChainAliases] {alias}: {path:?} is not served here; use one of {served}")]
    Path {
        /// The name.
        alias: String,
        /// What it should stand for.
        path: String,
        /// What it may stand for.
        served: String,
    },
}

impl ChainAliases {
    /// The names in `configured`, each with the RPC path that it stands for. `F` stands for
    /// `/rpc/v1` unless it is among them. `served` are the RPC paths that there are, `id` is what
    /// the chain is called everywhere (its genesis block), and a name of it too.
    ///
    /// # Errors
    /// [`AliasError`] names the entry.
    pub(crate) fn new(
        configured: BTreeMap<String, String>,
        served: &[&str],
        id: Option<String>,
    ) -> Result<Self, AliasError> {
        let mut paths = configured;
        for name in [Some(DEFAULT_ALIAS), id.as_deref()].into_iter().flatten() {
            let entry = paths.entry(name.to_owned());
            entry.or_insert_with(|| DEFAULT_PATH.to_owned());
        }
        for (alias, path) in &paths {
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if !(1..=MAX_NAME).contains(&alias.len()) || !alias.bytes().all(legal) {
                return Err(AliasError::Name(alias.clone()));
            }
            if !served.contains(&path.as_str()) {
                return Err(AliasError::Path {
                    alias: alias.clone(),
                    path: path.clone(),
                    served: served.join(", "),
                });
            }
        }
        Ok(Self { paths, id })
    }

    /// The RPC path that a canonical path under `/ext/bc/` stands for: `/ext/bc/F`, or with `/rpc`
    /// after the name, where AvalancheGo has it for chains of Ethereum's kind.
    pub(crate) fn resolve(&self, path: &str) -> Option<&str> {
        let name = path.strip_prefix(PREFIX)?;
        let name = name.strip_suffix("/rpc").unwrap_or(name);
        self.paths.get(name).map(String::as_str)
    }

    /// Whether there is a chain of this name. Case counts.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.paths.contains_key(name)
    }

    /// What the chain is called everywhere, once that is known.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(entries: &[(&str, &str)]) -> Result<ChainAliases, AliasError> {
        let entries = entries
            .iter()
            .map(|(name, path)| ((*name).to_owned(), (*path).to_owned()));
        let served = ["/rpc/v0", "/rpc/v1"];
        ChainAliases::new(entries.collect(), &served, Some("bafyGenesis".to_owned()))
    }

    #[test]
    fn f_and_the_id_are_always_there() {
        let aliases = aliases(&[("filecoin", "/rpc/v1"), ("F0", "/rpc/v0")]).unwrap();
        for name in ["F", "filecoin", "bafyGenesis", "F/rpc"] {
            assert_eq!(
                aliases.resolve(&format!("/ext/bc/{name}")),
                Some("/rpc/v1"),
                "{name}"
            );
        }
        assert_eq!(aliases.resolve("/ext/bc/F0"), Some("/rpc/v0"));
        for nothing in [
            "/ext/bc",
            "/ext/bc/",
            "/ext/bc/f",
            "/ext/bc/F/x",
            "/ext/bc/rpc",
            "/F",
        ] {
            assert_eq!(aliases.resolve(nothing), None, "{nothing}");
        }
        assert!(aliases.contains("F") && !aliases.contains("C"));
    }

    #[test]
    fn the_config_may_say_what_f_is() {
        let aliases = aliases(&[("F", "/rpc/v0")]).unwrap();
        assert_eq!(aliases.resolve("/ext/bc/F"), Some("/rpc/v0"));
    }

    #[test]
    fn an_entry_that_cannot_work_is_named() {
        let error = aliases(&[("a/b", "/rpc/v1")]).unwrap_err().to_string();
        assert!(error.contains("\"a/b\" is no name for a chain"), "{error}");
        assert!(aliases(&[("", "/rpc/v1")]).is_err());
        assert!(aliases(&[("é", "/rpc/v1")]).is_err());
        let error = aliases(&[("X", "/rpc/v9")]).unwrap_err().to_string();
        let text =
            "[API.ChainAliases] X: \"/rpc/v9\" is not served here; use one of /rpc/v0, /rpc/v1";
        assert_eq!(error, text);
    }
}
