//! Every row of every permission table against Lotus's own permission tags.

use std::collections::{BTreeMap, BTreeSet};

use lotus_core::api::Surface;
use lotus_core::{Kind, Method, api};

/// Columns and source are described at the top of the file.
const LOTUS: &str = include_str!("../../../testutil/fixtures/lotus-permissions.tsv");

/// Which tables answer as which API of Lotus.
static SERVED: &[(&str, &Surface)] = &[
    ("full-v0", &api::FULL_NODE_V0),
    ("full-v1", &api::FULL_NODE_V1),
    ("full-v2", &api::FULL_NODE_V2),
    ("miner", &api::MINER),
    ("worker", &api::WORKER),
    ("wallet", &api::REMOTE_WALLET),
];

/// What both sides say about one method.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    permission: String,
    params: usize,
    kind: String,
    aliases: BTreeSet<String>,
}

fn lotus() -> BTreeMap<(&'static str, &'static str), Facts> {
    let rows = LOTUS.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let columns: Vec<_> = line.split('\t').collect();
        let [api, name, permission, params, kind, aliases] = columns[..] else {
            panic!("six columns: {line}")
        };
        let aliases = aliases.split(',').filter(|alias| *alias != "-");
        let facts = Facts {
            permission: permission.to_owned(),
            params: params.parse().expect("a number of parameters"),
            kind: kind.to_owned(),
            aliases: aliases.map(str::to_owned).collect(),
        };
        ((api, name), facts)
    })
    .collect()
}

fn ours(method: &Method) -> Facts {
    let kind = match method.kind {
        Kind::Call => "call",
        Kind::Channel => "channel",
    };
    let aliases = method.aliases.iter().map(|alias| (*alias).to_owned());
    Facts {
        permission: method.permission.to_string(),
        // What Lotus reads itself is one parameter of its signature: the whole array.
        params: match method.required < method.params.len() {
            true => 1,
            false => method.params.len(),
        },
        kind: kind.to_owned(),
        aliases: aliases.collect(),
    }
}

/// One line for every method of `table` that `lotus` describes otherwise, or not at all.
fn differences(api: &str, table: &[&Method]) -> Vec<String> {
    let lotus = lotus();
    // Lotus's v0 answers to every name of v1, by v1's implementation and with its permission.
    let declared = |name| match api {
        "full-v0" => lotus
            .get(&(api, name))
            .filter(|facts| facts.permission != "none")
            .or_else(|| lotus.get(&("full-v1", name))),
        _ => lotus.get(&(api, name)),
    };
    let difference = |method: &&Method| match declared(method.name) {
        None => Some(format!("{api}: Lotus has no method {}", method.name)),
        Some(expected) if *expected != ours(method) => Some(format!(
            "{api} {}: Lotus has {expected:?}, the table {:?}",
            method.name,
            ours(method)
        )),
        Some(_) => None,
    };
    // `Auth.` is ours: Lotus keeps no registry of tokens.
    table
        .iter()
        .filter(|method| !method.name.starts_with("Auth."))
        .filter_map(difference)
        .collect()
}

#[test]
fn every_row_says_what_lotus_says() {
    let found: Vec<_> = SERVED
        .iter()
        .flat_map(|(api, surface)| {
            let methods: Vec<_> = surface.methods().into_values().collect();
            differences(api, &methods)
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_method_of_lotus_is_missing() {
    let lotus = lotus();
    for (served, surface) in SERVED {
        let ours = surface.methods();
        let missing: Vec<_> = lotus
            .keys()
            .filter(|(api, name)| api == served && !ours.contains_key(name))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

/// How many methods of Lotus each API answers to, and how many there are.
#[test]
fn the_totals_are_lotus_s() {
    let names = |surface: &Surface| -> BTreeSet<_> {
        let names = surface.methods().into_keys();
        names.filter(|name| !name.starts_with("Auth.")).collect()
    };
    let counts: Vec<_> = SERVED
        .iter()
        .map(|(api, surface)| (*api, names(surface).len()))
        .collect();
    let expected = [
        // All of v1, and six names of its own.
        ("full-v0", 286),
        ("full-v1", 280),
        ("full-v2", 53),
        ("miner", 99),
        ("worker", 37),
        ("wallet", 7),
    ];
    assert_eq!(counts, expected);
    let distinct: BTreeSet<_> = SERVED
        .iter()
        .flat_map(|(_, surface)| names(surface))
        .collect();
    assert_eq!(distinct.len(), 405);
}

#[test]
fn a_difference_is_found_and_shows_lotus_s_value() {
    let row = api::wallet::WALLET
        .iter()
        .find(|method| method.name == "Filecoin.WalletSign");
    let row = *row.expect("the table has it");
    let reported = |method: Method| differences("full-v1", &[&method]).join("\n");
    assert_eq!(reported(row), "");

    let permission = lotus_core::Permission::Read;
    let weaker = reported(Method { permission, ..row });
    assert!(
        weaker.contains(r#"Filecoin.WalletSign: Lotus has Facts { permission: "sign", params: 2,"#),
        "{weaker}"
    );
    assert!(
        reported(Method {
            params: &row.params[1..],
            ..row
        })
        .contains("Lotus has")
    );
    assert!(
        reported(Method {
            kind: Kind::Channel,
            ..row
        })
        .contains("Lotus has")
    );
    assert!(
        reported(Method {
            aliases: &["sign"],
            ..row
        })
        .contains("Lotus has")
    );
    assert_eq!(
        reported(Method {
            name: "Filecoin.WalletSing",
            ..row
        }),
        "full-v1: Lotus has no method Filecoin.WalletSing"
    );
    assert!(
        !differences("miner", &[&row]).is_empty(),
        "a miner has no wallet"
    );
}

#[test]
fn the_fixture_is_whole_and_sorted() {
    let keys: Vec<_> = LOTUS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').take(2).collect::<Vec<_>>())
        .collect();
    assert!(
        keys.is_sorted_by(|a, b| a < b),
        "sorted, and every method once per API"
    );
    let count = |api| keys.iter().filter(|key| key[0] == api).count();
    let apis = ["full-v0", "full-v1", "full-v2", "miner", "worker", "wallet"];
    assert_eq!(apis.map(count), [198, 280, 53, 99, 37, 7]);
    assert_eq!(
        ["gateway-v0", "gateway-v1", "gateway-v2"].map(count),
        [47, 111, 50]
    );
}

#[test]
fn a_name_means_one_method() {
    for (api, surface) in SERVED {
        let methods = surface.methods().into_values();
        let mut seen = BTreeSet::new();
        for method in methods {
            for name in [&method.name].into_iter().chain(method.aliases) {
                assert!(
                    seen.insert(*name),
                    "{api}: {name} stands twice in the tables"
                );
            }
        }
    }
}

#[test]
fn every_row_is_documented() {
    for (api, surface) in SERVED {
        for method in surface.methods().into_values() {
            let (name, summary) = (method.name, method.summary());
            assert!(
                method.docs.trim_end_matches(')').ends_with('.'),
                "{api} {name}: the docs need a last period"
            );
            assert!(
                summary.ends_with('.'),
                "{api} {name}: the first paragraph needs a period"
            );
            for param in method.params {
                assert!(
                    !param.name.is_empty(),
                    "{api} {name}: a parameter without a name"
                );
                assert!(
                    !param.ty.name.is_empty(),
                    "{api} {name}: a parameter without a type"
                );
            }
        }
    }
}
