//! The two daemons, as the documentation speaks of them.

use lotus_core::{Method, api};

/// Who serves a set of tables, and where.
pub(crate) struct Daemon {
    /// `full node`
    pub(crate) name: &'static str,
    /// The command that starts it.
    pub(crate) command: &'static str,
    /// The paths of the API, as Markdown.
    pub(crate) paths: &'static str,
    /// Where an example request goes.
    pub(crate) url: &'static str,
    /// The file with the token that may do everything.
    pub(crate) token: &'static str,
    /// The page that describes its methods, relative to `docs/`.
    pub(crate) page: &'static str,
    /// The methods of its main path.
    pub(crate) surface: api::Surface,
}

/// `lotus`
pub(crate) const FULL_NODE: Daemon = Daemon {
    name: "full node",
    command: "lotus daemon",
    paths: "`/rpc/v0` and `/rpc/v1`",
    url: "http://127.0.0.1:1234/rpc/v1",
    token: "~/.lotus/token",
    page: "api/full-node.md",
    surface: api::FULL_NODE_V1,
};

/// `lotus-miner`
pub(crate) const MINER: Daemon = Daemon {
    name: "miner",
    command: "lotus-miner run",
    paths: "`/rpc/v0`",
    url: "http://127.0.0.1:2345/rpc/v0",
    token: "~/.lotusminer/token",
    page: "api/miner.md",
    surface: api::MINER,
};

impl Daemon {
    /// Every method, by name.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &'static Method> {
        self.surface.methods().into_values()
    }
}

/// The anchor that GitHub gives a heading.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn anchors_are_github_s() {
        assert_eq!(super::anchor("Filecoin.AuthNew"), "filecoinauthnew");
        assert_eq!(
            super::anchor("lotus auth create-token"),
            "lotus-auth-create-token"
        );
    }
}
