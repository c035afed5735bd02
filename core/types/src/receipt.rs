//! What executing a message left behind: its receipt, and the events that actors emitted.

use fvm_ipld_encoding::{BytesDe, BytesSer};
use fvm_shared::event::{ActorEvent, Entry, Flags, StampedEvent};
use fvm_shared::receipt::Receipt;

use super::{Bytes, Cid};
use crate::object;

/// The outcome of a message (Lotus `types.MessageReceipt`).
#[object]
#[derive(Eq)]
pub struct MessageReceipt {
    /// How it is encoded; not on the wire.
    #[serde(skip)]
    pub version: ReceiptVersion,
    /// 0, or why it failed (go-state-types `exitcode`).
    pub exit_code: u32,
    /// What the method returned, usually CBOR. On the wire nothing is `null`.
    #[nil]
    pub r#return: Bytes,
    /// The gas that it used, in gas units.
    pub gas_used: u64,
    /// The root of the AMT of its events, if there are any.
    pub events_root: Option<Cid>,
}

/// How a receipt is encoded, which went with the network's version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReceiptVersion {
    /// Three fields, before there were events (network version 18).
    V0,
    /// Four fields.
    #[default]
    V1,
}

impl MessageReceipt {
    /// The receipt in Filecoin's CBOR: an array of three or four, as its version says.
    ///
    /// # Errors
    /// The return value is larger than memory allows to copy it; never in practice.
    pub fn to_cbor(&self) -> Result<Vec<u8>, fvm_ipld_encoding::Error> {
        let data = BytesSer(&self.r#return);
        match self.version {
            ReceiptVersion::V0 => fvm_ipld_encoding::to_vec(&(self.exit_code, data, self.gas_used)),
            ReceiptVersion::V1 => fvm_ipld_encoding::to_vec(&(
                self.exit_code,
                data,
                self.gas_used,
                self.events_root.as_ref().map(Cid::inner),
            )),
        }
    }

    /// Reads what [`MessageReceipt::to_cbor`] wrote, of either version.
    ///
    /// # Errors
    /// The bytes are not the CBOR of a receipt.
    pub fn from_cbor(bytes: &[u8]) -> Result<MessageReceipt, fvm_ipld_encoding::Error> {
        // The first byte of an array of three.
        if bytes.first() == Some(&0x83) {
            let (exit_code, data, gas_used): (u32, BytesDe, u64) =
                fvm_ipld_encoding::from_slice(bytes)?;
            return Ok(MessageReceipt {
                version: ReceiptVersion::V0,
                exit_code,
                r#return: Bytes(data.0),
                gas_used,
                events_root: None,
            });
        }
        fvm_ipld_encoding::from_slice::<Receipt>(bytes).map(MessageReceipt::from)
    }
}

impl From<Receipt> for MessageReceipt {
    fn from(receipt: Receipt) -> MessageReceipt {
        MessageReceipt {
            version: ReceiptVersion::V1,
            exit_code: receipt.exit_code.value(),
            r#return: Bytes(receipt.return_data.into()),
            gas_used: receipt.gas_used,
            events_root: receipt.events_root.map(Cid::from),
        }
    }
}

/// What an actor emitted while a message was executed (Lotus `types.Event`).
#[object]
#[derive(Eq)]
pub struct Event {
    /// The actor, by its ID.
    pub emitter: u64,
    /// What it says, in the actor's order. On the wire none are `null`.
    #[nil]
    pub entries: Vec<EventEntry>,
}

/// A key and a value of an event (Lotus `types.EventEntry`).
#[object]
#[derive(Eq)]
pub struct EventEntry {
    /// 1 if the key is to be indexed, 2 if the value is, 3 for both.
    pub flags: u8,
    /// The key.
    pub key: String,
    /// The IPLD codec of the value; 0x55 is raw bytes.
    pub codec: u64,
    /// The value.
    #[nil]
    pub value: Bytes,
}

impl From<StampedEvent> for Event {
    fn from(event: StampedEvent) -> Event {
        Event {
            emitter: event.emitter,
            entries: event.event.entries.into_iter().map(From::from).collect(),
        }
    }
}

impl From<Event> for StampedEvent {
    fn from(event: Event) -> StampedEvent {
        let entries: Vec<Entry> = event.entries.into_iter().map(From::from).collect();
        StampedEvent::new(event.emitter, ActorEvent::from(entries))
    }
}

impl From<Entry> for EventEntry {
    fn from(entry: Entry) -> EventEntry {
        EventEntry {
            // Lotus keeps a byte of them, and two bits are in use.
            flags: entry.flags.bits() as u8,
            key: entry.key,
            codec: entry.codec,
            value: Bytes(entry.value),
        }
    }
}

impl From<EventEntry> for Entry {
    fn from(entry: EventEntry) -> Entry {
        Entry {
            flags: Flags::from_bits_retain(entry.flags.into()),
            key: entry.key,
            codec: entry.codec,
            value: entry.value.into_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_receipt() -> impl Strategy<Value = MessageReceipt> {
        let events = prop::option::of(any::<u8>());
        (any::<(bool, u32, Vec<u8>, u64)>(), events).prop_map(
            |((old, exit_code, data, gas_used), events)| MessageReceipt {
                version: if old {
                    ReceiptVersion::V0
                } else {
                    ReceiptVersion::V1
                },
                exit_code,
                r#return: Bytes(data),
                gas_used,
                events_root: events
                    .filter(|_| !old)
                    .map(|block| Cid::of_dag_cbor(&[block])),
            },
        )
    }

    proptest! {
        #[test]
        fn both_forms_round_trip(receipt in any_receipt()) {
            let cbor = receipt.to_cbor().unwrap();
            prop_assert_eq!(&MessageReceipt::from_cbor(&cbor).unwrap(), &receipt);
            let json = serde_json::to_string(&receipt).unwrap();
            let read: MessageReceipt = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(MessageReceipt { version: receipt.version, ..read }, receipt);
        }

        #[test]
        fn the_fvm_decodes_what_we_encode(receipt in any_receipt()) {
            let receipt = MessageReceipt { version: ReceiptVersion::V1, ..receipt };
            let read: Receipt =
                fvm_ipld_encoding::from_slice(&receipt.to_cbor().unwrap()).unwrap();
            prop_assert_eq!(MessageReceipt::from(read), receipt);
        }

        #[test]
        fn events_are_those_of_the_fvm(
            emitter in any::<u64>(),
            entries in prop::collection::vec(any::<(u8, String, u64, Vec<u8>)>(), 0..4),
        ) {
            let entries = entries.into_iter().map(|(flags, key, codec, value)| EventEntry {
                flags,
                key,
                codec,
                value: Bytes(value),
            });
            let event = Event { emitter, entries: entries.collect() };
            prop_assert_eq!(&Event::from(StampedEvent::from(event.clone())), &event);
            let json = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = MessageReceipt::from_cbor(&bytes);
        }
    }

    #[test]
    fn the_documented_examples_round_trip() {
        let json = r#"{"ExitCode":0,"Return":"Ynl0ZSBhcnJheQ==","GasUsed":9,"EventsRoot":{"/":"bafy2bzacea3wsdh6y3a36tb3skempjoxqpuyompjbmfeyf34fi3uy6uue42v4"}}"#;
        let receipt: MessageReceipt = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&receipt).unwrap(), json);
        let none = serde_json::to_string(&MessageReceipt::default()).unwrap();
        assert_eq!(
            none,
            r#"{"ExitCode":0,"Return":null,"GasUsed":0,"EventsRoot":null}"#
        );

        let json = r#"{"Emitter":1000,"Entries":[{"Flags":7,"Key":"string value","Codec":42,"Value":"Ynl0ZSBhcnJheQ=="}]}"#;
        let event: Event = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), json);
    }
}
