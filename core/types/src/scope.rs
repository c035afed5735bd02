//! What a token may be used for, beside its permissions: paths and methods.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wildmatch::WildMatchPattern;

/// `*` is the only wildcard. No name has a NUL in it.
type Pattern = WildMatchPattern<'*', '\0'>;

/// The most endpoints, and the most methods, that a token may name.
pub const MAX_PATTERNS: usize = 128;

/// Where a token is valid. Absent means everywhere, an empty list nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Scope {
    /// URL paths. Each covers itself and what lies under it, at segment boundaries; `*` is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<Vec<String>>,
    /// Wire names of methods, with `*` for any run of characters. Aliases count as the method that
    /// they stand for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
}

/// A scope that cannot be given to a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// An endpoint that is no path.
    #[error("endpoint {0:?} must begin with / or be *, and have no //, ., .. or % in it")]
    Endpoint(String),
    /// A method pattern that no name can match.
    #[error(
        "method {0:?} must be a name such as Filecoin.ChainHead, or a pattern such as Filecoin.Chain*"
    )]
    Method(String),
    /// Too many patterns.
    #[error("can only name at most {MAX_PATTERNS} {0}")]
    TooMany(&'static str),
    /// None at all.
    #[error("must name at least one of the {0}; leave them out to allow all")]
    None(&'static str),
}

impl Scope {
    /// No restriction.
    pub const ALL: Self = Self {
        endpoints: None,
        methods: None,
    };

    /// Whether a path, already canonical, is covered.
    pub fn allows_endpoint(&self, path: &str) -> bool {
        let Some(endpoints) = &self.endpoints else {
            return true;
        };
        endpoints.iter().any(|endpoint| covers(endpoint, path))
    }

    /// Whether a method is covered; `name` is the name of its row, never an alias.
    pub fn allows_method(&self, name: &str) -> bool {
        let Some(methods) = &self.methods else {
            return true;
        };
        methods
            .iter()
            .any(|pattern| Pattern::new(pattern).matches(name))
    }

    /// Those of some named things whose name is that of a covered method: as
    /// [`allows_method`](Self::allows_method) of each, but the patterns are read once.
    pub fn covered<'a, T>(
        &self,
        named: impl IntoIterator<Item = (&'a str, T)>,
    ) -> impl Iterator<Item = T> {
        let patterns: Option<Vec<Pattern>> = self.methods.as_ref().map(|methods| {
            methods
                .iter()
                .map(|pattern| Pattern::new(pattern))
                .collect()
        });
        named.into_iter().filter_map(move |(name, thing)| {
            let covered = patterns
                .as_ref()
                .is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(name)));
            covered.then_some(thing)
        })
    }

    /// Whether everything that `other` allows is allowed by this scope too, which is what a token
    /// needs in order to mint one. Patterns are compared as texts: one that only happens to match
    /// nothing else is not recognised.
    pub fn includes(&self, other: &Self) -> bool {
        let endpoints = within(&self.endpoints, &other.endpoints, covers);
        let methods = within(&self.methods, &other.methods, |pattern, inner| {
            // A `*` of the inner pattern stands for anything, so only a `*` of ours may match it.
            pattern == inner || Pattern::new(pattern).matches(&inner.replace('*', "\u{1}"))
        });
        endpoints && methods
    }

    /// Refuses what could not work or would surprise.
    pub fn check(&self) -> Result<(), ScopeError> {
        if let Some(endpoints) = &self.endpoints {
            count(endpoints, "endpoints")?;
            if let Some(bad) = endpoints.iter().find(|endpoint| !is_endpoint(endpoint)) {
                return Err(ScopeError::Endpoint(bad.clone()));
            }
        }
        if let Some(methods) = &self.methods {
            count(methods, "methods")?;
            if let Some(bad) = methods.iter().find(|method| !is_method(method)) {
                return Err(ScopeError::Method(bad.clone()));
            }
        }
        Ok(())
    }
}

fn covers(endpoint: &str, path: &str) -> bool {
    if endpoint == "*" {
        return true;
    }
    let endpoint = endpoint.trim_end_matches('/');
    match path.strip_prefix(endpoint) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

fn within(
    outer: &Option<Vec<String>>,
    inner: &Option<Vec<String>>,
    covers: impl Fn(&str, &str) -> bool,
) -> bool {
    match (outer, inner) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner
            .iter()
            .all(|inner| outer.iter().any(|outer| covers(outer, inner))),
    }
}

