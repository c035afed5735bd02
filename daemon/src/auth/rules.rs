//! Whether a call is allowed: the one place that compares permissions and scopes.
//!
//! The gate asks it for every call, `Auth.Can` for explanations.

use lotus_core::{Error, Method, Permissions};

use super::Reach;

/// What a caller may do: the part of a token that rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rights<'a> {
    pub(crate) permissions: Permissions,
    pub(crate) reach: &'a Reach,
    /// Whether there is a token at all.
    pub(crate) token: bool,
}

/// Methods that every valid token may call, because they are about itself.
const OWN: [&str; 2] = ["Auth.Self", "Auth.RevokeSelf"];

impl Rights<'_> {
    /// Whether these rights suffice for `method` on the canonical path `path`. The error says which
    /// rule refuses; for a missing permission in Lotus's words.
    pub(crate) fn allow(&self, path: &str, method: &Method) -> Result<(), Error> {
        let scope = self.reach.scope();
        if !scope.allows_endpoint(path) {
            let named = listed(&scope.endpoints);
            return Err(Error::Other(format!(
                "the token does not allow access to endpoint {path}: it names {named}"
            )));
        }
        if self.token && OWN.contains(&method.name) {
            return Ok(());
        }
        if !self.permissions.contains(method.permission) {
            return Err(Error::MissingPermission {
                method: method.bare_name(),
                need: method.permission,
            });
        }
        if !self.reach.allows_method(method.name) {
            let named = listed(&scope.methods);
            return Err(Error::Other(format!(
                "the token does not allow method {}: it names {named}",
                method.name
            )));
        }
        Ok(())
    }
}

fn listed(patterns: &Option<Vec<String>>) -> String {
    match patterns.as_deref() {
        None => "all".to_owned(),
        Some([]) => "none".to_owned(),
        Some([first, second, rest @ ..]) if rest.len() > 3 => {
            format!("{first}, {second} and {} more", rest.len())
        }
        Some(few) => few.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use lotus_core::Role;
    use lotus_core::Scope;
    use lotus_core::api::auth::AUTH;
    use lotus_core::api::wallet::WALLET;

    use super::super::Catalogue;

    fn method(name: &str) -> &'static Method {
        AUTH.iter()
            .chain(WALLET)
            .find(|method| method.name == name)
            .unwrap()
    }

    fn allow(permissions: Permissions, scope: &Scope, name: &str) -> Result<(), String> {
        let reach = Reach::new(
            scope.clone(),
            &Arc::new(Catalogue::new(Role::FullNode.surfaces())),
        );
        let rights = Rights {
            permissions,
            reach: &reach,
            token: true,
        };
        rights
            .allow("/rpc/v1", method(name))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_refusal_says_which_rule_it_was() {
        let all = Permissions::ALL;
        assert_eq!(allow(all, &Scope::ALL, "Filecoin.WalletNew"), Ok(()));
        assert_eq!(
            allow(Permissions::READ, &Scope::ALL, "Filecoin.WalletNew").unwrap_err(),
            "missing permission to invoke 'WalletNew' (need 'write')"
        );
        let elsewhere = Scope {
            endpoints: Some(vec!["/ext/info".into()]),
            methods: None,
        };
        assert_eq!(
            allow(all, &elsewhere, "Filecoin.WalletNew").unwrap_err(),
            "the token does not allow access to endpoint /rpc/v1: it names /ext/info"
        );
        let state = Scope {
            endpoints: None,
            methods: Some(vec!["Filecoin.State*".into()]),
        };
        assert_eq!(
            allow(all, &state, "Filecoin.WalletNew").unwrap_err(),
            "the token does not allow method Filecoin.WalletNew: it names Filecoin.State*"
        );
    }

    #[test]
    fn a_token_may_always_ask_about_itself() {
        let nothing = Scope {
            endpoints: None,
            methods: Some(vec![]),
        };
        assert_eq!(allow(Permissions::NONE, &nothing, "Auth.Self"), Ok(()));
        assert!(allow(Permissions::NONE, &nothing, "Auth.List").is_err());
        let anonymous = Rights {
            permissions: Permissions::NONE,
            reach: &Reach::ALL,
            token: false,
        };
        assert!(anonymous.allow("/rpc/v1", method("Auth.Self")).is_err());
    }
}
