//! What Lotus says of its methods, and what this program adds.

use std::collections::BTreeMap;

/// Columns and source are described at the top of the file.
const LOTUS: &str = include_str!("../../../../testutil/fixtures/lotus-permissions.tsv");

/// Lotus counts one parameter for a method that reads the whole array itself. This one has at least
/// two in it.
const RAW: &[(&str, usize)] = &[("Filecoin.EthFeeHistory", 2)];

/// The methods on tokens that Lotus does not have: their parameters, and the permission that they
/// need unless they are about the calling token itself.
const OURS: &[(&str, usize, Option<&str>)] = &[
    ("Auth.Can", 2, Some("admin")),
    ("Auth.Create", 1, Some("admin")),
    ("Auth.Get", 1, Some("admin")),
    ("Auth.List", 1, Some("admin")),
    ("Auth.Revoke", 1, Some("admin")),
    ("Auth.RevokeSelf", 0, None),
    ("Auth.RotateSecret", 1, Some("admin")),
    ("Auth.Self", 0, None),
];

/// One name of a path.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What is called: the method's name, or an alias.
    pub(super) name: &'static str,
    /// The method that it means.
    pub(super) method: &'static str,
    pub(super) permission: String,
    pub(super) channel: bool,
    /// Whether every valid token may call it.
    pub(super) own: bool,
    /// Parameters of the right number, and of no parameter's type.
    pub(super) params: String,
}

impl Row {
    /// The method as refusals name it.
    pub(super) fn bare_name(&self) -> &'static str {
        self.method
            .split_once('.')
            .map_or(self.method, |(_, name)| name)
    }
}

/// Numbers with a fraction: no type of the API is read from one.
fn nonsense(count: usize) -> String {
    format!("[{}]", vec!["1.5"; count].join(","))
}

/// Every name and alias that a path answers to.
pub(super) fn rows(api: &str) -> Vec<Row> {
    let mut methods: BTreeMap<&str, (Row, Vec<&str>)> = BTreeMap::new();
    // Lotus's v0 answers to every name of v1, unless it declares the name itself.
    let layers = match api {
        "full-v0" => vec!["full-v1", "full-v0"],
        api => vec![api],
    };
    for layer in layers {
        for line in LOTUS.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<_> = line.split('\t').collect();
            let [of, name, permission, params, kind, aliases] = columns[..] else {
                panic!("six columns: {line}")
            };
            // A forgotten tag: v0 passes the call on to v1, which has one.
            if of != layer || permission == "none" {
                continue;
            }
            let raw = RAW.iter().find(|(raw, _)| *raw == name);
            let params = raw.map_or_else(|| params.parse().unwrap(), |(_, count)| *count);
            let row = Row {
                name,
                method: name,
                permission: permission.to_owned(),
                channel: kind == "channel",
                own: false,
                params: nonsense(params),
            };
            let aliases = aliases.split(',').filter(|alias| *alias != "-").collect();
            methods.insert(name, (row, aliases));
        }
    }
    let lotus = methods.into_values().flat_map(|(row, aliases)| {
        let named = aliases.into_iter().map({
            let row = row.clone();
            move |name| Row {
                name,
                ..row.clone()
            }
        });
        named.chain([row.clone()]).collect::<Vec<_>>()
    });
    let ours = OURS.iter().map(|(name, params, permission)| Row {
        name,
        method: name,
        permission: permission.unwrap_or("read").to_owned(),
        channel: false,
        own: permission.is_none(),
        params: nonsense(*params),
    });
    // Lotus has no tokens on `/rpc/v2`, and neither has this program.
    let ours = ours.filter(|_| api != "full-v2");
    lotus.chain(ours).collect()
}
