//! What this process is: a full node or a storage miner.
//!
//! Lotus's repos carry no type marker; the program that opens one says what it is. Everything that
//! differs between the two programs before a config is read is in this file.

use std::fmt;
use std::path::PathBuf;

use crate::repo::{self, Error};

/// Which of the two daemons this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `lotus`: the full node.
    FullNode,
    /// `lotus-miner`: the storage miner.
    StorageMiner,
}

impl Role {
    /// The program's name, as the user types it.
    pub fn program(self) -> &'static str {
        match self {
            Role::FullNode => "lotus",
            Role::StorageMiner => "lotus-miner",
        }
    }

    /// The environment variables that name the repo, in the order in which they are asked.
    ///
    /// `LOTUS_STORAGE_PATH` is Lotus's deprecated name for the miner's repo and still honoured.
    pub fn repo_env(self) -> &'static [&'static str] {
        match self {
            Role::FullNode => &["LOTUS_PATH"],
            Role::StorageMiner => &["LOTUS_MINER_PATH", "LOTUS_STORAGE_PATH"],
        }
    }

    /// The repo's default place, with a leading `~` for the home directory.
    pub fn default_repo(self) -> &'static str {
        match self {
            Role::FullNode => "~/.lotus",
            Role::StorageMiner => "~/.lotusminer",
        }
    }

    /// The default of `[API] ListenAddress`, a multiaddr.
    pub fn default_listen(self) -> &'static str {
        match self {
            Role::FullNode => "/ip4/127.0.0.1/tcp/1234/http",
            Role::StorageMiner => "/ip4/127.0.0.1/tcp/2345/http",
        }
    }

    /// The environment variable that tells clients where this daemon is: `[TOKEN:]ADDRESS`.
    pub fn api_info_env(self) -> &'static str {
        match self {
            Role::FullNode => "FULLNODE_API_INFO",
            Role::StorageMiner => "MINER_API_INFO",
        }
    }

    /// Decides where the repo is: `flag`, then the first of [`Role::repo_env`] that is set and not
    /// empty, then [`Role::default_repo`]. A leading `~` is expanded in all three.
    ///
    /// # Errors
    ///
    /// [`Error::NoHome`] if a `~` cannot be expanded.
    pub fn repo_path(
        self,
        flag: Option<&str>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<PathBuf, Error> {
        let from_env = || self.repo_env().iter().filter_map(|name| env(name));
        let path = flag
            .map(str::to_owned)
            .or_else(|| from_env().find(|value| !value.is_empty()));
        repo::expand_home(path.as_deref().unwrap_or(self.default_repo()))
    }
}

impl fmt::Display for Role {
    /// Lotus's names of the repo types: `FullNode`, `StorageMiner`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::FullNode => "FullNode",
            Role::StorageMiner => "StorageMiner",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(role: Role, flag: Option<&str>, vars: &[(&str, &str)]) -> PathBuf {
        let env = |name: &str| {
            vars.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        role.repo_path(flag, &env).unwrap()
    }

    #[test]
    fn the_flag_beats_the_environment_which_beats_the_default() {
        let vars = [("LOTUS_PATH", "/env"), ("LOTUS_MINER_PATH", "/miner")];
        assert_eq!(
            path(Role::FullNode, Some("/flag"), &vars),
            PathBuf::from("/flag")
        );
        assert_eq!(path(Role::FullNode, None, &vars), PathBuf::from("/env"));
        assert_eq!(
            path(Role::StorageMiner, None, &vars),
            PathBuf::from("/miner")
        );
        assert!(path(Role::FullNode, None, &[]).ends_with(".lotus"));
        assert!(path(Role::StorageMiner, None, &[]).ends_with(".lotusminer"));
    }

    #[test]
    fn the_miner_asks_its_new_variable_before_the_deprecated_one() {
        let old = ("LOTUS_STORAGE_PATH", "/old");
        assert_eq!(
            path(Role::StorageMiner, None, &[old]),
            PathBuf::from("/old")
        );
        let both = [old, ("LOTUS_MINER_PATH", "/new")];
        assert_eq!(path(Role::StorageMiner, None, &both), PathBuf::from("/new"));
    }

    #[test]
    fn an_empty_variable_is_no_answer() {
        let vars = [("LOTUS_MINER_PATH", ""), ("LOTUS_STORAGE_PATH", "/old")];
        assert_eq!(path(Role::StorageMiner, None, &vars), PathBuf::from("/old"));
    }
}
