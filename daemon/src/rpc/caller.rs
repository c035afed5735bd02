//! Who calls.

use std::net::SocketAddr;
use std::sync::Arc;

use lotus_core::{Error, Method, Permissions};

use crate::audit::{Entry, Transport, Verdict};
use crate::auth::{self, End, Hold, Reach, Rights, Token};

/// The identity behind one HTTP request or WebSocket: where it came from, on which path, and with
/// which token.
///
/// It travels in the extensions of each call, so a method that needs it (`AuthNew`) can ask.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    address: SocketAddr,
    /// The canonical path of the request, which endpoint scopes are compared with.
    path: Arc<str>,
    transport: Transport,
    identity: Identity,
}

#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// No token: what callers without one may do on this listener.
    Anonymous(Permissions),
    Token(Arc<Token>),
}

impl Caller {
    pub(crate) fn new(
        address: SocketAddr,
        path: Arc<str>,
        transport: Transport,
        identity: Identity,
    ) -> Self {
        Self {
            address,
            path,
            transport,
            identity,
        }
    }

    /// Whether this caller may invoke `method` now.
    pub(crate) fn may(&self, method: &Method) -> Result<(), Error> {
        match &self.identity {
            Identity::Anonymous(permissions) => {
                let rights = Rights {
                    permissions: *permissions,
                    reach: &Reach::ALL,
                    token: false,
                };
                rights.allow(&self.path, method)
            }
            Identity::Token(token) => {
                // Asked on every call: a WebSocket outlives the moment its token was verified.
                let now = auth::now();
                token.usable(now).map_err(Error::other)?;
                token.rights().allow(&self.path, method)?;
                token.used(now, || {
                    (self.address.ip().to_string(), method.name.to_owned())
                });
                Ok(())
            }
        }
    }

    /// What the caller may do here, before scopes of methods.
    pub(crate) fn permissions(&self) -> Permissions {
        match &self.identity {
            Identity::Anonymous(permissions) => *permissions,
            Identity::Token(token) if token.scope().allows_endpoint(&self.path) => {
                token.permissions()
            }
            Identity::Token(_) => Permissions::NONE,
        }
    }

    pub(crate) fn token(&self) -> Option<&Arc<Token>> {
        match &self.identity {
            Identity::Anonymous(_) => None,
            Identity::Token(token) => Some(token),
        }
    }

    /// The audit record of a call, without its verdict's details.
    pub(crate) fn entry(&self, method: &'static str, id: Option<&str>, verdict: Verdict) -> Entry {
        let token = self.token();
        Entry {
            token: token.map(|token| token.id().to_owned()),
            name: token.and_then(|token| token.name()).map(str::to_owned),
            address: self.address,
            transport: self.transport,
            path: self.path.to_string().into(),
            method: Some(method.into()),
            verdict,
            reason: None,
            request: id.map(str::to_owned),
            outcome: None,
        }
    }

    /// Keeps whoever kills the token waiting until this connection or request is over.
    pub(crate) fn hold(&self) -> Option<Hold> {
        self.token().map(Token::hold)
    }

    /// Waits until the token can no longer be used; for ever without one.
    pub(crate) async fn ended(&self) -> End {
        match self.token() {
            Some(token) => token.ended().await,
            None => std::future::pending().await,
        }
    }
}
