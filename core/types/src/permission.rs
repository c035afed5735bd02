//! The four permissions of Lotus's API and sets of them.
//!
//! Semantics are Lotus's (`go-jsonrpc/auth/auth.go`): membership in a set, not levels. A token that
//! holds only `admin` may not call a `read` method; the hierarchy exists only because
//! `auth create-token --perm sign` issues all permissions up to `sign`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a caller needs in order to invoke a method.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Read node state, no private data.
    Read,
    /// Write to the local store and chain.
    Write,
    /// Use private keys stored in the wallet for signing.
    Sign,
    /// Manage permissions, keys and the process itself.
    Admin,
}

impl Permission {
    /// All permissions in Lotus's order.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Sign, Self::Admin];

    /// The name on the wire and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Sign => "sign",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none of the four permissions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission {0:?}: use one of read, write, sign, admin")]
pub struct UnknownPermission(pub String);

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(name: &str) -> Result<Self, UnknownPermission> {
        let known = Self::ALL
            .into_iter()
            .find(|permission| permission.name() == name);
        known.ok_or_else(|| UnknownPermission(name.to_owned()))
    }
}

/// A set of [`Permission`]s; on the wire a list of names in Lotus's order.
///
/// Reading ignores names it does not know and takes `null` for none, as Lotus does: such names are
/// kept in a token but match no method. Where unknown names must be refused, parse each name as a
/// [`Permission`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Permissions(u8);

impl Permissions {
    /// No permission: even `read` methods are refused.
    pub const NONE: Self = Self(0);
    /// What a caller without a token has where anonymous callers are allowed.
    pub const READ: Self = Self(1);
    /// All four: what the repo's own token carries.
    pub const ALL: Self = Self(0b1111);

    /// The set that `auth create-token --perm` mints: everything up to and including `highest`.
    pub fn up_to(highest: Permission) -> Self {
        Permission::ALL
            .into_iter()
            .filter(|permission| *permission <= highest)
            .collect()
    }

    /// Whether `permission` is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    /// Whether every permission of `other` is in this set.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The members in Lotus's order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .into_iter()
            .filter(move |permission| self.contains(*permission))
    }

    const fn bit(permission: Permission) -> u8 {
        1 << permission as u8
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(
            permissions
                .into_iter()
                .fold(0, |bits, permission| bits | Self::bit(permission)),
        )
    }
}

/// `read,write,sign`, or `none`.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("none");
        }
        for (position, permission) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            f.write_str(permission.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Option::<Vec<String>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

impl JsonSchema for Permissions {
    fn schema_name() -> Cow<'static, str> {
        "Permissions".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Permission>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_what_create_token_mints() {
        assert_eq!(Permissions::up_to(Permission::Read).to_string(), "read");
        assert_eq!(
            Permissions::up_to(Permission::Sign).to_string(),
            "read,write,sign"
        );
        assert_eq!(Permissions::up_to(Permission::Admin), Permissions::ALL);
    }

    #[test]
    fn membership_is_not_a_hierarchy() {
        let admin_only: Permissions = [Permission::Admin].into_iter().collect();
        assert!(admin_only.contains(Permission::Admin));
        assert!(!admin_only.contains(Permission::Read));
        assert!(Permissions::ALL.includes(admin_only));
        assert!(!admin_only.includes(Permissions::READ));
    }

    #[test]
    fn the_wire_form_is_a_list_in_order_and_unknown_names_match_nothing() {
        let set: Permissions = serde_json::from_str(r#"["admin","banana","read"]"#).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["read","admin"]"#);
        assert_eq!(
            serde_json::from_str::<Permissions>("null").unwrap(),
            Permissions::NONE
        );
        assert_eq!(
            "root".parse::<Permission>(),
            Err(UnknownPermission("root".to_owned()))
        );
    }
}
