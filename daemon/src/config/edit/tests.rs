//! Changes to files of every kind.

use super::*;
use std::path::PathBuf;

struct File {
    dir: tempfile::TempDir,
    path: PathBuf,
}

fn file(text: &str) -> File {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    fs::write(&path, text).unwrap();
    File { dir, path }
}

impl File {
    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    fn set(&self, key: &str, value: &str) -> Result<(), Error> {
        set(Role::FullNode, &self.path, key, value)
    }

    fn get(&self, key: &str) -> String {
        get(Role::FullNode, &self.path, key, &|_| None).unwrap()
    }
}

#[test]
fn get_answers_with_the_effective_value() {
    let file = file("[API]\nTimeout = \"5s\"\n[Logging.SubsystemLevels]\nrpc = \"debug\"\n");
    assert_eq!(file.get("api.timeout"), "5s");
    assert_eq!(file.get("API.MaxBatchSize"), "1000");
    assert_eq!(file.get("API.AnonymousPermissions"), "");
    assert_eq!(file.get("Chainstore.EnableSplitstore"), "true");
    assert_eq!(file.get("Logging.SubsystemLevels.rpc"), "debug");
    assert_eq!(
        file.get("Logging.SubsystemLevels"),
        "example-subsystem:INFO,rpc:debug"
    );
    let env = |name: &str| (name == "LOTUS_API_TIMEOUT").then(|| "9s".to_owned());
    assert_eq!(
        get(Role::FullNode, &file.path, "API.Timeout", &env).unwrap(),
        "9s"
    );
    get(
        Role::FullNode,
        &file.path,
        "Logging.SubsystemLevels.auth",
        &env,
    )
    .unwrap_err();
}

#[test]
fn a_commented_default_is_uncommented_in_its_place() {
    for role in [Role::FullNode, Role::StorageMiner] {
        let before = render::default_text(role, true);
        let file = file(&before);
        set(
            role,
            &file.path,
            "api.listenaddress",
            "/ip4/0.0.0.0/tcp/3453/http",
        )
        .unwrap();
        let default = format!(
            "  #ListenAddress = \"{}\"\n",
            Config::defaults(role).api.listen_address
        );
        let new = "  ListenAddress = \"/ip4/0.0.0.0/tcp/3453/http\"\n";
        assert_eq!(file.text(), before.replace(&default, new));
    }
}

#[test]
fn every_setting_can_be_set_in_the_default_file_and_changes_one_line() {
    let before = render::default_text(Role::FullNode, true);
    for (key, value) in [
        ("API.ListenAddress", "/ip6/::1/tcp/0/http"),
        ("API.RemoteListenAddress", "a \"quoted\" \\ name"),
        ("API.Timeout", "1h0m0s"),
        ("API.AnonymousPermissions", "read"),
        ("API.MaxRequestSize", "1"),
        ("API.MaxConnections", "4294967295"),
        ("API.MaxBatchSize", "2"),
        ("API.MaxConcurrentCalls", "3"),
        ("API.MaxSubscriptions", "4"),
        ("API.ShutdownTimeout", "0s"),
        ("API.AllowedHosts", "a.example.org,b"),
        ("API.ChainAliases.F", "/rpc/v0"),
        ("Auth.RecordRetention", "24h0m0s"),
        ("Audit.MaxSize", "5000000000"),
        ("Audit.MaxAge", "1h0m0s"),
        ("Logging.SubsystemLevels.example-subsystem", "warn"),
        ("Chainstore.EnableSplitstore", "false"),
    ] {
        let file = file(&before);
        file.set(key, value).unwrap();
        assert_eq!(file.get(key), value);
        let text = file.text();
        assert_eq!(
            text.lines().count(),
            before.lines().count(),
            "{key}: {text}"
        );
        let changed = text
            .lines()
            .zip(before.lines())
            .filter(|(a, b)| a != b)
            .count();
        assert_eq!(changed, 1, "{key}: {text}");
    }
}

