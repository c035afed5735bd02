//! One daemon's methods, as Markdown.

use std::fmt::Write as _;

use lotus_core::{Kind, Method, Permission};

use crate::daemon::{Daemon, anchor};
use crate::example;

/// The page of a daemon.
pub(crate) fn page(daemon: &Daemon) -> String {
    let mut page = introduction(daemon);
    for (group, methods) in daemon.surface.groups() {
        let group = group.name;
        let links = methods
            .iter()
            .map(|method| format!("[{}](#{})", method.bare_name(), anchor(method.name)));
        let _ = write!(
            page,
            "\n* {group}: {}",
            links.collect::<Vec<_>>().join(", ")
        );
    }
    for (group, methods) in daemon.surface.groups() {
        let _ = write!(page, "\n\n## {}", group.name);
        for method in methods {
            page += &entry(method, daemon);
        }
    }
    page
}

fn introduction(daemon: &Daemon) -> String {
    let Daemon {
        name,
        command,
        paths,
        ..
    } = daemon;
    format!(
        "# {title} API

The methods that `{command}` serves on {paths}: JSON-RPC 2.0, by HTTP `POST` or
over WebSocket. What the permissions mean, and what a call without a token may do, is in
[permissions](../permissions.md). Parameters are positional, and all of them are needed. Types are
named as in the Rust client; the examples show how they look on the wire.

A method that answers with a *channel* needs a WebSocket. Its result is the number of a channel;
`xrpc.ch.val` brings its values (`Closing` has none), `xrpc.ch.close` ends it, and the caller ends it
with `xrpc.cancel` and the id of its own request:

```text
→ {{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"Filecoin.Closing\",\"params\":[]}}
← {{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}}
← {{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.val\",\"params\":[1,…]}}
→ {{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.cancel\",\"params\":[7]}}
← {{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.close\",\"params\":[1]}}
```
",
        title = capitalised(name),
    )
}

fn entry(method: &Method, daemon: &Daemon) -> String {
    let mut entry = format!("\n\n### {}\n\n{}\n", method.name, method.docs);
    let _ = write!(entry, "\n* Permission: `{}`", method.permission);
    if !method.aliases.is_empty() {
        let _ = write!(entry, "\n* Also called: `{}`", method.aliases.join("`, `"));
    }
    match method.params {
        [] => entry += "\n* Parameters: none",
        params => {
            entry += "\n* Parameters:";
            for (position, param) in params.iter().enumerate() {
                let (number, name, ty) = (position + 1, param.name, param.ty.name);
                let _ = write!(entry, "\n  {number}. `{name}`: `{ty}`");
                if let Some(example) = example::parameter(name, ty) {
                    let _ = write!(entry, ", for example `{example}`");
                }
            }
        }
    }
    entry += &match (method.kind, method.result.name) {
        (Kind::Channel, "()") => "\n* Result: a channel without values".to_owned(),
        (Kind::Channel, item) => format!("\n* Result: a channel of `{item}`"),
        (Kind::Call, "()") => "\n* Result: `null`".to_owned(),
        (Kind::Call, ty) => {
            let example = example::value(ty).map(|example| format!(", for example `{example}`"));
            format!("\n* Result: `{ty}`{}", example.unwrap_or_default())
        }
    };
    let _ = write!(entry, "\n\n{}", request(method, daemon));
    entry
}

/// A request that one can paste into a shell, or into a WebSocket for a channel.
fn request(method: &Method, daemon: &Daemon) -> String {
    let params = method.params.iter();
    let params = params.map(|param| {
        example::parameter(param.name, param.ty.name).unwrap_or_else(|| "null".to_owned())
    });
    let params = params.collect::<Vec<_>>().join(",");
    let name = method.name;
    let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}","params":[{params}]}}"#);
    if method.kind == Kind::Channel {
        return format!("```json\n{call}\n```");
    }
    // A method for everyone is shown as everyone may call it.
    let token = match method.permission {
        Permission::Read => String::new(),
        _ => format!(
            "  -H \"Authorization: Bearer $(cat {})\" \\\n",
            daemon.token
        ),
    };
    let url = daemon.url;
    format!(
        "```sh\ncurl {url} \\\n  -H 'Content-Type: application/json' \\\n{token}  -d '{call}'\n```"
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::{FULL_NODE, MINER};

    #[test]
    fn a_method_is_described_completely() {
        let page = page(&FULL_NODE);
        let (_, entry) = page.split_once("\n### Filecoin.WalletSign\n").unwrap();
        let (entry, _) = entry.split_once("\n###").unwrap();
        assert!(
            entry.contains("Signs bytes with the key of an address."),
            "{entry}"
        );
        assert!(entry.contains("* Permission: `sign`"), "{entry}");
        assert!(
            entry.contains("2. `data`: `Bytes`, for example `\"aGVsbG8=\"`"),
            "{entry}"
        );
        assert!(
            entry.contains("* Result: `Signature`, for example `{\"Type\":1,"),
            "{entry}"
        );
        assert!(entry.contains("Bearer $(cat ~/.lotus/token)"), "{entry}");
        assert!(page.contains("* Also called: `rpc.discover`"));
        assert!(page.contains("[WalletSign](#filecoinwalletsign)"));
    }

    #[test]
    fn a_miner_has_its_own_port_and_token_and_no_wallet() {
        let page = page(&MINER);
        assert!(page.contains("curl http://127.0.0.1:2345/rpc/v0"));
        assert!(page.contains("cat ~/.lotusminer/token"));
        assert!(!page.contains("Wallet"));
    }

    #[test]
    fn every_request_is_a_call_of_its_method_that_a_shell_passes_on() {
        for method in FULL_NODE.methods() {
            let request = request(method, &FULL_NODE);
            let json = match method.kind {
                Kind::Call => request.rsplit('\'').nth(1).unwrap(),
                Kind::Channel => request.lines().nth(1).unwrap(),
            };
            let call: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(call["method"], method.name);
            assert_eq!(
                call["params"].as_array().unwrap().len(),
                method.params.len()
            );
        }
    }
}
