//! Good and bad configs.

use super::super::AnonymousPermissions;
use super::*;
use std::time::Duration;

fn load(text: &str) -> Result<Loaded, Error> {
    super::text(Role::FullNode, Path::new("/r/config.toml"), text, &|_| None)
}

fn with_env(text: &str, vars: &[(&str, &str)]) -> Result<Config, Error> {
    let env = |name: &str| {
        vars.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    super::text(Role::FullNode, Path::new("/r/config.toml"), text, &env).map(|loaded| loaded.config)
}

fn error(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn an_empty_or_missing_file_means_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    for role in [Role::FullNode, Role::StorageMiner] {
        let loaded = Config::load(role, &dir.path().join("none"), &|_| None).unwrap();
        assert_eq!(
            loaded,
            Loaded {
                config: Config::defaults(role),
                warnings: Vec::new()
            }
        );
    }
    assert_eq!(load("").unwrap().config, Config::defaults(Role::FullNode));
}

#[test]
fn every_setting_is_read() {
    let loaded = load(
        r#"
        [API]
        ListenAddress = "/ip4/0.0.0.0/tcp/3453/http"
        RemoteListenAddress = "example.org:1"
        Timeout = "1m0s"
        AnonymousPermissions = "read"
        MaxRequestSize = 1
        MaxConnections = 2
        MaxBatchSize = 3
        MaxConcurrentCalls = 4
        MaxSubscriptions = 5
        ShutdownTimeout = "0s"
        AuthRequired = true
        AuthPasswordFile = "/p"
        AllowedHosts = ["node.example.org", "*"]
        [API.ChainAliases]
        calibration = "/rpc/v0"
        [Auth]
        Store = "postgres://h/d"
        MaxStaleness = "1m"
        RecordRetention = "24h"
        [Audit]
        MaxSize = 5000000000
        MaxAge = "8760h"
        [Logging.SubsystemLevels]
        rpc = "DEBUG"
        [Chainstore]
        EnableSplitstore = false
        "#,
    )
    .unwrap();
    assert_eq!(loaded.warnings, []);
    let Config {
        api,
        auth,
        audit,
        logging,
        chainstore,
    } = loaded.config;
    assert_eq!(api.listen_address.to_string(), "/ip4/0.0.0.0/tcp/3453/http");
    assert_eq!(api.remote_listen_address, "example.org:1");
    assert_eq!(api.timeout, Duration::from_secs(60));
    assert_eq!(api.anonymous_permissions, AnonymousPermissions::Read);
    assert_eq!(
        (
            api.max_request_size,
            api.max_connections,
            api.max_batch_size
        ),
        (1, 2, 3)
    );
    assert_eq!((api.max_concurrent_calls, api.max_subscriptions), (4, 5));
    assert_eq!(api.shutdown_timeout, Duration::ZERO);
    assert!(api.auth_required);
    assert_eq!(api.auth_password_file, "/p");
    assert_eq!(api.allowed_hosts, ["node.example.org", "*"]);
    let aliases = [("F", "/rpc/v1"), ("calibration", "/rpc/v0")];
    assert!(
        api.chain_aliases
            .iter()
            .map(|(name, path)| (&**name, &**path))
            .eq(aliases)
    );
    assert_eq!(auth.store, "postgres://h/d");
    assert_eq!(auth.max_staleness, Duration::from_secs(60));
    assert_eq!(auth.record_retention, Duration::from_secs(86_400));
    assert_eq!(audit.max_size, 5_000_000_000);
    assert_eq!(audit.max_age, Duration::from_secs(8_760 * 3600));
    assert_eq!(logging.subsystem_levels["rpc"], "DEBUG");
    assert_eq!(
        logging.subsystem_levels["example-subsystem"], "INFO",
        "entries are joined"
    );
    assert!(!chainstore.unwrap().enable_splitstore);
}

#[test]
fn names_match_in_any_case_and_any_toml_spelling() {
    for text in [
        "[api]\nlistenaddress = '/ip4/1.2.3.4/tcp/1'",
        "API.LISTENADDRESS = '/ip4/1.2.3.4/tcp/1'",
        "Api = { listenAddress = '/ip4/1.2.3.4/tcp/1' }",
    ] {
        let config = load(text).unwrap().config;
        assert_eq!(
            config.api.listen_address.to_string(),
            "/ip4/1.2.3.4/tcp/1",
            "{text}"
        );
    }
}

#[test]
fn a_config_of_lotus_loads_with_one_notice() {
    let text = "[Libp2p]\n  ConnMgrLow = 1\n[Chainstore]\n  EnableSplitstore = true\n  \
                [Chainstore.Splitstore]\n    coldstoretype = \"universal\"\n[Fevm]\n";
    let loaded = load(text).unwrap();
    let keys = vec![
        "Libp2p.ConnMgrLow".to_owned(),
        "Chainstore.Splitstore.ColdStoreType".to_owned(),
    ];
    let path = "/r/config.toml".into();
    assert_eq!(loaded.warnings, [Warning::NoEffect { path, keys }]);
}

#[test]
fn unknown_keys_are_reported_with_line_and_suggestion() {
    let loaded = load("[API]\nTimeout = \"5s\"\nListenAdress = 3\n\n[Client]\nX = 1\n").unwrap();
    assert_eq!(loaded.config.api.timeout, Duration::from_secs(5));
    let texts: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "/r/config.toml:3: unknown setting API.ListenAdress is ignored; did you mean \
             API.ListenAddress?",
            "/r/config.toml:5: unknown setting Client is ignored",
        ]
    );
}

