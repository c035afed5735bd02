//! The repo: the directory that a daemon keeps everything in, laid out as Lotus lays it out.
//!
//! ```text
//! api           multiaddr of the running daemon, no newline, 0644; absent when it is not running
//! config.toml   settings; all commented out until somebody changes one, 0644
//! datastore/    the chain and its metadata
//! keystore/     one file per key, 0700
//! repo.lock     empty; locked while a daemon runs
//! token         an admin token for local clients, no newline, 0600
//! ```
//!
//! The source of names, modes and life cycles is Lotus's `node/repo/fsrepo.go`. A repo made by Lotus
//! opens here and the other way round.

mod error;
mod file;
mod lock;

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

use crate::config::render;
use crate::role::Role;

pub use error::Error;
pub(crate) use file::write_atomic;
pub use lock::Holder;

/// An open repo. It is locked for as long as this value lives.
///
/// Dropping it removes `api` and releases the lock; [`Repo::close`] does the same and reports what
/// went wrong.
#[derive(Debug)]
pub struct Repo {
    path: PathBuf,
    config: PathBuf,
    // Last: `Drop for Repo` has removed `api` by the time the lock is released.
    _lock: lock::Lock,
}

impl Repo {
    /// Opens the repo at `path`, and makes it first where it does not exist.
    ///
    /// What is missing is created: the directory (but not its parents), `config.toml` with every
    /// setting of `role` commented out, `keystore/`, `datastore/`. What is there is kept. An `api`
    /// file is removed, because under the lock it can only be left over from a crash.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] names the process that has the repo open. Nothing is created then.
    pub fn open_or_init(path: &Path, role: Role) -> Result<Repo, Error> {
        Self::open(path, role, None)
    }

    /// As [`Repo::open_or_init`], with the config at `config` instead of `<repo>/config.toml`
    /// (`lotus daemon --config`). It too is created if it is missing.
    ///
    /// # Errors
    ///
    /// As [`Repo::open_or_init`].
    pub fn open_or_init_with_config(path: &Path, role: Role, config: &Path) -> Result<Repo, Error> {
        Self::open(path, role, Some(config))
    }

    fn open(path: &Path, role: Role, config: Option<&Path>) -> Result<Repo, Error> {
        let path = std::path::absolute(path).map_err(Error::io("find", path))?;
        let fresh = !exists(&path);
        ensure_dir(&path, 0o755)?;
        let lock = lock::Lock::acquire(&path)?;
        let config = config.map_or_else(|| path.join("config.toml"), Path::to_owned);
        let repo = Repo {
            path,
            config,
            _lock: lock,
        };

        if fresh {
            tracing::info!(target: "repo", "Initializing repo at '{}'", repo.path.display());
        }
        for file in [&repo.api_path(), &repo.token_path(), &repo.config] {
            if file.is_dir() {
                return Err(Error::NotAFile { path: file.clone() });
            }
        }
        if !repo.config.exists() {
            write_atomic(
                &repo.config,
                render::default_text(role, true).as_bytes(),
                0o644,
            )
            .map_err(Error::io("write", &repo.config))?;
        }
        ensure_dir(&repo.keystore_dir(), 0o700)?;
        ensure_dir(&repo.datastore_dir(), 0o755)?;
        repo.remove_api()?;
        Ok(repo)
    }

    /// The repo's directory, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the keys are: `<repo>/keystore`, mode 0700.
    pub fn keystore_dir(&self) -> PathBuf {
        self.path.join("keystore")
    }

    /// Where the chain is: `<repo>/datastore`.
    pub fn datastore_dir(&self) -> PathBuf {
        self.path.join("datastore")
    }

    /// The config file: `<repo>/config.toml`, or the one that the caller named when opening.
    pub fn config_path(&self) -> &Path {
        &self.config
    }

    /// Tells local clients where the daemon listens. Call it once the listener is bound, with the
    /// real port in `multiaddr`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `<repo>/api` cannot be written.
    pub fn write_api(&self, multiaddr: &str) -> Result<(), Error> {
        let path = self.api_path();
        write_atomic(&path, multiaddr.as_bytes(), 0o644).map_err(Error::io("write", &path))
    }

