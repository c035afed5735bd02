//! The page that lists every method of Lotus: who may call it, where, what serves it, and how the
//! Rust client calls it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use lotus_core::error::Needs;
use lotus_core::{Method, Permission};

use crate::page::{PAGES, Page, anchor};

/// What a row says, in the order by which rows are sorted.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    name: &'static str,
    client: &'static str,
    permission: Permission,
    served_by: String,
}

/// The rows, each with the places where the method is, and the page that describes it.
fn rows() -> BTreeMap<Row, (Vec<String>, &'static str)> {
    let mut rows = BTreeMap::new();
    for page in PAGES {
        for (group, methods) in page.surface.groups() {
            for method in methods {
                let row = Row {
                    name: method.name,
                    client: method.client,
                    permission: method.permission,
                    served_by: served_by(page, group.needs_of(method)),
                };
                let (places, _) = rows
                    .entry(row)
                    .or_insert_with(|| (Vec::new(), described_by(page, method)));
                places.push(format!("{} `{}`", page.surface.program, page.surface.path));
            }
        }
    }
    rows
}

/// The page with the method's entry: that of the path beside, if it is the same there.
fn described_by(page: &'static Page, method: &Method) -> &'static str {
    let here = page
        .methods()
        .any(|(_, other)| other.client == method.client);
    match page.beside {
        Some(beside) if !here => beside.file,
        _ => page.file,
    }
}

fn served_by(page: &Page, needs: Option<Needs>) -> String {
    match needs {
        _ if !page.is_ours() => format!("Lotus's own {}", page.surface.program),
        None => "this daemon".to_owned(),
        Some(Needs::Chain) => "needs a chain".to_owned(),
        Some(Needs::Upstream) => "needs an upstream".to_owned(),
        Some(Needs::Sealing) => "needs sealing".to_owned(),
    }
}

/// The page.
pub(crate) fn page() -> String {
    let rows = rows();
    let of_lotus = |row: &&Row| !row.name.starts_with("Auth.");
    let names: BTreeSet<_> = rows.keys().filter(of_lotus).map(|row| row.name).collect();
    let mut page = INTRODUCTION.replace("{names}", &names.len().to_string());
    for (served_by, names) in totals(rows.keys().filter(of_lotus)) {
        let _ = write!(page, "\n| {served_by} | {names} |");
    }
    page += "\n\n## Methods\n\n| method | permission | where | served by | client |";
    page += "\n|---|---|---|---|---|";
    for (row, (places, file)) in &rows {
        let Row {
            name,
            client,
            permission,
            served_by,
        } = row;
        let link = file.strip_prefix("api/").unwrap_or(file);
        let anchor = anchor(name);
        let places = places.join(", ");
        let client = client.strip_prefix("lotus_core::api::").unwrap_or(client);
        let _ = write!(
            page,
            "\n| [`{name}`]({link}#{anchor}) | {permission} | {places} | {served_by} | `{client}` |"
        );
    }
    page
}

/// How many names each of those who serve has. A name counts for all who serve one of its methods.
fn totals<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeMap<&'a str, usize> {
    let pairs: BTreeSet<_> = rows.map(|row| (&*row.served_by, row.name)).collect();
    let mut totals = BTreeMap::new();
    for (served_by, _) in pairs {
        *totals.entry(served_by).or_default() += 1;
    }
    totals
}

const INTRODUCTION: &str = "# Coverage

Every method of Lotus's JSON-RPC APIs has a row of the permission table, types, and a function of the
Rust client: {names} names. Beside them stand the `Auth.` methods, which are ours. What a daemon
cannot serve by itself answers with an error that names what would serve it; the gate, the client,
`lotus rpc` and the OpenRPC document know those methods as they know all others.

* *this daemon*: served by `lotus` or `lotus-miner` alone.
* *needs a chain*: blocks, messages and state.
* *needs an upstream*: a node of a network, with peers, finality certificates and an EVM.
* *needs sealing*: sectors and their proofs.
* *Lotus's own …*: a program that this project does not have; the client can call it.

The path `/rpc/v0` of a full node answers to every name of `/rpc/v1` and has some of its own; a name
that takes or returns something else there has a row for each. In the last column, `chain::ChainClient`
is the trait `lotus_core::api::chain::ChainClient`.

| served by | names |
|---|---|";

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns and source are described at the top of the file.
    const LOTUS: &str = include_str!("../../../fixtures/lotus-permissions.tsv");

    #[test]
    fn every_name_of_lotus_has_a_row() {
        let page = page();
        let names: BTreeSet<_> = LOTUS
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with("gateway"))
            .map(|line| line.split('\t').nth(1).unwrap())
            .collect();
        assert_eq!(names.len(), 405);
        for name in names {
            assert!(page.contains(&format!("\n| [`{name}`](")), "{name}");
        }
        assert!(page.contains(": 405 names."), "{page}");
    }

    #[test]
    fn rows_link_to_entries_and_name_the_client() {
        let page = page();
        assert!(page.contains(
            "| [`Filecoin.WalletSign`](full-node.md#filecoinwalletsign) | sign | \
             lotus `/rpc/v1`, lotus `/rpc/v0` | this daemon | `wallet::WalletClient::wallet_sign` |"
        ));
        for (row, (_, file)) in rows() {
            let entries = PAGES.iter().filter(|page| page.file == file);
            let described = entries
                .flat_map(|page| page.methods())
                .any(|(_, method)| method.name == row.name);
            assert!(described, "{} is not on {file}", row.name);
        }
    }
}