#[test]
fn the_miner_ignores_settings_of_the_node() {
    let text = "[Chainstore]\nEnableSplitstore = true\n";
    let path = Path::new("c");
    let loaded = super::text(Role::StorageMiner, path, text, &|_| None).unwrap();
    assert!(matches!(&loaded.warnings[..], [Warning::NoEffect { .. }]));
    assert_eq!(loaded.config, Config::defaults(Role::StorageMiner));
}

#[test]
fn broken_syntax_is_located() {
    let text = error("[API]\n  Timeout = 30s\n");
    assert!(text.starts_with("/r/config.toml:2:"), "{text}");
    assert!(text.contains("(at key API.Timeout)"), "{text}");
    let text = error("[API]\nTimeout = \"1s\"\nTimeout = \"2s\"\n");
    assert!(
        text.starts_with("/r/config.toml:3:1: duplicate key"),
        "{text}"
    );
    assert!(error("[API\n").starts_with("/r/config.toml:1:"));
    assert!(error("ü = \"\u{1}\"").contains(":1:"));
}

#[test]
fn bad_values_are_located_and_explained() {
    assert_eq!(
        error("[API]\n\nListenAddress = \"localhost\"\n"),
        "/r/config.toml:3: API.ListenAddress = \"localhost\": expected a multiaddr with a host \
         and a TCP port, such as \"/ip4/127.0.0.1/tcp/1234/http\""
    );
    for (text, expected) in [
        (
            "API.Timeout = 30",
            ":1: API.Timeout = 30: expected a duration above zero",
        ),
        (
            "API.Timeout = '0s'",
            ":1: API.Timeout = '0s': expected a duration above zero",
        ),
        ("API.ShutdownTimeout = 'x'", "expected a duration, such as"),
        ("API.MaxConnections = 0", "expected a whole number from 1"),
        (
            "API.MaxConnections = 4294967296",
            "expected a whole number from 1",
        ),
        ("API.MaxRequestSize = '1MB'", "expected a number of bytes"),
        (
            "API.AnonymousPermissions = 'admin'",
            "expected \"\" or \"read\"",
        ),
        ("API.RemoteListenAddress = []", "expected a text"),
        ("API = 1", ":1: API = 1: expected a table"),
        ("[[API]]", "API = a table: expected a table"),
        (
            "[API.Timeout]",
            ":1: API.Timeout = a table: expected a duration",
        ),
        (
            "[Chainstore]\nEnableSplitstore = 1",
            ":2: Chainstore.EnableSplitstore = 1",
        ),
        (
            "Logging.SubsystemLevels = 'x'",
            "Logging.SubsystemLevels = 'x': expected a level",
        ),
        (
            "[Logging.SubsystemLevels]\nrpc = 'loud'",
            ":2: Logging.SubsystemLevels.rpc = 'loud'",
        ),
    ] {
        let got = error(text);
        assert!(got.contains(expected), "{text}: {got}");
    }
}

#[test]
fn the_environment_wins_even_when_empty() {
    let file = "[API]\nTimeout = \"5s\"\nRemoteListenAddress = \"a:1\"\n";
    let vars = [
        ("LOTUS_API_TIMEOUT", "7s"),
        ("LOTUS_API_REMOTELISTENADDRESS", ""),
    ];
    let api = with_env(file, &vars).unwrap().api;
    assert_eq!(
        (api.timeout, &*api.remote_listen_address),
        (Duration::from_secs(7), "")
    );
}

#[test]
fn a_bad_variable_is_named() {
    for (name, value, expected) in [
        (
            "LOTUS_API_TIMEOUT",
            "",
            "API.Timeout = \"\": expected a duration",
        ),
        (
            "LOTUS_API_MAXCONNECTIONS",
            "many",
            "API.MaxConnections = \"many\"",
        ),
        (
            "LOTUS_CHAINSTORE_ENABLESPLITSTORE",
            "",
            "expected true or false",
        ),
        (
            "LOTUS_LOGGING_SUBSYSTEMLEVELS",
            "rpc",
            "expected a level for each",
        ),
        (
            "LOTUS_LOGGING_SUBSYSTEMLEVELS",
            "rpc:loud",
            "expected a level for each",
        ),
    ] {
        let text = with_env("", &[(name, value)]).unwrap_err().to_string();
        assert!(
            text.starts_with(&format!("environment variable {name}: ")),
            "{text}"
        );
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_map_in_the_environment_replaces_the_files() {
    let file = "[Logging.SubsystemLevels]\nauth = \"warn\"\n";
    let name = "LOTUS_LOGGING_SUBSYSTEMLEVELS";
    let levels = |value| {
        with_env(file, &[(name, value)])
            .unwrap()
            .logging
            .subsystem_levels
    };
    let expected = [("main", "error"), ("rpc", "debug")];
    assert!(
        levels("rpc:debug,main:error")
            .iter()
            .map(|(k, v)| (&**k, &**v))
            .eq(expected)
    );
    assert!(levels("").is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, [0xff]).unwrap();
    let text = Config::load(Role::FullNode, &path, &|_| None)
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with(&format!("cannot read config {}", path.display())),
        "{text}"
    );
}
