//! The Auth API: tokens for whoever knows the password. It is served at `/ext/auth`, and only with
//! `--api-auth-required`.
//!
//! The order of the checks and the texts of the errors are AvalancheGo's (`api/auth`). Two things
//! are not: revoking a token that is not valid succeeds, as the documentation of that API says, and
//! an endpoint must be a path.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use lotus_core::{Permission, Permissions, Scope, ScopeError};
use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::json2::{Call, Fault, Fields, Service};
use super::password::{CheckError, Checker, Secret, State};

/// How long a token from `auth.newToken` lives, in seconds.
pub(crate) const TOKEN_LIFETIME: u64 = 12 * 60 * 60;

/// How long the endpoints of one token may be together, in bytes. In base64 they still fit into a
/// token that is looked at (`auth::MAX_TOKEN_BYTES`).
const MAX_ENDPOINT_BYTES: usize = 8 * 1024;

/// What the Auth API needs of whoever makes tokens and of the token store.
#[async_trait]
pub(crate) trait TokenIssuer: Send + Sync {
    /// The stored state of the password ([`super::password::VALUE_KEY`]), read anew: another daemon
    /// on the same store may have changed it.
    async fn password_state(&self) -> Result<Vec<u8>, IssuerError>;

    /// Makes and records a token of the password's origin that lives for [`TOKEN_LIFETIME`]. The
    /// scope has been checked.
    async fn issue(&self, scope: Scope, permissions: Permissions) -> Result<String, IssuerError>;

    /// Revokes a token. One that is not valid, or is revoked already, is not an error.
    async fn revoke_text(&self, token: &str) -> Result<(), IssuerError>;

    /// Stores the new state and revokes every token of the password's origin: both or neither.
    async fn password_changed(&self, state: &[u8]) -> Result<(), IssuerError>;

    /// Puts a call on record. None of what is recorded has a secret in it.
    fn record(&self, called: Called<'_>, outcome: Result<(), &Fault>);
}

/// What is recorded of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called<'a> {
    /// Where it came from.
    pub(crate) source: SocketAddr,
    /// The whole name of the method.
    pub(crate) method: &'static str,
    /// The id of the request as JSON text.
    pub(crate) id: Option<&'a str>,
}

/// Why the issuer could not do it, in words for whoever knows the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct IssuerError(String);

impl IssuerError {
    /// An error in these words.
    pub(crate) fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// The service `auth`.
pub(crate) struct AuthApi {
    issuer: Arc<dyn TokenIssuer>,
    checker: Checker,
    /// Written to while the password changes, so that no token is made for the old one meanwhile.
    changing: RwLock<()>,
}

impl fmt::Debug for AuthApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthApi").finish_non_exhaustive()
    }
}

impl From<CheckError> for Fault {
    fn from(error: CheckError) -> Self {
        Self::failed(error)
    }
}

impl From<IssuerError> for Fault {
    fn from(error: IssuerError) -> Self {
        Self::failed(error)
    }
}

impl AuthApi {
    /// The Auth API over an issuer whose password state is stored already.
    pub(crate) fn new(issuer: Arc<dyn TokenIssuer>) -> Self {
        Self {
            issuer,
            checker: Checker::new(),
            changing: RwLock::new(()),
        }
    }

    async fn new_token(&self, source: IpAddr, params: Fields<'_>) -> Result<Value, Fault> {
        let password = secret(&params, "password")?;
        let endpoints: Vec<String> = params.get("endpoints")?.unwrap_or_default();
        let permissions: Option<Vec<String>> = params.get("permissions")?;
        if password.is_empty() {
            return Err(empty_password());
        }
        let scope = scope(endpoints)?;
        let permissions = permissions.map_or(Ok(Permissions::ALL), narrowed)?;
        let state = self.authenticate(source, password).await?;
        let _no_change = self.changing.read().await;
        self.still_in_force(&state).await?;
        let token = self.issuer.issue(scope, permissions).await?;
        Ok(json!({ "token": token }))
    }

