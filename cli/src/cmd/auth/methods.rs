//! `auth methods`: which methods need what. The tables say so; no daemon is asked.

use std::collections::BTreeMap;

use clap::Args;
use lotus_core::{Method, Permission, Role};
use serde::Serialize;

use super::create;
use crate::opts::Context;
use crate::table::Table;

/// List the methods of the API and the permission that each needs
#[derive(Debug, Args)]
pub(super) struct Methods {
    /// Only those that need this permission: read, write, sign or admin
    #[arg(long, value_name = "PERMISSION")]
    perm: Option<String>,

    /// Those of both daemons, with the paths that serve them
    #[arg(long)]
    all: bool,
}

/// A method as it is printed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    method: &'static str,
    permission: Permission,
    aliases: &'static [&'static str],
    /// `lotus /rpc/v1`.
    paths: Vec<String>,
    description: String,
}

impl Methods {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let permission = self.perm.as_deref().map(create::permission).transpose()?;
        let roles: &[Role] = match self.all {
            true => &[Role::FullNode, Role::StorageMiner],
            false => std::slice::from_ref(&context.role),
        };
        let rows = rows(roles, permission);
        match self.all {
            true => context.out.result(with_paths(&rows), &rows),
            false => context.out.result(without_paths(&rows), &rows),
        }
    }
}

/// The methods of a daemon's main path.
pub(super) fn of(role: Role) -> impl Iterator<Item = &'static Method> {
    role.surfaces()[0].methods().into_values()
}

/// The methods of daemons by name, each once.
fn rows(roles: &[Role], permission: Option<Permission>) -> Vec<Row> {
    let mut rows: BTreeMap<(&str, Permission), Row> = BTreeMap::new();
    for surface in roles.iter().flat_map(|role| role.surfaces()) {
        for method in surface.methods().into_values() {
            if permission.is_some_and(|permission| permission != method.permission) {
                continue;
            }
            let row = rows
                .entry((method.name, method.permission))
                .or_insert_with(|| Row {
                    method: method.name,
                    permission: method.permission,
                    aliases: method.aliases,
                    paths: Vec::new(),
                    description: first_sentence(method.summary()),
                });
            row.paths
                .push(format!("{} {}", surface.program, surface.path));
        }
    }
    rows.into_values().collect()
}

fn first_sentence(summary: &str) -> String {
    let words: Vec<_> = summary.split_whitespace().collect();
    let line = words.join(" ");
    match line.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => line,
    }
}

fn with_paths(rows: &[Row]) -> Table<3> {
    let rows = rows.iter().map(|row| {
        [
            row.method.to_owned(),
            row.permission.to_string(),
            row.paths.join(", "),
        ]
    });
    Table::new(["Method", "Permission", "Paths"], rows)
}

fn without_paths(rows: &[Row]) -> Table<3> {
    let rows = rows.iter().map(|row| {
        [
            row.method.to_owned(),
            row.permission.to_string(),
            row.description.clone(),
        ]
    });
    Table::new(["Method", "Permission", "Description"], rows)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_method_is_there_once_with_what_it_needs() {
        for role in [Role::FullNode, Role::StorageMiner] {
            let rows = rows(&[role], None);
            let surfaces = role.surfaces().iter();
            let names: BTreeSet<_> = surfaces.flat_map(|s| s.methods().into_keys()).collect();
            assert!(rows.iter().map(|row| row.method).eq(names));
            let new = rows.iter().find(|row| row.method == "Filecoin.AuthNew");
            assert_eq!(new.unwrap().permission, Permission::Admin);
        }
    }

    #[test]
    fn a_permission_selects_those_that_need_it() {
        let sign = rows(&[Role::FullNode], Some(Permission::Sign));
        assert!(sign.iter().any(|row| row.method == "Filecoin.WalletSign"));
        assert!(sign.iter().all(|row| row.permission == Permission::Sign));
    }

    #[test]
    fn a_method_of_both_daemons_has_the_paths_of_both() {
        let rows = rows(&[Role::FullNode, Role::StorageMiner], None);
        let table = with_paths(&rows).to_string();
        let line = |name: &str| {
            let line = table.lines().find(|line| line.starts_with(name));
            line.unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            line("Filecoin.Version "),
            "Filecoin.Version read lotus /rpc/v1, lotus /rpc/v0, lotus-miner /rpc/v0"
        );
        assert_eq!(
            line("Filecoin.WalletSign "),
            "Filecoin.WalletSign sign lotus /rpc/v1, lotus /rpc/v0"
        );
    }

    #[test]
    fn a_description_is_one_sentence_on_one_line() {
        assert_eq!(first_sentence("One\nsentence. Another."), "One sentence.");
        assert_eq!(first_sentence("Only one."), "Only one.");
    }
}
