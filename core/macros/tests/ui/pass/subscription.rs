//! A channel: generics in its item, no unsubscribe method to write.

use std::collections::BTreeMap;

use jsonrpsee::core::{SubscriptionResult, async_trait};
use jsonrpsee::proc_macros::rpc;
use jsonrpsee::{Extensions, PendingSubscriptionSink};
use lotus_core::{Api, Kind, Permission, permissioned};

#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Heads {
    /// Streams.
    #[subscription(
        name = "Notify",
        item = BTreeMap<String, Vec<(u64, [u8; 2])>>,
        with_extensions,
        perm = write,
    )]
    async fn notify(&self, from: Option<u64>) -> SubscriptionResult;
}

struct Impl;

#[async_trait]
impl HeadsServer for Impl {
    async fn notify(
        &self,
        _pending: PendingSubscriptionSink,
        _extensions: &Extensions,
        _from: Option<u64>,
    ) -> SubscriptionResult {
        Ok(())
    }
}

fn main() {
    let [notify] = HEADS else {
        panic!("one row per method")
    };
    assert_eq!(notify.name, "Filecoin.Notify");
    assert_eq!(
        (notify.permission, notify.kind),
        (Permission::Write, Kind::Channel)
    );
    assert_eq!(notify.params.len(), 1);
    assert_eq!(notify.result.name, "BTreeMap<String, Vec<(u64, [u8; 2])>>");
    Api::new(Impl.into_rpc(), HEADS).expect("the module serves what the table lists");
}
