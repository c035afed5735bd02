//! The two daemons, and the names under which they and their endpoints are found.

use std::fmt;

/// Which of the two daemons something is about.
///
/// Lotus's repos carry no type marker: the program that opens one says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The full node, `lotus daemon`.
    FullNode,
    /// The storage miner, `lotus-miner run`.
    StorageMiner,
}

impl Role {
    /// The program's name, as the user types it.
    pub const fn program(self) -> &'static str {
        match self {
            Self::FullNode => "lotus",
            Self::StorageMiner => "lotus-miner",
        }
    }

    /// The command that starts the daemon.
    pub const fn start_command(self) -> &'static str {
        match self {
            Self::FullNode => "lotus daemon",
            Self::StorageMiner => "lotus-miner run",
        }
    }

    /// The environment variable that tells clients the endpoint: `[TOKEN:]ADDRESS`.
    pub const fn info_variable(self) -> &'static str {
        match self {
            Self::FullNode => "FULLNODE_API_INFO",
            Self::StorageMiner => "MINER_API_INFO",
        }
    }

    /// The former name of [`Role::info_variable`], which still works and earns a warning.
    pub const fn deprecated_info_variable(self) -> Option<&'static str> {
        match self {
            Self::FullNode => None,
            Self::StorageMiner => Some("STORAGE_API_INFO"),
        }
    }

    /// The environment variables that name the repo; the first that is set wins.
    pub const fn repo_variables(self) -> &'static [&'static str] {
        match self {
            Self::FullNode => &["LOTUS_PATH"],
            Self::StorageMiner => &["LOTUS_MINER_PATH", "LOTUS_STORAGE_PATH"],
        }
    }

    /// Where the repo is when nothing says otherwise; `~` is the home directory.
    pub const fn default_repo(self) -> &'static str {
        match self {
            Self::FullNode => "~/.lotus",
            Self::StorageMiner => "~/.lotusminer",
        }
    }
}

/// Lotus's names of the repo types, which its error texts use (`node/repo/fsrepo.go`).
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FullNode => "FullNode",
            Self::StorageMiner => "StorageMiner",
        })
    }
}
