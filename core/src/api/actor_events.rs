//! Events of actors.

use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{ActorEvent, ActorEventFilter};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group ActorEvents. Lotus answers only if `[Events]
/// EnableActorEventsAPI` is set.
#[permissioned]
#[rpc(client, namespace = "Filecoin", namespace_separator = ".")]
pub trait ActorEvents {
    /// Returns the events that match a filter, in the order of the chain; an error if it spans more
    /// epochs or events than the node allows.
    #[method(name = "GetActorEventsRaw", perm = read)]
    async fn get_actor_events_raw(
        &self,
        filter: ActorEventFilter,
    ) -> Result<Vec<ActorEvent>, Error>;

    /// A channel of the events that match a filter: those of the past, then new ones as they come.
    ///
    /// An event of which the tipset leaves the chain comes again, marked as reverted. The channel
    /// closes at the filter's last epoch, or when the client is too slow.
    #[subscription(name = "SubscribeActorEventsRaw", perm = read, item = ActorEvent)]
    async fn subscribe_actor_events_raw(&self, filter: ActorEventFilter) -> SubscriptionResult;
}