    async fn revoke_token(&self, source: IpAddr, params: Fields<'_>) -> Result<Value, Fault> {
        let password = secret(&params, "password")?;
        let token = params.get::<String>("token")?.unwrap_or_default();
        if token.is_empty() {
            return Err(Fault::failed("auth token not provided"));
        }
        if password.is_empty() {
            return Err(empty_password());
        }
        self.authenticate(source, password).await?;
        self.issuer.revoke_text(&token).await?;
        Ok(json!({}))
    }

    async fn change_password(&self, source: IpAddr, params: Fields<'_>) -> Result<Value, Fault> {
        let old = secret(&params, "oldPassword")?;
        let new = secret(&params, "newPassword")?;
        if old == new {
            return Err(Fault::failed("new password can't be same as old password"));
        }
        if old.is_empty() {
            return Err(CheckError::Incorrect.into());
        }
        let state = self.authenticate(source, old).await?;
        let changed = self.checker.change(state.clone(), new).await?;
        let _alone = self.changing.write().await;
        self.still_in_force(&state).await?;
        self.issuer.password_changed(&changed.to_bytes()).await?;
        Ok(json!({}))
    }

    /// Checks the password and returns the state that it was right for.
    async fn authenticate(&self, source: IpAddr, password: Secret) -> Result<State, Fault> {
        let state = self.state().await?;
        self.checker.check(source, password, state.clone()).await?;
        Ok(state)
    }

    /// A password that was changed since it was checked is as wrong as any other.
    async fn still_in_force(&self, checked: &State) -> Result<(), Fault> {
        if self.state().await? == *checked {
            Ok(())
        } else {
            Err(CheckError::Incorrect.into())
        }
    }

    async fn state(&self) -> Result<State, Fault> {
        let state = self.issuer.password_state().await?;
        State::from_bytes(&state).map_err(Fault::failed)
    }
}

#[async_trait]
impl Service for AuthApi {
    fn name(&self) -> &'static str {
        "auth"
    }

    async fn call(&self, call: Call<'_>) -> Result<Value, Fault> {
        let (address, id) = (call.source, call.id);
        let source = address.ip();
        let (method, outcome) = match call.method {
            "newToken" => {
                let outcome = async { self.new_token(source, call.fields()?).await };
                ("auth.newToken", outcome.await)
            }
            "revokeToken" => {
                let outcome = async { self.revoke_token(source, call.fields()?).await };
                ("auth.revokeToken", outcome.await)
            }
            "changePassword" => {
                let outcome = async { self.change_password(source, call.fields()?).await };
                ("auth.changePassword", outcome.await)
            }
            _ => return Err(Fault::UnknownMethod),
        };
        let called = Called {
            source: address,
            method,
            id,
        };
        self.issuer.record(called, outcome.as_ref().map(|_| ()));
        outcome
    }
}

fn empty_password() -> Fault {
    Fault::failed(super::password::Unfit::Empty)
}

fn secret(params: &Fields<'_>, name: &str) -> Result<Secret, Fault> {
    Ok(params.get(name)?.unwrap_or_default())
}

/// The scope of these endpoints. A `*` among them stands for all.
fn scope(endpoints: Vec<String>) -> Result<Scope, Fault> {
    let length: usize = endpoints.iter().map(String::len).sum();
    let all = endpoints.iter().any(|endpoint| endpoint == "*");
    let of = |endpoints| Scope {
        endpoints: Some(endpoints),
        methods: None,
    };
    let scope = of(endpoints);
    match scope.check() {
        Err(ScopeError::None(_)) => Err(Fault::failed("must name at least one endpoint")),
        Err(error @ ScopeError::TooMany(_)) => Err(Fault::failed(error)),
        _ if all => Ok(of(vec!["*".to_owned()])),
        _ if length > MAX_ENDPOINT_BYTES => Err(Fault::failed(format!(
            "the endpoints are {length} bytes long together; at most {MAX_ENDPOINT_BYTES} fit into a token"
        ))),
        checked => checked.map(|()| scope).map_err(Fault::failed),
    }
}

/// The permissions of these names.
fn narrowed(names: Vec<String>) -> Result<Permissions, Fault> {
    if names.is_empty() {
        return Err(Fault::failed(
            "must name at least one permission; leave permissions out to give all four",
        ));
    }
    names
        .iter()
        .map(|name| name.parse::<Permission>().map_err(Fault::failed))
        .collect()
}
