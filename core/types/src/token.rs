//! What an operator asks and is told about tokens. A token's text is in none of these but
//! [`CreatedToken`].

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Permissions, Scope};

/// A token to be minted.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NewToken {
    /// The operator's label; unique among the tokens that are alive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it allows.
    pub permissions: Permissions,
    /// Where it is valid.
    #[serde(flatten)]
    pub scope: Scope,
    /// Seconds until it expires; for ever when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// Seconds without use after which it dies; never when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<u64>,
}

/// A token that has been minted. Its text is shown this once.
#[derive(Clone, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreatedToken {
    /// The text to send after `Bearer `.
    pub token: String,
    /// What was recorded.
    pub info: TokenInfo,
    /// What is odd about the request, such as a method pattern that matches nothing.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedToken")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TokenInfo {
    /// `jti`, or for Lotus's tokens the SHA-256 of the signed part.
    pub id: String,
    /// The operator's label.
    pub name: Option<String>,
    /// How it came into being.
    pub origin: TokenOrigin,
    /// What it allows.
    pub permissions: Permissions,
    /// Where it is valid.
    #[serde(flatten)]
    pub scope: Scope,
    /// The id of the token that minted it; absent for those of the daemon itself.
    pub issued_by: Option<String>,
    /// When it was minted, or first seen.
    pub issued: Timestamp,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// Seconds without use after which it dies.
    pub idle: Option<u64>,
    /// Its last use, at most a minute late.
    pub last_used: Option<LastUse>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// Whether it can be used now.
    pub status: TokenStatus,
}

/// How a token came into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenOrigin {
    /// The daemon's own, in its repo.
    Repo,
    /// Minted by `AuthNew` or `Auth.Create`.
    Minted,
    /// Minted by `auth.newToken` of the Auth API; dies when the password changes.
    Password,
    /// Minted elsewhere with the same secret (a real Lotus), and recorded when it was first used.
    Foreign,
}

/// Whether a token can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStatus {
    /// It can.
    Active,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
    /// It was not used for longer than it may.
    Idle,
}

/// A use of a token.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// The IP address it came from.
    pub address: String,
    /// The method that was called.
    pub method: String,
}

/// Which tokens to revoke: those that every given criterion matches. At least one is needed.
#[derive(Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TokenSelector {
    /// By id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// By name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// By the token's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Minted more than this many seconds ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than: Option<u64>,
    /// Not used for this many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unused: Option<u64>,
    /// Only say which they are.
    pub dry_run: bool,
}

impl std::fmt::Debug for TokenSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSelector")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("older_than", &self.older_than)
            .field("unused", &self.unused)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

/// What the calling token may do.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TokenSelf {
    /// What is recorded of the token.
    pub info: TokenInfo,
    /// The methods that it may call on this path, sorted.
    pub methods_allowed: Vec<String>,
}

/// Whether a token may call a method, and if not, which rule refuses it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Verdict {
    /// Whether it may.
    pub allowed: bool,
    /// The rule that decided, in words.
    pub reason: String,
}
