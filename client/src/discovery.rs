//! Finding the endpoint of a daemon, in the order that Lotus's command line uses.
//!
//! 1. What the program or its command line gives explicitly ([`Discovery::explicit`]).
//! 2. The environment variable `FULLNODE_API_INFO`, or `MINER_API_INFO` for a miner. A variable
//!    that is set but empty still wins, and is an error that says so.
//! 3. For a miner, the deprecated `STORAGE_API_INFO`, with a warning.
//! 4. The repo: the files `api` and `token` in the directory given by
//!    1. [`Discovery::repo`] (the flag `--repo` or `--miner-repo`),
//!    2. `LOTUS_PATH`; for a miner `LOTUS_MINER_PATH`, then the deprecated `LOTUS_STORAGE_PATH`,
//!    3. `~/.lotus`; for a miner `~/.lotusminer`.
//!
//! So the environment beats `--repo`, as in Lotus. A leading `~` of a path is the home directory. A
//! path variable that is set but empty counts as not set.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::info::{ApiInfo, InfoError, Source};
use crate::token::Token;
use lotus_core::Role;

/// A search for the endpoint of a daemon.
///
/// ```no_run
/// use lotus_client::{Discovery, Role};
///
/// let found = Discovery::new(Role::FullNode).repo("/srv/lotus").find()?;
/// for warning in &found.warnings {
///     eprintln!("{warning}");
/// }
/// # Ok::<(), lotus_client::DiscoveryError>(())
/// ```
pub struct Discovery<'a> {
    role: Role,
    explicit: Option<String>,
    repo: Option<PathBuf>,
    env: Box<Lookup<'a>>,
}

/// How a variable of the environment is looked up.
type Lookup<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// What a [`Discovery`] has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The endpoint to use.
    pub info: ApiInfo,
    /// Further endpoints, when the source held a comma-separated list.
    pub others: Vec<ApiInfo>,
    /// What the user should know, and what does not keep the endpoint from working.
    pub warnings: Vec<Warning>,
}

/// Something odd about the way in which an endpoint was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A variable was used that has a new name.
    Deprecated {
        /// The variable that was used.
        old: &'static str,
        /// Its new name.
        new: &'static str,
    },
    /// The source holds several endpoints, of which the first is used.
    Several {
        /// Where the list was found.
        source: Source,
        /// How many endpoints it holds.
        count: usize,
    },
    /// The token beside the `api` file cannot be used, so calls go out without one.
    NoToken {
        /// The path of the token file.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The first and the last text begin as Lotus's (`cli/util/apiinfo.go`, `api.go`).
            Warning::Deprecated { old, new } => write!(
                f,
                "Using deprecated env({old}) value, please use env({new}) instead."
            ),
            Warning::Several { source, count } => {
                write!(
                    f,
                    "{source} holds {count} endpoints; only the first is used"
                )
            }
            Warning::NoToken { path, reason } => write!(
                f,
                "Couldn't load CLI token, capabilities may be limited: {}: {reason}",
                path.display()
            ),
        }
    }
}

/// The reason why no endpoint was found. The texts start as Lotus's do, and then name a next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// A source was there and did not hold an endpoint.
    #[error("could not get API info for {role}: {origin} is not valid: {reason}")]
    Invalid {
        /// The daemon that was looked for.
        role: Role,
        /// The source that won.
        origin: Source,
        /// What is wrong with it.
        reason: InfoError,
    },
    /// The directory is no repo: it has neither `datastore` nor `keystore`.
    #[error(
        "could not get API info for {role}: repo directory does not exist. Make sure your \
         configuration is correct (there is no repo at {path}; start one with `{}`, or set {})",
        role.start_command(),
        role.info_variable()
    )]
    NoRepo {
        /// The daemon that was looked for.
        role: Role,
        /// The directory.
        path: String,
    },
    /// The repo is there and has no `api` file, which a daemon writes when it starts.
    #[error(
        "could not get API info for {role}: could not get api endpoint: No file ({path}): API not \
         running (no endpoint); start it with `{}`, or set {}",
        role.start_command(),
        role.info_variable()
    )]
    NotRunning {
        /// The daemon that was looked for.
        role: Role,
        /// The path of the `api` file.
        path: String,
    },
    /// The `api` file is there and cannot be read, for example because it is a directory.
    #[error(
        "could not get API info for {role}: could not get api endpoint: cannot read {path}: \
         {reason}; make it a readable file, or set {}",
        role.info_variable()
    )]
    Unreadable {
        /// The daemon that was looked for.
        role: Role,
        /// The path of the `api` file.
        path: String,
        /// What the system said.
        reason: io::Error,
    },
    /// The path of the repo starts with `~`, and nobody knows the home directory.
    #[error(
        "the home directory of the {role} is unknown; set HOME, or give the repo by its full path"
    )]
    NoHome {
        /// The daemon that was looked for.
        role: Role,
    },
}

