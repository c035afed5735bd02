//! How far a token reaches: its scope, with the methods that it covers worked out once.
//!
//! Patterns are matched when a token comes into use, against every method that the daemon serves.
//! What is left to do in a call is to look at one bit.

use std::collections::HashMap;
use std::sync::Arc;

use lotus_core::Scope;
use lotus_core::api::Surface;

/// The methods of a daemon, numbered.
#[derive(Debug, Default)]
pub struct Catalogue(HashMap<&'static str, usize>);

impl Catalogue {
    /// Numbers the methods of a daemon's paths.
    pub fn new(surfaces: &[&Surface]) -> Self {
        let mut numbers = HashMap::new();
        for method in surfaces
            .iter()
            .flat_map(|surface| surface.methods().into_values())
        {
            let next = numbers.len();
            numbers.entry(method.name).or_insert(next);
        }
        Self(numbers)
    }
}

/// A scope as the gate asks it.
#[derive(Debug)]
pub(crate) struct Reach {
    scope: Scope,
    /// The methods that the scope covers; none if it does not name any, and so covers all.
    methods: Option<Methods>,
}

/// A set of methods.
#[derive(Debug)]
struct Methods {
    catalogue: Arc<Catalogue>,
    /// Bit `n % 64` of element `n / 64` is that of method `n`.
    bits: Box<[u64]>,
}

impl Reach {
    /// No restriction.
    pub(crate) const ALL: Self = Self {
        scope: Scope::ALL,
        methods: None,
    };

    /// Works out which methods of `catalogue` the scope covers.
    pub(super) fn new(scope: Scope, catalogue: &Arc<Catalogue>) -> Self {
        let methods = scope.methods.is_some().then(|| {
            let mut bits = vec![0; catalogue.0.len().div_ceil(64)];
            for number in scope.covered(catalogue.0.iter().map(|(name, number)| (*name, *number))) {
                bits[number / 64] |= 1 << (number % 64);
            }
            Methods {
                catalogue: catalogue.clone(),
                bits: bits.into(),
            }
        });
        Self { scope, methods }
    }

    /// The scope itself.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// As [`Scope::allows_method`].
    pub(super) fn allows_method(&self, name: &str) -> bool {
        let Some(Methods { catalogue, bits }) = &self.methods else {
            return true;
        };
        match catalogue.0.get(name) {
            Some(number) => bits[number / 64] & (1 << (number % 64)) != 0,
            None => self.scope.allows_method(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lotus_core::Role;
    use proptest::prelude::*;

    fn pattern() -> impl Strategy<Value = String> {
        let names: Vec<&str> = names().collect();
        prop_oneof![
            prop::sample::select(names.clone()).prop_map(str::to_owned),
            (prop::sample::select(names), 0..30_usize)
                .prop_map(|(name, cut)| { format!("{}*", &name[..cut.min(name.len())]) }),
            "(Auth|Filecoin)?[.*]{1,2}(Wallet|Log|State|\\*)?[A-Za-z*]{0,4}",
        ]
    }

    fn names() -> impl Iterator<Item = &'static str> {
        let roles = [Role::FullNode, Role::StorageMiner];
        let surfaces = roles.into_iter().flat_map(Role::surfaces);
        surfaces.flat_map(|surface| surface.methods().into_keys())
    }

    proptest! {
        /// What is worked out once is what the patterns say, of methods in the catalogue and others.
        #[test]
        fn a_set_of_methods_is_what_its_patterns_cover(
            patterns in prop::option::of(prop::collection::vec(pattern(), 0..6)),
        ) {
            let scope = Scope { endpoints: None, methods: patterns };
            let reach = Reach::new(scope.clone(), &Arc::new(Catalogue::new(Role::StorageMiner.surfaces())));
            for name in names().chain(["Filecoin.StateGetActor", "filecoin.version", ""]) {
                prop_assert_eq!(reach.allows_method(name), scope.allows_method(name), "{}", name);
            }
        }
    }
}
