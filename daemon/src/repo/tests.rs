//! What an operator sees of a repo.

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
    repo.token_file().write("secret").unwrap();

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
    assert_eq!(repo.token_file().read().unwrap().as_deref(), Some("old"));
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
    assert_eq!(repo.token_file().read().unwrap(), None);
    fs::write(dir.path().join("token"), " abc \n").unwrap();
    assert_eq!(repo.token_file().read().unwrap().as_deref(), Some("abc"));
    fs::write(dir.path().join("token"), [0xff, 0xfe]).unwrap();
    assert!(repo.token_file().read().unwrap().is_some());
}

#[test]
fn a_relaxed_token_file_is_tightened_when_it_is_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    fs::write(&token, "old").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
    open(dir.path()).unwrap().token_file().write("new").unwrap();
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
