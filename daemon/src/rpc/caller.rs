//! Who calls.

use std::sync::Arc;

use lotus_core::{Error, Method, Permissions};

use crate::auth::Token;

/// The identity behind one HTTP request or WebSocket: permissions and the token they came from.
///
/// It travels in the extensions of each call, so a method that needs it (`AuthNew`) can ask.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    permissions: Permissions,
    token: Option<Arc<Token>>,
}

impl Caller {
    /// A caller without a token.
    pub(crate) fn anonymous(permissions: Permissions) -> Self {
        Self {
            permissions,
            token: None,
        }
    }

    pub(crate) fn with_token(token: Arc<Token>) -> Self {
        Self {
            permissions: token.permissions,
            token: Some(token),
        }
    }

    pub(crate) fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// Whether this caller may invoke `method` now. The only place that compares permissions.
    pub(crate) fn may(&self, method: &Method) -> Result<(), Error> {
        if self.token.as_ref().is_some_and(|token| token.is_expired()) {
            return Err(Error::other("the token has expired"));
        }
        if self.permissions.contains(method.permission) {
            return Ok(());
        }
        Err(Error::MissingPermission {
            method: method.bare_name(),
            need: method.permission,
        })
    }
}
