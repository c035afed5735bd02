//! `auth list`: the tokens that a daemon knows.

use clap::Args;
use jiff::Timestamp;
use lotus_core::Scope;
use lotus_core::api::auth::AuthClient;
use lotus_core::types::{TokenInfo, TokenOrigin, TokenStatus};

use super::registry::{Registry, short_id};
use crate::opts::Context;
use crate::span::{relative, short};
use crate::table::Table;

/// List tokens, newest first; never their texts
#[derive(Debug, Args)]
pub(super) struct List {
    /// Those that are revoked or expired, too
    #[arg(long)]
    all: bool,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let registry = Registry::open(context).await?;
        let tokens = registry.answer(registry.client.list(self.all).await)?;
        if tokens.is_empty() {
            context.out.note("No tokens are known.");
        }
        context
            .out
            .result(table(&tokens, Timestamp::now()), &tokens)
    }
}

const TITLES: [&str; 8] = [
    "Name",
    "ID",
    "Permissions",
    "Scope",
    "Issued",
    "Expires",
    "Last used",
    "Status",
];

fn table(tokens: &[TokenInfo], now: Timestamp) -> Table<8> {
    let rows = tokens.iter().map(|token| {
        [
            name(token).to_owned(),
            short_id(&token.id).to_owned(),
            token.permissions.to_string(),
            scope(&token.scope),
            relative(token.issued, now),
            expiry(token, now),
            token
                .last_used
                .as_ref()
                .map_or_else(|| "never".to_owned(), |last| relative(last.at, now)),
            standing(token, now),
        ]
    });
    Table::new(TITLES, rows)
}

/// What the operator calls it. The daemon's own token has no name of its own.
pub(super) fn name(token: &TokenInfo) -> &str {
    match &token.name {
        Some(name) => name,
        None if token.origin == TokenOrigin::Repo => "(the daemon's own)",
        None => "-",
    }
}

/// A scope in as few words as a table has room for.
pub(super) fn scope(scope: &Scope) -> String {
    let parts = [&scope.endpoints, &scope.methods];
    let parts: Vec<_> = parts.into_iter().flatten().map(|list| few(list)).collect();
    match parts.is_empty() {
        true => "all".to_owned(),
        false => parts.join("; "),
    }
}

fn few(list: &[String]) -> String {
    match list {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one}, {two}"),
        [one, rest @ ..] => format!("{one}, +{}", rest.len()),
    }
}

fn expiry(token: &TokenInfo, now: Timestamp) -> String {
    let expires = token
        .expires
        .map_or_else(|| "never".to_owned(), |expires| relative(expires, now));
    match token.idle {
        None => expires,
        Some(idle) => format!("{expires}, idle {}", short(idle)),
    }
}

/// Its status, and when that ends: a token of the secret before lives until the end of its grace.
pub(super) fn standing(token: &TokenInfo, now: Timestamp) -> String {
    match (token.status, token.revoked) {
        (TokenStatus::Active, Some(end)) => {
            format!("active, old secret ends {}", relative(end, now))
        }
        (other, _) => status(other).to_owned(),
    }
}

fn status(status: TokenStatus) -> &'static str {
    match status {
        TokenStatus::Active => "active",
        TokenStatus::Revoked => "revoked",
        TokenStatus::Expired => "expired",
        TokenStatus::Idle => "idle",
    }
}

#[cfg(test)]
mod tests {
    use lotus_core::Permissions;
    use lotus_core::types::LastUse;

    use super::*;

    fn token(name: Option<&str>) -> TokenInfo {
        let at = |second| Timestamp::from_second(second).unwrap();
        TokenInfo {
            id: "0123456789abcdef".into(),
            name: name.map(Into::into),
            origin: TokenOrigin::Minted,
            permissions: Permissions::READ,
            scope: Scope::ALL,
            issued_by: None,
            issued: at(1_000_000),
            expires: None,
            idle: None,
            last_used: None,
            revoked: None,
            status: TokenStatus::Active,
        }
    }

    #[test]
    fn a_row_says_what_an_operator_asks() {
        let now = Timestamp::from_second(1_000_000 + 86_400 * 3).unwrap();
        let plain = token(None);
        let full = TokenInfo {
            scope: Scope {
                endpoints: Some(vec!["/rpc/v1".into()]),
                methods: Some(["a", "b", "c"].map(Into::into).into()),
            },
            expires: Some(now + jiff::SignedDuration::from_hours(90 * 24)),
            idle: Some(30 * 86_400),
            last_used: Some(LastUse {
                at: now - jiff::SignedDuration::from_mins(5),
                address: "127.0.0.1".into(),
                method: "Filecoin.Version".into(),
            }),
            status: TokenStatus::Revoked,
            ..token(Some("curio"))
        };
        let shown = table(&[full, plain], now).to_string();
        let cells = |line: &str| {
            let cells = line.split("  ").map(str::trim);
            cells
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let lines: Vec<_> = shown.lines().map(cells).collect();
        assert_eq!(
            lines,
            [
                TITLES,
                [
                    "curio",
                    "0123456789ab",
                    "read",
                    "/rpc/v1; a, +2",
                    "3d ago",
                    "in 90d, idle 30d",
                    "5m ago",
                    "revoked"
                ],
                [
                    "-",
                    "0123456789ab",
                    "read",
                    "all",
                    "3d ago",
                    "never",
                    "never",
                    "active"
                ],
            ]
        );
    }

    #[test]
    fn the_daemon_s_own_token_is_recognised_and_an_empty_scope_is_not_all() {
        let own = TokenInfo {
            origin: TokenOrigin::Repo,
            ..token(None)
        };
        assert_eq!(name(&own), "(the daemon's own)");
        let nothing = Scope {
            endpoints: Some(vec![]),
            methods: None,
        };
        assert_eq!(scope(&nothing), "nothing");
    }

    #[test]
    fn the_end_of_a_grace_is_shown() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let end = now + jiff::SignedDuration::from_hours(1);
        let old = TokenInfo {
            revoked: Some(end),
            ..token(Some("curio"))
        };
        let shown = table(std::slice::from_ref(&old), now).to_string();
        let last = shown.lines().last().unwrap();
        assert!(last.ends_with("active, old secret ends in 1h"), "{shown}");
        let over = TokenInfo {
            status: TokenStatus::Revoked,
            ..old
        };
        assert_eq!(standing(&over, end), "revoked");
    }
}
