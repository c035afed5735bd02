//! The API traits, one per Lotus method group, and [`Api`]: a module with its table.

use std::collections::BTreeSet;

use jsonrpsee::RpcModule;
use jsonrpsee::core::server::{MethodCallback, Methods};

use crate::error::Needs;
use crate::{Error, Method};

pub mod actor_events;
pub mod auth;
pub mod backup;
pub mod chain;
pub mod common;
pub mod eth;
pub mod f3;
pub mod gas;
pub mod market;
pub mod miner;
pub mod mining;
pub mod mpool;
pub mod msig;
pub mod net;
pub mod paych;
pub mod remote_wallet;
pub mod state;
pub mod status;
mod surface;
pub mod sync;
pub mod v0;
pub mod v2;
pub mod wallet;
pub mod worker;

pub use surface::{
    FULL_NODE_V0, FULL_NODE_V1, FULL_NODE_V2, Group, MINER, REMOTE_WALLET, Surface, WORKER,
};

/// The methods that one path serves: jsonrpsee callbacks and their permission table, known to agree.
#[derive(Clone, Debug, Default)]
pub struct Api {
    methods: Methods,
    table: Vec<&'static Method>,
    unserved: BTreeSet<&'static str>,
}

/// A module and a table that do not describe the same methods.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an API's module and its permission table differ: only in the module {module_only:?}, only in the table {table_only:?}"
)]
pub struct Mismatch {
    /// Names that would be served without a permission.
    pub module_only: Vec<String>,
    /// Names that have a permission but no implementation.
    pub table_only: Vec<String>,
}

impl Api {
    /// Pairs a module (`SomeServer::into_rpc()`) with the table of the same trait.
    pub fn new(module: impl Into<Methods>, table: &'static [Method]) -> Result<Self, Mismatch> {
        let mut methods = module.into();
        let mut expected = BTreeSet::new();
        for method in table {
            expected.insert(method.name);
            for alias in method.aliases {
                expected.insert(alias);
            }
        }
        // jsonrpsee gives every subscription an unsubscribe method. It never leaves the process:
        // channels are cancelled with `xrpc.cancel`.
        let served: BTreeSet<&str> = methods
            .method_names()
            .filter(|name| {
                !matches!(
                    methods.method(name),
                    Some(MethodCallback::Unsubscription(_))
                )
            })
            .collect();
        if served != expected {
            let difference = |a: &BTreeSet<&str>, b: &BTreeSet<&str>| {
                a.difference(b).map(|name| (*name).to_owned()).collect()
            };
            return Err(Mismatch {
                module_only: difference(&served, &expected),
                table_only: difference(&expected, &served),
            });
        }
        methods.extensions_mut().clear();
        Ok(Self {
            methods,
            table: table.iter().collect(),
            unserved: BTreeSet::new(),
        })
    }

    /// The groups of a surface's layers that need more than the daemon, as [`Api::unserved`].
    pub fn unserved_of(layers: &[&[Group]]) -> Self {
        let groups = layers.iter().flat_map(|layer| layer.iter());
        groups
            .filter_map(|group| Some(Self::unserved(group.methods, group.needs?)))
            .fold(Self::default(), Self::overlay)
    }

    /// The methods that need more than the rest of their groups, as [`Api::unserved`].
    pub fn lacking_of(layers: &[&[Group]]) -> Self {
        let groups = layers.iter().flat_map(|layer| layer.iter());
        let methods = groups.flat_map(|group| {
            let needs = move |method| Some((method, group.needs_of(method)?));
            group.lacking().filter_map(needs)
        });
        methods
            .map(|(method, needs)| Self::unserved(std::slice::from_ref(method), needs))
            .fold(Self::default(), Self::overlay)
    }

    /// The methods of a table that this daemon does not serve: they have permissions and
    /// parameters, and answer with [`Error::Unserved`] to who may call them.
    pub fn unserved(table: &'static [Method], needs: Needs) -> Self {
        let mut module = RpcModule::new(());
        for method in table {
            let error = Error::Unserved {
                method: method.name,
                needs,
            };
            for name in std::iter::once(&method.name).chain(method.aliases) {
                let error = error.clone();
                module
                    .register_method(name, move |_, (), _| Err::<(), _>(error.clone()))
                    .expect("a name stands once in a table");
            }
        }
        Self {
            methods: module.into(),
            table: table.iter().collect(),
            unserved: table.iter().map(|method| method.name).collect(),
        }
    }

    /// Whether a method is more than its permission and an error.
    pub fn serves(&self, method: &Method) -> bool {
        !self.unserved.contains(method.name)
    }

