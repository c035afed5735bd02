//! Examples of the types that are about tokens.

use lotus_core::types::{
    CreatedToken, LastUse, NewToken, TokenInfo, TokenOrigin, TokenSelector, TokenSelf, TokenStatus,
    Verdict,
};
use lotus_core::{Permission, Permissions, Scope};
use serde::de::DeserializeOwned;

use super::json;

/// The text of a token.
pub(super) const TEXT: &str =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJyZWFkIl19.c2lnbmF0dXJl";

/// The id of a token.
pub(super) const ID: &str = "0123456789abcdef0123456789abcdef";

/// An example of a type, by the type's name in the traits.
pub(super) fn value(ty: &str) -> Option<String> {
    Some(match ty {
        "CreatedToken" => json(&CreatedToken {
            token: TEXT.to_owned(),
            info: info(),
            warnings: Vec::new(),
        }),
        "NewToken" => json(&NewToken {
            name: Some("curio".to_owned()),
            permissions: permissions(),
            scope: scope(),
            expires_in: Some(7_776_000),
            idle: Some(2_592_000),
        }),
        "TokenInfo" => json(&info()),
        "Vec<TokenInfo>" => json(&[info()]),
        "TokenSelector" => json(&TokenSelector {
            name: Some("curio".to_owned()),
            ..TokenSelector::default()
        }),
        "TokenSelf" => json(&TokenSelf {
            info: info(),
            methods_allowed: vec!["Filecoin.LogSetLevel".to_owned()],
        }),
        "Verdict" => json(&Verdict {
            allowed: false,
            reason: "missing permission to invoke 'AuthNew' (need 'admin')".to_owned(),
        }),
        _ => return None,
    })
}

fn permissions() -> Permissions {
    Permissions::up_to(Permission::Sign)
}

fn scope() -> Scope {
    Scope {
        endpoints: Some(vec!["/rpc/v0".to_owned()]),
        methods: Some(vec!["Filecoin.Log*".to_owned()]),
    }
}

fn info() -> TokenInfo {
    TokenInfo {
        id: ID.to_owned(),
        name: Some("curio".to_owned()),
        origin: TokenOrigin::Minted,
        permissions: permissions(),
        scope: scope(),
        issued_by: None,
        issued: time("2026-01-31T12:00:00Z"),
        expires: Some(time("2026-05-01T12:00:00Z")),
        idle: Some(2_592_000),
        last_used: Some(LastUse {
            at: time("2026-01-31T12:30:00Z"),
            address: "10.0.0.7".to_owned(),
            method: "Filecoin.LogSetLevel".to_owned(),
        }),
        revoked: None,
        status: TokenStatus::Active,
    }
}

fn time<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(text.into()).expect("a time in RFC 3339")
}
