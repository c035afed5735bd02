//! The pages about the API: which program, which path, which methods.

use lotus_core::api::{self, Group, Surface};
use lotus_core::{Method, Role};

/// A page that describes the methods of one path.
pub(crate) struct Page {
    /// What serves the path: `full node`.
    pub(crate) name: &'static str,
    /// The command that starts it.
    pub(crate) command: &'static str,
    /// Where an example request goes.
    pub(crate) url: &'static str,
    /// The file with the token that may do everything.
    pub(crate) token: &'static str,
    /// The page's file, relative to `docs/`.
    pub(crate) file: &'static str,
    /// The methods of the path.
    pub(crate) surface: &'static Surface,
    /// The page that describes what both paths have.
    pub(crate) beside: Option<&'static Page>,
}

/// `/rpc/v1` of `lotus`.
pub(crate) const FULL_NODE: Page = Page {
    name: "full node",
    command: "lotus daemon",
    url: "http://127.0.0.1:1234/rpc/v1",
    token: "~/.lotus/token",
    file: "api/full-node.md",
    surface: &api::FULL_NODE_V1,
    beside: None,
};

/// What `/rpc/v0` of `lotus` has beside v1, or instead.
pub(crate) const FULL_NODE_V0: Page = Page {
    name: "full node, v0",
    url: "http://127.0.0.1:1234/rpc/v0",
    file: "api/full-node-v0.md",
    surface: &api::FULL_NODE_V0,
    beside: Some(&FULL_NODE),
    ..FULL_NODE
};

/// `/rpc/v2` of `lotus`.
pub(crate) const FULL_NODE_V2: Page = Page {
    name: "full node, v2",
    url: "http://127.0.0.1:1234/rpc/v2",
    file: "api/full-node-v2.md",
    surface: &api::FULL_NODE_V2,
    beside: Some(&FULL_NODE),
    ..FULL_NODE
};

/// `lotus-miner`
pub(crate) const MINER: Page = Page {
    name: "miner",
    command: "lotus-miner run",
    url: "http://127.0.0.1:2345/rpc/v0",
    token: "~/.lotusminer/token",
    file: "api/miner.md",
    surface: &api::MINER,
    beside: None,
};

/// Lotus's `lotus-worker`
pub(crate) const WORKER: Page = Page {
    name: "worker",
    command: "lotus-worker run",
    url: "http://127.0.0.1:3456/rpc/v0",
    token: "~/.lotusworker/token",
    file: "api/worker.md",
    surface: &api::WORKER,
    beside: None,
};

/// Lotus's `lotus-wallet`
pub(crate) const WALLET: Page = Page {
    name: "wallet",
    command: "lotus-wallet run",
    url: "http://127.0.0.1:1777/rpc/v0",
    token: "~/.lotuswallet/token",
    file: "api/wallet.md",
    surface: &api::REMOTE_WALLET,
    beside: None,
};

/// All of them, the main ones of our daemons first.
pub(crate) const PAGES: [&Page; 6] = [
    &FULL_NODE,
    &MINER,
    &FULL_NODE_V0,
    &FULL_NODE_V2,
    &WORKER,
    &WALLET,
];

impl Page {
    /// The groups of methods that the page describes.
    pub(crate) fn groups(&self) -> Vec<(&'static Group, Vec<&'static Method>)> {
        let other = self.beside.map(|page| page.surface.methods());
        let is_new = |method: &&Method| {
            let same = other.as_ref().and_then(|other| other.get(method.name));
            same.is_none_or(|same| same.client != method.client)
        };
        let groups = self.surface.groups().into_iter();
        groups
            .map(|(group, methods)| (group, methods.into_iter().filter(is_new).collect()))
            .filter(|(_, methods): &(_, Vec<_>)| !methods.is_empty())
            .collect()
    }

    /// The methods that the page describes, with their groups.
    pub(crate) fn methods(&self) -> impl Iterator<Item = (&'static Group, &'static Method)> {
        let groups = self.groups().into_iter();
        groups.flat_map(|(group, methods)| methods.into_iter().map(move |method| (group, method)))
    }

    /// Whether one of our daemons listens on the path; else it is Lotus's own program.
    pub(crate) fn is_ours(&self) -> bool {
        let roles = [Role::FullNode, Role::StorageMiner];
        roles
            .iter()
            .any(|role| role.program() == self.surface.program)
    }

    /// The paths of the program, as Markdown.
    pub(crate) fn paths(&self) -> String {
        let roles = [Role::FullNode, Role::StorageMiner].into_iter();
        let paths: Vec<_> = roles
            .filter(|role| role.program() == self.surface.program)
            .flat_map(Role::surfaces)
            .map(|surface| format!("`{}`", surface.path))
            .collect();
        match paths.is_empty() {
            true => format!("`{}`", self.surface.path),
            false => paths.join(", "),
        }
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
    use super::*;

    #[test]
    fn anchors_are_github_s() {
        assert_eq!(anchor("Filecoin.AuthNew"), "filecoinauthnew");
        assert_eq!(anchor("lotus auth create-token"), "lotus-auth-create-token");
    }

    #[test]
    fn a_page_beside_another_has_what_is_different() {
        let methods: Vec<_> = FULL_NODE_V0.methods().collect();
        let named = |name| methods.iter().any(|(_, method)| method.name == name);
        assert_eq!(methods.len(), 22, "six of its own, sixteen otherwise");
        assert!(named("Filecoin.StateWaitMsg") && !named("Filecoin.WalletSign"));
    }
}