#[test]
fn a_whole_map_is_set_and_every_comment_stays() {
    let before = render::default_text(Role::FullNode, true);
    for (key, value) in [
        ("API.ChainAliases", "F:/rpc/v0,main:/rpc/v1"),
        (
            "Logging.SubsystemLevels",
            "example-subsystem:debug,rpc:warn",
        ),
    ] {
        let file = file(&before);
        file.set(key, value).unwrap();
        file.set(key, value).unwrap();
        assert_eq!(file.get(key), value);
        let text = file.text();
        assert_eq!(text.lines().count(), before.lines().count() + 2, "{text}");
        for line in before.lines() {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}

#[test]
fn a_set_value_is_replaced_and_the_rest_kept() {
    let file = file("# head\n[api] # mine\nTIMEOUT   =  \"5s\"   # why\n\nX = 1\n# tail\n");
    file.set("API.Timeout", "6s").unwrap();
    let expected = "# head\n[api] # mine\nTIMEOUT   =  \"6s\"   # why\n\nX = 1\n# tail\n";
    assert_eq!(file.text(), expected);
}

#[test]
fn a_setting_or_table_that_is_missing_is_added() {
    let file = file("[API]\n  Timeout = \"5s\"\n# tail\n");
    file.set("API.MaxBatchSize", "2").unwrap();
    file.set("Logging.SubsystemLevels.rpc", "debug").unwrap();
    let text = file.text();
    assert!(
        text.starts_with("[API]\n  Timeout = \"5s\"\n  MaxBatchSize = 2\n"),
        "{text}"
    );
    assert!(
        text.contains("\n  [Logging.SubsystemLevels]\n    rpc = \"debug\"\n"),
        "{text}"
    );
    assert!(text.contains("# tail\n"), "{text}");
    assert_eq!(file.get("API.MaxBatchSize"), "2");
    assert_eq!(file.get("Logging.SubsystemLevels.rpc"), "debug");
}

#[test]
fn inline_and_dotted_spellings_are_edited_where_they_are() {
    let inline = file("API = { Timeout = \"5s\" }\n");
    inline.set("API.MaxBatchSize", "2").unwrap();
    assert_eq!(inline.text().lines().count(), 1);
    assert_eq!(
        (inline.get("API.Timeout"), inline.get("API.MaxBatchSize")),
        ("5s".into(), "2".into())
    );
    let dotted = file("API.Timeout = \"5s\"\n");
    dotted.set("API.Timeout", "6s").unwrap();
    assert_eq!(dotted.text(), "API.Timeout = \"6s\"\n");
}

#[test]
fn a_comment_in_another_table_or_in_a_long_text_is_left_alone() {
    let before = "[Other]\n#Timeout = 1\n[API]\nRemoteListenAddress = '''\n#Timeout = 2\n'''\n";
    let file = file(before);
    file.set("API.Timeout", "6s").unwrap();
    assert!(file.text().starts_with(before), "{}", file.text());
    assert_eq!(file.get("API.Timeout"), "6s");
}

#[test]
fn a_missing_file_is_created_with_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    set(Role::FullNode, &path, "API.Timeout", "6s").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("  Timeout = \"6s\"\n") && text.starts_with("[API]\n"),
        "{text}"
    );
}

#[test]
fn mode_and_symbolic_links_survive() {
    let file = file("");
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = file.dir.path().join("link.toml");
    std::os::unix::fs::symlink(&file.path, &link).unwrap();
    set(Role::FullNode, &link, "API.Timeout", "6s").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        fs::metadata(&file.path).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(file.get("API.Timeout"), "6s");
}

#[test]
fn what_is_refused_changes_nothing() {
    let good = "[API]\n  Timeout = \"5s\"\n";
    for (text, key, value, expected) in [
        (
            good,
            "API.Timeuot",
            "1s",
            "there is no setting API.Timeuot; did you mean API.Timeout?",
        ),
        (good, "Frobnicate", "1", "there is no setting Frobnicate"),
        (
            good,
            "Libp2p.ConnMgrLow",
            "1",
            "Libp2p.ConnMgrLow is a setting of Lotus that has no",
        ),
        (
            good,
            "API.Timeout",
            "soon",
            "cannot set: API.Timeout = \"soon\": expected a duration",
        ),
        (good, "API.MaxBatchSize", "0", "expected a whole number"),
        (
            good,
            "Logging.SubsystemLevels.rpc",
            "loud",
            "expected a level",
        ),
        (
            good,
            "Logging.SubsystemLevels.",
            "warn",
            "there is no setting",
        ),
        ("[API\n", "API.Timeout", "1s", "config.toml:1:"),
        ("API = 1\n", "API.Timeout", "1s", "API is not a table"),
        (
            "[API]\nMaxBatchSize = 0\n",
            "API.Timeout",
            "1s",
            "config.toml:",
        ),
    ] {
        let file = file(text);
        let got = file.set(key, value).unwrap_err().to_string();
        assert!(got.contains(expected), "{key}: {got}");
        assert_eq!(file.text(), text);
    }
}

#[test]
fn a_bad_value_can_be_corrected() {
    let file = file("[API]\nTimeout = 30\n");
    file.set("API.Timeout", "30s").unwrap();
    assert_eq!(file.get("API.Timeout"), "30s");
}
