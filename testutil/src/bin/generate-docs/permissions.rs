//! The page that says who may call what.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lotus_core::{Method, Permission};

use crate::page::{FULL_NODE, MINER, Page, anchor};

const DAEMONS: [&Page; 2] = [&FULL_NODE, &MINER];

/// What a permission is for, and what whoever holds it could do.
fn meaning(permission: Permission) -> &'static str {
    match permission {
        Permission::Read => "Read the node's state. No private data.",
        Permission::Write => {
            "Write to the local store and the chain, see which keys the wallet has and make new \
             ones."
        }
        Permission::Sign => {
            "Use the wallet's private keys for signing: whoever holds it can spend the wallet's \
             funds."
        }
        Permission::Admin => {
            "Manage tokens and the process, export and delete private keys: whoever holds it owns \
             the node."
        }
    }
}

/// The page.
pub(crate) fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page += "\n| permission | what it allows |\n|---|---|";
    for permission in Permission::ALL {
        let meaning = meaning(permission);
        let _ = write!(page, "\n| [`{permission}`](#{permission}) | {meaning} |");
    }
    page += RULES;
    page += "\n| daemon | started by | paths | token that may do everything |\n|---|---|---|---|";
    for daemon in DAEMONS {
        let Page {
            name,
            command,
            token,
            file,
            ..
        } = daemon;
        let paths = daemon.paths();
        let _ = write!(
            page,
            "\n| [{name}]({file}) | `{command}` | {paths} | `{token}` |"
        );
    }
    let methods = methods();
    for permission in Permission::ALL {
        let _ = write!(
            page,
            "\n\n## {permission}\n\n| method | of | what it does |"
        );
        page += "\n|---|---|---|";
        for (method, daemons) in methods.values() {
            if method.permission == permission {
                page += &row(method, daemons);
            }
        }
    }
    page
}

/// Every method by name, with the daemons that have it.
fn methods() -> BTreeMap<&'static str, (&'static Method, Vec<&'static Page>)> {
    let mut methods = BTreeMap::new();
    for daemon in DAEMONS {
        for (_, method) in daemon.methods() {
            let (_, daemons) = methods.entry(method.name).or_insert((method, Vec::new()));
            daemons.push(daemon);
        }
    }
    methods
}

fn row(method: &Method, daemons: &[&Page]) -> String {
    let names: Vec<_> = daemons.iter().map(|daemon| daemon.name).collect();
    let page = daemons.first().map_or("", |daemon| daemon.file);
    let summary = method.summary().replace('\n', " ").replace('|', "\\|");
    let (name, anchor) = (method.name, anchor(method.name));
    format!(
        "\n| [`{name}`]({page}#{anchor}) | {} | {summary} |",
        names.join(", ")
    )
}

const INTRODUCTION: &str = "# Permissions

Every method of the API needs one of four permissions, the same as in Lotus. A token carries a set
of them.
";

const RULES: &str = "

A permission is a member of the set or it is not: none includes another. A token that holds only
`admin` may not call a `read` method. That is why `auth create-token` mints prefixes of the list:
`--perm sign` gives a token with `read`, `write` and `sign`. `Filecoin.AuthNew` mints any set that
the caller holds itself.

A call without a token has `read` on a loopback address, as in Lotus. On any other listener it gets
only the health endpoints, unless the configuration says `AnonymousPermissions = \"read\"` in `[API]`;
the line that the daemon prints at start says which.

A token that is not valid is refused with HTTP status 401, whatever the method. A valid token that
lacks the permission gets a JSON-RPC error with code 1 and Lotus's text:

```json
{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"missing permission to invoke 'WalletNew' (need 'write')\"}}
```

What a full node answers on `/rpc/v0` and `/rpc/v2` in another way, and which methods need more than
the daemon itself, is in [coverage](api/coverage.md).

Each daemon has a secret of its own, so a token of one is not valid on the other:
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_stands_under_its_permission_with_its_daemons() {
        let page = page();
        for (method, _) in methods().values() {
            let (_, section) = page
                .split_once(&format!("\n## {}\n", method.permission))
                .unwrap();
            let section = section.split("\n## ").next().unwrap();
            assert!(
                section.contains(&format!("| [`{}`]", method.name)),
                "{}",
                method.name
            );
        }
        assert!(page.contains(
            "| [`Filecoin.Version`](api/full-node.md#filecoinversion) | full node, miner |"
        ));
        assert!(page.contains(
            "| [`Filecoin.WalletSign`](api/full-node.md#filecoinwalletsign) | full node |"
        ));
    }
}