impl<'a> Discovery<'a> {
    /// A search in the environment of the process and in the default repo.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            explicit: None,
            repo: None,
            env: Box::new(|name| std::env::var_os(name)),
        }
    }

    /// Uses this `[TOKEN:]ADDRESS` and looks no further.
    #[must_use]
    pub fn explicit(mut self, info: impl Into<String>) -> Self {
        self.explicit = Some(info.into());
        self
    }

    /// Looks into this repo instead of the ones that variables and defaults name.
    #[must_use]
    pub fn repo(mut self, path: impl Into<PathBuf>) -> Self {
        self.repo = Some(path.into());
        self
    }

    /// Looks variables up with this function instead of in the environment of the process.
    #[must_use]
    pub fn env(mut self, lookup: impl Fn(&str) -> Option<OsString> + 'a) -> Self {
        self.env = Box::new(lookup);
        self
    }

    /// Looks for the endpoint in the order that the module describes.
    ///
    /// # Errors
    ///
    /// See [`DiscoveryError`]. A token file that cannot be used is a [`Warning`], not an error.
    pub fn find(&self) -> Result<Found, DiscoveryError> {
        if let Some(text) = &self.explicit {
            return self.listed(text, Source::Explicit);
        }
        let new = self.role.info_variable();
        if let Some(value) = (self.env)(new) {
            return self.listed(&value.to_string_lossy(), Source::Env(new));
        }
        if let Some(old) = self.role.deprecated_info_variable()
            && let Some(value) = (self.env)(old)
        {
            let mut found = self.listed(&value.to_string_lossy(), Source::Env(old))?;
            found.warnings.insert(0, Warning::Deprecated { old, new });
            return Ok(found);
        }
        self.in_repo(&self.repo_path()?)
    }

    /// The directory in which [`Discovery::find`] looks when no endpoint is given otherwise.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError::NoHome`].
    pub fn repo_path(&self) -> Result<PathBuf, DiscoveryError> {
        let from_env = || {
            let mut values = self
                .role
                .repo_variables()
                .iter()
                .filter_map(|name| (self.env)(name));
            values.find(|value| !value.is_empty()).map(PathBuf::from)
        };
        let path = self
            .repo
            .clone()
            .or_else(from_env)
            .unwrap_or_else(|| PathBuf::from(self.role.default_repo()));
        match path.strip_prefix("~") {
            Ok(rest) => Ok(self
                .home()
                .ok_or(DiscoveryError::NoHome { role: self.role })?
                .join(rest)),
            Err(_) => Ok(path),
        }
    }

    fn home(&self) -> Option<PathBuf> {
        match (self.env)("HOME") {
            Some(home) if !home.is_empty() => Some(PathBuf::from(home)),
            _ => directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()),
        }
    }

    fn listed(&self, text: &str, source: Source) -> Result<Found, DiscoveryError> {
        let invalid = |reason| DiscoveryError::Invalid {
            role: self.role,
            origin: source.clone(),
            reason,
        };
        let mut list = ApiInfo::parse_list(text, source.clone())
            .map_err(invalid)?
            .into_iter();
        let info = list.next().ok_or(InfoError::Empty).map_err(invalid)?;
        let others: Vec<_> = list.collect();
        let mut warnings = Vec::new();
        if !others.is_empty() {
            warnings.push(Warning::Several {
                source,
                count: others.len() + 1,
            });
        }
        Ok(Found {
            info,
            others,
            warnings,
        })
    }

    fn in_repo(&self, repo: &Path) -> Result<Found, DiscoveryError> {
        let role = self.role;
        // What makes a directory a repo is Lotus's rule (`FsRepo.Exists` in `node/repo/fsrepo.go`).
        if !repo.join("datastore").exists() && !repo.join("keystore").exists() {
            return Err(DiscoveryError::NoRepo {
                role,
                path: repo.display().to_string(),
            });
        }
        let api = repo.join("api");
        let path = api.display().to_string();
        let text = match std::fs::read_to_string(&api) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DiscoveryError::NotRunning { role, path });
            }
            Err(reason) => return Err(DiscoveryError::Unreadable { role, path, reason }),
        };
        let source = Source::Repo(api);
        let address = match text.trim() {
            "" => Err(InfoError::Empty),
            text => text.parse().map_err(InfoError::Address),
        };
        let address = address.map_err(|reason| DiscoveryError::Invalid {
            role,
            origin: source.clone(),
            reason,
        })?;

        let (token, warnings) = match read_token(&repo.join("token")) {
            Ok(token) => (Some(token), Vec::new()),
            Err(warning) => (None, vec![warning]),
        };
        Ok(Found {
            info: ApiInfo {
                token,
                address,
                source,
            },
            others: Vec::new(),
            warnings,
        })
    }
}

impl ApiInfo {
    /// Finds the endpoint of a daemon as Lotus's command line does: environment, then repo.
    ///
    /// Warnings go to the log; use [`Discovery`] to see them, or to choose the repo.
    ///
    /// # Errors
    ///
    /// See [`DiscoveryError`].
    pub fn discover(role: Role) -> Result<Self, DiscoveryError> {
        let found = Discovery::new(role).find()?;
        for warning in &found.warnings {
            tracing::warn!("{warning}");
        }
        Ok(found.info)
    }
}

impl fmt::Debug for Discovery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `explicit` may hold a token.
        f.debug_struct("Discovery")
            .field("role", &self.role)
            .field("repo", &self.repo)
            .finish_non_exhaustive()
    }
}

fn read_token(path: &Path) -> Result<Token, Warning> {
    let unusable = |reason: String| Warning::NoToken {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    Token::new(&text).map_err(|error| unusable(error.to_string()))
}

#[cfg(test)]
mod tests;