    /// Tells local clients that the daemon no longer listens. No `api` file is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `<repo>/api` cannot be removed.
    pub fn remove_api(&self) -> Result<(), Error> {
        let path = self.api_path();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The local clients' admin token, without surrounding white space, or `None` if there is none.
    /// It may be damaged or no longer valid; the caller verifies it and writes a new one if so.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `<repo>/token` exists and cannot be read.
    pub fn read_token(&self) -> Result<Option<String>, Error> {
        let path = self.token_path();
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    /// Replaces the local clients' admin token. Nobody but the owner can read it at any moment.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `<repo>/token` cannot be written; the old one is then still there.
    pub fn write_token(&self, token: &str) -> Result<(), Error> {
        let path = self.token_path();
        write_atomic(&path, token.as_bytes(), 0o600).map_err(Error::io("write", &path))
    }

    /// Removes `api` and releases the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if `api` cannot be removed; the lock is released all the same.
    pub fn close(self) -> Result<(), Error> {
        self.remove_api()
    }

    fn api_path(&self) -> PathBuf {
        self.path.join("api")
    }

    fn token_path(&self) -> PathBuf {
        self.path.join("token")
    }
}

impl Drop for Repo {
    fn drop(&mut self) {
        // Nobody is left to tell; `close` reports it.
        let _ = self.remove_api();
    }
}

/// Whether there is a repo at `path`: it has a `datastore` or a `keystore`. A directory with only a
/// `config.toml` is none yet, so that an operator can put the config there beforehand.
pub fn exists(path: &Path) -> bool {
    path.join("datastore").exists() || path.join("keystore").exists()
}

/// Replaces a leading `~` by the user's home directory.
///
/// # Errors
///
/// [`Error::NoHome`] if there is no home directory, and for `~somebody`.
pub fn expand_home(path: &str) -> Result<PathBuf, Error> {
    let Some(rest) = path.strip_prefix('~') else {
        return Ok(PathBuf::from(path));
    };
    let no_home = || Error::NoHome {
        path: path.to_owned(),
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(no_home());
    }
    let home = BaseDirs::new().ok_or_else(no_home)?.home_dir().to_owned();
    Ok(home.join(rest.trim_start_matches('/')))
}

/// Makes the directory `path` with `mode` unless it is there.
fn ensure_dir(path: &Path, mode: u32) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => {
            return Err(Error::NotADirectory {
                path: path.to_owned(),
            });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io("open", path)(error)),
    }
    DirBuilder::new().mode(mode).create(path).map_err(|source| {
        let parent = path.parent().filter(|parent| !parent.exists());
        match parent {
            Some(parent) => Error::MissingParent {
                path: path.to_owned(),
                parent: parent.to_owned(),
            },
            None => Error::io("create", path)(source),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open(path: &Path) -> Result<Repo, Error> {
        Repo::open_or_init(path, Role::FullNode)
    }

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_repo_has_lotus_layout_and_modes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repo");
        assert!(!exists(&path));
        let repo = open(&path).unwrap();
        assert!(exists(&path));
        repo.write_api("/ip4/127.0.0.1/tcp/1234/http").unwrap();
        repo.write_token("secret").unwrap();

        let all = [
            "api",
            "config.toml",
            "datastore",
            "keystore",
            "repo.lock",
            "token",
        ];
        assert_eq!(names(&path), all);
        assert_eq!(mode(&repo.keystore_dir()), 0o700);
        assert_eq!(mode(&path.join("api")), 0o644);
        assert_eq!(mode(&path.join("token")), 0o600);
        assert_eq!(mode(repo.config_path()), 0o644);
        assert_eq!(
            fs::read(path.join("api")).unwrap(),
            b"/ip4/127.0.0.1/tcp/1234/http"
        );
        assert_eq!(fs::read(path.join("token")).unwrap(), b"secret");
        assert_eq!(fs::metadata(path.join("repo.lock")).unwrap().len(), 0);
        let config = fs::read_to_string(repo.config_path()).unwrap();
        assert!(
            config.starts_with("[API]\n  # Binding address for the Lotus API\n"),
            "{config}"
        );

        repo.close().unwrap();
        assert_eq!(
            names(&path),
            ["config.toml", "datastore", "keystore", "token"]
        );
    }

    #[test]
    fn what_the_operator_put_there_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.toml"), "# mine\n").unwrap();
        fs::write(dir.path().join("token"), "old\n").unwrap();
        assert!(!exists(dir.path()), "a config alone is no repo");
        let repo = open(dir.path()).unwrap();
        assert_eq!(fs::read(repo.config_path()).unwrap(), b"# mine\n");
        assert_eq!(repo.read_token().unwrap().as_deref(), Some("old"));
    }

    #[test]
    fn another_config_is_used_and_created_where_it_was_named() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("other.toml");
        let path = dir.path().join("repo");
        let repo = Repo::open_or_init_with_config(&path, Role::StorageMiner, &config).unwrap();
        assert_eq!(repo.config_path(), config);
        assert!(
            fs::read_to_string(&config)
                .unwrap()
                .contains("/tcp/2345/http")
        );
        assert!(!path.join("config.toml").exists());
    }

