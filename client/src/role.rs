//! The two kinds of daemon, and the names under which their endpoints are found.

use std::fmt;

/// What a daemon is: it decides which variables and which directory name its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A full node, `lotus daemon`.
    FullNode,
    /// A miner, `lotus-miner run`.
    Miner,
}

impl Role {
    /// The environment variable that holds the endpoint: `FULLNODE_API_INFO` or `MINER_API_INFO`.
    pub fn info_variable(self) -> &'static str {
        match self {
            Role::FullNode => "FULLNODE_API_INFO",
            Role::Miner => "MINER_API_INFO",
        }
    }

    /// The former name of [`Role::info_variable`], which still works and earns a warning.
    pub(crate) fn deprecated_info_variable(self) -> Option<&'static str> {
        match self {
            Role::FullNode => None,
            Role::Miner => Some("STORAGE_API_INFO"),
        }
    }

    /// The environment variables that hold the path of the repo; the first that is set wins.
    pub(crate) fn repo_variables(self) -> &'static [&'static str] {
        match self {
            Role::FullNode => &["LOTUS_PATH"],
            Role::Miner => &["LOTUS_MINER_PATH", "LOTUS_STORAGE_PATH"],
        }
    }

    /// Where the repo is when nothing says otherwise.
    pub(crate) fn default_repo(self) -> &'static str {
        match self {
            Role::FullNode => "~/.lotus",
            Role::Miner => "~/.lotusminer",
        }
    }

    /// The command that starts the daemon.
    pub fn start_command(self) -> &'static str {
        match self {
            Role::FullNode => "lotus daemon",
            Role::Miner => "lotus-miner run",
        }
    }
}

impl fmt::Display for Role {
    /// The name of the role in Lotus's error texts (`node/repo/fsrepo.go`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::FullNode => "FullNode",
            Role::Miner => "StorageMiner",
        })
    }
}
