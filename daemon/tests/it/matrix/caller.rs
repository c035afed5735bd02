//! Who calls: everything that a caller can be.

use lotus_core::api::auth::AuthClient;
use lotus_core::types::{NewToken, TokenSelector};
use lotus_core::{Permission, Permissions, Scope};
use lotus_testutil::wire::Ws;
use lotus_testutil::{TestDaemon, bounded};

/// A kind of caller.
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) token: Option<String>,
    /// By the names that Lotus gives them.
    pub(super) permissions: Vec<String>,
    /// The one method that the token is for.
    pub(super) only: Option<&'static str>,
    /// Whether the token is no longer valid.
    pub(super) dead: bool,
}

const ALL: [&str; 4] = ["read", "write", "sign", "admin"];

/// The method that the scoped token names; it stands in two of Lotus's APIs, and not in the third.
const SCOPE: &str = "Filecoin.Version";

fn caller(name: &'static str, token: impl Into<Option<String>>, permissions: &[&str]) -> Caller {
    Caller {
        name,
        token: token.into(),
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        only: None,
        dead: false,
    }
}

fn named(name: &str) -> NewToken {
    NewToken {
        name: Some(name.to_owned()),
        permissions: Permissions::ALL,
        ..NewToken::default()
    }
}

/// One caller of every kind.
pub(super) async fn all(daemon: &TestDaemon) -> Vec<Caller> {
    let admin = daemon.client(Permission::Admin).await;
    let create = async |token| bounded(admin.create(token)).await.unwrap().token;

    let mut callers = vec![caller("nobody", None, &["read"])];
    for (position, permission) in Permission::ALL.into_iter().enumerate() {
        let token = daemon.token(permission).await;
        callers.push(caller(ALL[position], token, &ALL[..=position]));
    }
    // Permissions are a set: `admin` does not include the others.
    let admin_alone = NewToken {
        permissions: [Permission::Admin].into_iter().collect(),
        ..named("admin alone")
    };
    callers.push(caller("admin alone", create(admin_alone).await, &["admin"]));
    let scoped = NewToken {
        scope: Scope {
            endpoints: None,
            methods: Some(vec![SCOPE.to_owned()]),
        },
        ..named("scoped")
    };
    callers.push(Caller {
        only: Some(SCOPE),
        ..caller("scoped", create(scoped).await, &ALL)
    });

    let expiring = NewToken {
        expires_in: Some(1),
        ..named("expired")
    };
    let expired = create(expiring).await;
    // Its end closes the socket, unless it came before the handshake did.
    let path = format!("/rpc/v0?token={expired}");
    if let Ok(mut ws) = Ws::open(daemon.socket(), &path, &[]).await {
        assert_eq!(ws.closed().await.0, 4401);
    }
    let revoked = create(named("revoked")).await;
    let selector = TokenSelector {
        name: Some("revoked".to_owned()),
        ..TokenSelector::default()
    };
    bounded(admin.revoke(selector)).await.unwrap();
    for (name, token) in [("expired", expired), ("revoked", revoked)] {
        callers.push(Caller {
            dead: true,
            ..caller(name, token, &ALL)
        });
    }
    callers
}
