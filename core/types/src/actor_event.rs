//! Events of actors, as they are searched for and as they are found.

use std::collections::BTreeMap;

use crate::object;
use crate::{Address, Bytes, Cid, EventEntry, TipSetKey};

/// Which events are looked for; what is empty restricts nothing (Lotus `types.ActorEventFilter`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct ActorEventFilter {
    /// The actors of which one emitted the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Keys of the event's entries, each with the values of which it has one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Vec<ActorEventBlock>>,
    /// The first epoch; the head's if absent, from which on events may be awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_height: Option<i64>,
    /// The last epoch; no end if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_height: Option<i64>,
    /// The only tipset; then there may be no epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tipset_key: Option<TipSetKey>,
}

/// A value of an event's entry (Lotus `types.ActorEventBlock`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct ActorEventBlock {
    /// How it is encoded: a multicodec, 0x51 for CBOR and 0x55 for bytes.
    pub codec: u64,
    /// The encoded value.
    #[nil]
    pub value: Bytes,
}

/// An event, and where it was emitted (Lotus `types.ActorEvent`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq)]
pub struct ActorEvent {
    /// What it says.
    #[nil]
    pub entries: Vec<EventEntry>,
    /// The actor that emitted it: its `f410f…` address if it has one, else its ID.
    pub emitter: Address,
    /// Whether its tipset is no longer part of the chain.
    pub reverted: bool,
    /// The epoch of its message.
    pub height: i64,
    /// The tipset of its message.
    pub tipset_key: TipSetKey,
    /// The message.
    #[required]
    pub msg_cid: Cid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_restriction_is_not_written() {
        assert_eq!(
            serde_json::to_string(&ActorEventFilter::default()).unwrap(),
            "{}"
        );
        let wire = r#"{"fromHeight":0,"tipsetKey":[]}"#;
        let filter: ActorEventFilter = serde_json::from_str(wire).unwrap();
        assert_eq!(filter.from_height, Some(0));
        assert_eq!(serde_json::to_string(&filter).unwrap(), wire);
    }
}