    #[test]
    fn dropping_removes_api_and_lets_the_next_one_in() {
        let dir = tempfile::tempdir().unwrap();
        let repo = open(dir.path()).unwrap();
        repo.write_api("/ip4/127.0.0.1/tcp/1/http").unwrap();
        let refused = open(dir.path()).unwrap_err();
        assert!(matches!(refused, Error::Locked { .. }), "{refused}");
        assert!(
            dir.path().join("api").exists(),
            "the refused one left the holder's file alone"
        );
        drop(repo);
        assert!(!dir.path().join("api").exists());
        open(dir.path()).unwrap();
    }

    #[test]
    fn an_api_file_left_by_a_crash_is_gone_after_opening() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("api"), "/ip4/127.0.0.1/tcp/1/http").unwrap();
        let _repo = open(dir.path()).unwrap();
        assert!(!dir.path().join("api").exists());
    }

    #[test]
    fn a_token_is_trimmed_and_may_be_missing_or_rubbish() {
        let dir = tempfile::tempdir().unwrap();
        let repo = open(dir.path()).unwrap();
        assert_eq!(repo.read_token().unwrap(), None);
        fs::write(dir.path().join("token"), " abc \n").unwrap();
        assert_eq!(repo.read_token().unwrap().as_deref(), Some("abc"));
        fs::write(dir.path().join("token"), [0xff, 0xfe]).unwrap();
        assert!(repo.read_token().unwrap().is_some());
    }

    #[test]
    fn a_relaxed_token_file_is_tightened_when_it_is_rewritten() {
        let dir = tempfile::tempdir().unwrap();
        let token = dir.path().join("token");
        fs::write(&token, "old").unwrap();
        fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
        open(dir.path()).unwrap().write_token("new").unwrap();
        assert_eq!(mode(&token), 0o600);
    }

    #[test]
    fn a_file_in_place_of_the_repo() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repo");
        fs::write(&path, "not a repo").unwrap();
        let text = open(&path).unwrap_err().to_string();
        assert!(text.contains("is not a directory; move it away"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), b"not a repo");
    }

    #[test]
    fn a_file_in_place_of_the_keystore() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("keystore"), "").unwrap();
        let text = open(dir.path()).unwrap_err().to_string();
        assert!(text.contains("keystore is not a directory"), "{text}");
        assert!(
            !dir.path().join("repo.lock").exists(),
            "a failed start leaves no lock"
        );
    }

    #[test]
    fn a_directory_in_place_of_a_file() {
        for name in ["api", "token", "config.toml", "repo.lock"] {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join(name)).unwrap();
            let text = open(dir.path()).unwrap_err().to_string();
            assert!(
                text.contains(&format!("{name} is a directory but must be a file")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_missing_parent_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let parent = dir.path().join("missing");
        let text = open(&parent.join("repo")).unwrap_err().to_string();
        let expected = format!("{} does not exist; create it", parent.display());
        assert!(text.contains(&expected), "{text}");
    }

    #[test]
    fn a_directory_that_cannot_be_written_to() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
        // Modes do not bind root, but nobody creates files in /sys.
        let path = match rustix::process::geteuid().is_root() {
            true => Path::new("/sys/kernel"),
            false => dir.path(),
        };
        let text = open(path).unwrap_err().to_string();
        assert!(text.contains("is not writable by this user"), "{text}");
        assert!(text.contains("change its owner or mode"), "{text}");
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let home = BaseDirs::new().unwrap().home_dir().to_owned();
        assert_eq!(expand_home("~").unwrap(), home);
        assert_eq!(expand_home("~/.lotus").unwrap(), home.join(".lotus"));
        assert_eq!(expand_home("/a/~/b").unwrap(), PathBuf::from("/a/~/b"));
        let text = expand_home("~nobody/x").unwrap_err().to_string();
        assert!(text.contains("give the whole path"), "{text}");
    }
}
