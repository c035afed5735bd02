//! The methods of one path, as Markdown.

use std::fmt::Write as _;

use lotus_core::{Kind, Method, Permission};

use crate::example;
use crate::page::{Page, anchor};

/// The longest example that stands in a line of text.
const SHORT: usize = 100;

/// The longest that stands anywhere: Lotus's resource tables fill a page each.
const LONG: usize = 10_000;

/// The page about a path.
pub(crate) fn page(page: &Page) -> String {
    let mut text = introduction(page);
    for (group, methods) in page.groups() {
        let group = group.name;
        let links = methods
            .iter()
            .map(|method| format!("[{}](#{})", method.bare_name(), anchor(method.name)));
        let _ = write!(
            text,
            "\n* {group}: {}",
            links.collect::<Vec<_>>().join(", ")
        );
    }
    for (group, methods) in page.groups() {
        let _ = write!(text, "\n\n## {}", group.name);
        if let (true, Some(needs)) = (page.is_ours(), group.needs) {
            let _ = write!(text, "\n\nThese methods need {needs}.");
        }
        for method in methods {
            text += &entry(method, page);
        }
    }
    text
}

fn introduction(page: &Page) -> String {
    let Page { name, command, .. } = page;
    let (title, path) = (capitalised(name), page.surface.path);
    let served = match page.is_ours() {
        true => format!("The methods of `{command}` on `{path}`"),
        false => format!(
            "The methods of Lotus's own `{command}` on `{path}`, which the Rust client can call"
        ),
    };
    let beside = page.beside.map_or_else(String::new, |other| {
        let file = other.file.strip_prefix("api/").unwrap_or(other.file);
        let (there, theirs) = (other.surface.path, other.surface.methods());
        let ours = page.surface.methods();
        let same = theirs.keys().filter(|name| ours.contains_key(*name)).count();
        let new = page.methods().count();
        match same + new > theirs.len() {
            true => format!(
                "\nEverything of `{there}` is answered here, too, and is described in its [page]({file}). This\n\
                 page has the {new} methods that are only here, or different here.\n"
            ),
            false => format!(
                "\nNot everything of `{there}` is answered here. What is and is the same, such as the Ethereum\n\
                 methods, is described in its [page]({file}); this page has the other {new} methods.\n"
            ),
        }
    });
    format!(
        "# {title} API

{served}: JSON-RPC 2.0, by HTTP `POST` or over WebSocket. What the permissions mean, and what a call
without a token may do, is in [permissions](../permissions.md); which methods need more than the daemon
is in [coverage](coverage.md). Parameters are positional; `null` stands for an absent one. Types are
named as in the Rust client; the examples show how they look on the wire, and most of them are those of
Lotus's documentation.
{beside}
A method that answers with a *channel* needs a WebSocket. Its result is the number of a channel;
`xrpc.ch.val` brings its values, `xrpc.ch.close` ends it, and the caller ends it with `xrpc.cancel` and
the id of its own request:

```text
→ {{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"Filecoin.ChainNotify\",\"params\":[]}}
← {{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}}
← {{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.val\",\"params\":[1,…]}}
→ {{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.cancel\",\"params\":[7]}}
← {{\"jsonrpc\":\"2.0\",\"method\":\"xrpc.ch.close\",\"params\":[1]}}
```
"
    )
}

fn entry(method: &Method, page: &Page) -> String {
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
                if position >= method.required {
                    entry += " (may be left out)";
                }
                // The request below shows the long ones.
                entry += &example::parameter(method, position)
                    .filter(|example| example.len() <= SHORT)
                    .map(|example| format!(", for example `{example}`"))
                    .unwrap_or_default();
            }
        }
    }
    entry += &match (method.kind, method.result.name) {
        (Kind::Channel, "()") => "\n* Result: a channel without values".to_owned(),
        (Kind::Channel, item) => format!("\n* Result: a channel of `{item}`{}", result(method)),
        (Kind::Call, "()") => "\n* Result: `null`".to_owned(),
        (Kind::Call, ty) => format!("\n* Result: `{ty}`{}", result(method)),
    };
    let _ = write!(entry, "\n\n{}", request(method, page));
    entry
}

/// An example of a result; a long one in lines of its own.
fn result(method: &Method) -> String {
    match example::result(method) {
        None => String::new(),
        Some(example) if example.len() <= SHORT => format!(", for example `{example}`"),
        Some(example) if example.len() > LONG => String::new(),
        Some(example) => format!(", for example\n\n  ```json\n  {example}\n  ```"),
    }
}

/// A request that one can paste into a shell, or into a WebSocket for a channel.
fn request(method: &Method, page: &Page) -> String {
    let params = (0..method.params.len())
        .map(|number| example::parameter(method, number).unwrap_or_else(|| "null".to_owned()));
    let params = params.collect::<Vec<_>>().join(",");
    let name = method.name;
    let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}","params":[{params}]}}"#);
    if method.kind == Kind::Channel {
        return format!("```json\n{call}\n```");
    }
    // A method for everyone is shown as everyone may call it.
    let token = match method.permission {
        Permission::Read => String::new(),
        _ => format!("  -H \"Authorization: Bearer $(cat {})\" \\\n", page.token),
    };
    let url = page.url;
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
    use crate::page::{FULL_NODE, MINER, PAGES};

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
            entry.contains("2. `data`: `Bytes`, for example `\"Ynl0ZSBhcnJheQ==\"`"),
            "{entry}"
        );
        assert!(
            entry.contains("* Result: `Signature`, for example `{\"Type\":2,"),
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
        assert!(!page.contains("WalletSign"));
    }

    #[test]
    fn every_request_is_a_call_of_its_method_that_a_shell_passes_on() {
        for (page, method) in PAGES.iter().flat_map(|page| {
            let methods = page.methods();
            methods.map(move |(_, method)| (page, method))
        }) {
            let request = request(method, page);
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
