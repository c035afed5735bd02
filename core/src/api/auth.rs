//! Our own methods on tokens: what Lotus's `AuthNew` and `AuthVerify` leave open.

use jsonrpsee::proc_macros::rpc;

use crate::types::{CreatedToken, NewToken, TokenInfo, TokenSelector, TokenSelf, Verdict};
use crate::{Error, permissioned};

/// Creating, listing and revoking tokens. Lotus has none of this.
#[permissioned]
#[rpc(server, client, namespace = "Auth", namespace_separator = ".")]
pub trait Auth {
    /// Mints a token with a name, a scope and a lifetime.
    ///
    /// Nobody mints permissions, endpoints or methods that the calling token lacks.
    #[method(name = "Create", perm = admin, with_extensions)]
    async fn create(&self, token: NewToken) -> Result<CreatedToken, Error>;

    /// Lists the tokens that are known, newest first; never their texts. `all` includes those that
    /// are revoked or expired.
    #[method(name = "List", perm = admin)]
    async fn list(&self, all: bool) -> Result<Vec<TokenInfo>, Error>;

    /// Returns what is known of one token, by id or name.
    #[method(name = "Get", perm = admin)]
    async fn get(&self, id: String) -> Result<TokenInfo, Error>;

    /// Revokes the tokens that match, and returns them.
    ///
    /// When the call returns, the revocation is durable, the connections of those tokens are closed
    /// and no further frame reaches their holders.
    #[method(name = "Revoke", perm = admin, with_extensions)]
    async fn revoke(&self, selector: TokenSelector) -> Result<Vec<TokenInfo>, Error>;

    /// Makes a new secret. Tokens signed with the old one stay valid for `grace` seconds.
    #[method(name = "RotateSecret", perm = admin)]
    async fn rotate_secret(&self, grace: u64) -> Result<(), Error>;

    /// Says whether a token (by its text, id or name) may call a method on the main path, by
    /// asking what enforces it.
    #[method(name = "Can", perm = admin)]
    async fn can(&self, token: String, method: String) -> Result<Verdict, Error>;

    /// Returns what the calling token is and may do. Every valid token may call it.
    #[method(name = "Self", perm = read, with_extensions)]
    async fn self_info(&self) -> Result<TokenSelf, Error>;

    /// Revokes the calling token. Every valid token may call it.
    #[method(name = "RevokeSelf", perm = read, with_extensions)]
    async fn revoke_self(&self) -> Result<(), Error>;
}