fn count(patterns: &[String], what: &'static str) -> Result<(), ScopeError> {
    match patterns.len() {
        0 => Err(ScopeError::None(what)),
        1..=MAX_PATTERNS => Ok(()),
        _ => Err(ScopeError::TooMany(what)),
    }
}

fn is_endpoint(endpoint: &str) -> bool {
    let Some(path) = endpoint.strip_prefix('/') else {
        return endpoint == "*";
    };
    if path.is_empty() {
        return true;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    !path.contains(['%', '?', '#', '*', '\\'])
        && path.chars().all(|letter| letter.is_ascii_graphic())
        && path
            .split('/')
            .all(|segment| !matches!(segment, "" | "." | ".."))
}

fn is_method(pattern: &str) -> bool {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "_.*".contains(letter);
    !pattern.is_empty() && pattern.len() <= 128 && pattern.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(endpoints: &[&str]) -> Scope {
        let endpoints = endpoints
            .iter()
            .map(|endpoint| (*endpoint).to_owned())
            .collect();
        Scope {
            endpoints: Some(endpoints),
            methods: None,
        }
    }

    fn methods(methods: &[&str]) -> Scope {
        let methods = methods.iter().map(|method| (*method).to_owned()).collect();
        Scope {
            endpoints: None,
            methods: Some(methods),
        }
    }

    #[test]
    fn an_endpoint_covers_itself_and_what_is_under_it() {
        let scope = endpoints(&["/ext/bc/F", "/rpc/v1/"]);
        for path in ["/ext/bc/F", "/ext/bc/F/rpc", "/rpc/v1", "/rpc/v1/x"] {
            assert!(scope.allows_endpoint(path), "{path}");
        }
        for path in [
            "/ext/bc/FF",
            "/ext/bc",
            "/ext/bc/f",
            "/x/ext/bc/F",
            "/rpc/v10",
            "/",
        ] {
            assert!(!scope.allows_endpoint(path), "{path}");
        }
        assert!(endpoints(&["*"]).allows_endpoint("/anything"));
        assert!(Scope::ALL.allows_endpoint("/anything"));
        assert!(!endpoints(&[]).allows_endpoint("/anything"));
    }

    #[test]
    fn methods_match_by_name_or_pattern_in_their_own_case() {
        let scope = methods(&["Filecoin.Version", "Filecoin.Wallet*"]);
        for name in ["Filecoin.Version", "Filecoin.WalletSign", "Filecoin.Wallet"] {
            assert!(scope.allows_method(name), "{name}");
        }
        for name in [
            "Filecoin.VersionX",
            "filecoin.walletsign",
            "X.Filecoin.Wallet",
        ] {
            assert!(!scope.allows_method(name), "{name}");
        }
    }

    #[test]
    fn nobody_mints_what_they_lack() {
        assert!(Scope::ALL.includes(&methods(&["A.*"])));
        assert!(!methods(&["A.*"]).includes(&Scope::ALL));
        assert!(methods(&["A.*"]).includes(&methods(&["A.B", "A.C*"])));
        assert!(!methods(&["A.B"]).includes(&methods(&["A.*"])));
        assert!(!methods(&["A.?"]).includes(&methods(&["A.*"])));
        assert!(endpoints(&["/ext"]).includes(&endpoints(&["/ext/info", "/ext"])));
        assert!(!endpoints(&["/ext/info"]).includes(&endpoints(&["*"])));
        assert!(!endpoints(&["/ext/info"]).includes(&endpoints(&["/ext"])));
    }

    #[test]
    fn tricks_in_endpoints_are_refused() {
        for bad in [
            "",
            "o",
            "ext/info",
            "/ext//info",
            "/ext/../x",
            "/./x",
            "/e%78t",
            "/ext/*",
            "/a?b",
            "/é",
        ] {
            assert!(
                matches!(endpoints(&[bad]).check(), Err(ScopeError::Endpoint(_))),
                "{bad}"
            );
        }
        for good in ["*", "/", "/ext/info", "/ext/bc/F/"] {
            assert_eq!(endpoints(&[good]).check(), Ok(()), "{good}");
        }
        let many: Vec<&str> = vec!["/a"; 129];
        assert_eq!(
            endpoints(&many).check(),
            Err(ScopeError::TooMany("endpoints"))
        );
        assert_eq!(methods(&[]).check(), Err(ScopeError::None("methods")));
        assert!(methods(&["Filecoin.Chain?"]).check().is_err());
    }
}