    /// Adds the methods of `other`. Names that both define are `other`'s from now on, which is how
    /// `/rpc/v0` overlays `/rpc/v1`.
    #[must_use]
    pub fn overlay(mut self, other: Self) -> Self {
        self.table
            .retain(|method| !other.table.iter().any(|row| row.name == method.name));
        self.unserved
            .retain(|name| !other.table.iter().any(|row| row.name == *name));
        self.unserved.extend(other.unserved);
        self.table.extend(other.table);
        let mut methods = other.methods;
        for name in self.methods.method_names() {
            if methods.method(name).is_none() {
                let callback = self
                    .methods
                    .method(name)
                    .expect("listed by the same collection");
                methods
                    .verify_and_insert(name, callback.clone())
                    .expect("absent: tested two lines above");
            }
        }
        Self {
            methods,
            table: self.table,
            unserved: self.unserved,
        }
    }

    /// Every method with its implementation.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Method, &MethodCallback)> {
        self.table.iter().map(|method| {
            let callback = self
                .methods
                .method(method.name)
                .expect("`new` compared the names");
            (*method, callback)
        })
    }

    /// The permission table.
    pub fn table(&self) -> &[&'static Method] {
        &self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Permission, permissioned};
    use jsonrpsee::core::{SubscriptionResult, async_trait};
    use jsonrpsee::proc_macros::rpc;

    #[permissioned]
    #[rpc(server, namespace = "Test", namespace_separator = ".")]
    pub trait Sample {
        /// Answers.
        ///
        /// At length.
        #[method(name = "Ask", aliases = ["test_ask"], perm = sign)]
        async fn ask(&self, what: String, times: u64) -> Result<String, Error>;

        /// Streams.
        #[subscription(name = "Watch", perm = read, item = Vec<u64>)]
        async fn watch(&self) -> SubscriptionResult;
    }

    struct Impl(&'static str);

    #[async_trait]
    impl SampleServer for Impl {
        async fn ask(&self, what: String, _times: u64) -> Result<String, Error> {
            Ok(format!("{}{what}", self.0))
        }
        async fn watch(&self, _pending: jsonrpsee::PendingSubscriptionSink) -> SubscriptionResult {
            Ok(())
        }
    }

    #[test]
    fn the_table_says_what_the_trait_says() {
        let ask = &SAMPLE[0];
        assert_eq!((ask.name, ask.bare_name()), ("Test.Ask", "Ask"));
        assert_eq!(ask.aliases, ["test_ask"]);
        assert_eq!((ask.permission, ask.kind), (Permission::Sign, Kind::Call));
        let params: Vec<_> = ask
            .params
            .iter()
            .map(|param| (param.name, param.ty.name))
            .collect();
        assert_eq!(params, [("what", "String"), ("times", "u64")]);
        assert_eq!((ask.result.name, ask.summary()), ("String", "Answers."));
        assert_eq!(ask.client, "lotus_core::api::tests::SampleClient::ask");
        let watch = &SAMPLE[1];
        assert_eq!((watch.kind, watch.result.name), (Kind::Channel, "Vec<u64>"));
    }

    #[test]
    fn a_module_and_its_table_make_an_api() {
        let api = Api::new(Impl("").into_rpc(), SAMPLE).unwrap();
        assert_eq!(api.iter().count(), 2);
    }

    #[test]
    fn a_table_that_misses_a_method_is_refused() {
        let mismatch = Api::new(Impl("").into_rpc(), &SAMPLE[..1]).unwrap_err();
        assert_eq!(mismatch.module_only, ["Test.Watch"]);
        assert!(mismatch.table_only.is_empty());
        let mismatch = Api::new(Methods::new(), &SAMPLE[1..]).unwrap_err();
        assert_eq!(mismatch.table_only, ["Test.Watch"]);
    }

    #[tokio::test]
    async fn what_is_not_served_says_what_would_serve_it_until_it_is() {
        let nothing = Api::unserved(SAMPLE, Needs::Chain);
        assert!(!nothing.serves(&SAMPLE[0]) && !nothing.serves(&SAMPLE[1]));
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"test_ask","params":["",1]}"#;
        let (answer, _) = nothing.methods.raw_json_request(call, 1).await.unwrap();
        assert!(answer.get().contains("Test.Ask needs a chain"), "{answer}");

        let all = nothing.overlay(Api::new(Impl("").into_rpc(), SAMPLE).unwrap());
        assert!(all.serves(&SAMPLE[0]) && all.serves(&SAMPLE[1]));
    }

    #[test]
    fn an_overlay_replaces_and_keeps_one_row_per_name() {
        let below = Api::new(Impl("below").into_rpc(), SAMPLE).unwrap();
        let api = below.overlay(Api::new(Impl("above").into_rpc(), SAMPLE).unwrap());
        assert_eq!(api.table().len(), 2);
    }
}
